"""SIGHUP with several workers: new processes with new settings take over one by one, and nobody who calls notices."""

import json
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

import httpx
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from gateway.cli.server import connection as connections
from tests.served.gateway import Served, served

OLD, NEW = "query Old { viewer { id } }", "query New { viewer { role } }"
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
TOO_LONG_S = 120
"""What no reload takes, and no test waits for without end."""


def test_a_reload_replaces_every_worker_and_no_request_fails(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    documents = tmp_path / "documents.json"
    documents.write_text(json.dumps({"old": OLD}))
    with served(new_sqlite(), "--workers", "2", trusted_documents=str(documents)) as gateway:
        before, writer = workers(gateway), writers(gateway)
        assert (len(before), len(writer)) == (2, 1)
        documents.write_text(json.dumps({"old": OLD, "new": NEW}))
        with calling(gateway) as answers:
            gateway.server.process.send_signal(signal.SIGHUP)
            wait_until(lambda: len(workers(gateway)) == 2 and not before & workers(gateway))
        assert set(answers) == {200}
        answer = gateway.http.post(gateway.server.url, json={"documentId": "new"}, headers=gateway.student().headers())
        assert answer.json()["data"] == {"viewer": {"role": "STUDENT"}}
        wait_until(lambda: len(writers(gateway)) == 1 and not writer & writers(gateway))
        assert gateway.create(gateway.course(), "student-1")["__typename"] == "CreatePurchaseSuccess"


def test_a_request_on_its_way_when_the_server_stops_is_answered_and_is_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(connections, "LINGER_S", TOO_LONG_S)
    with leaving_server() as (server, address), socket.create_connection(address, timeout=TOO_LONG_S) as connection:
        connection.sendall(REQUEST)
        first = connection.recv(4096)
        connection.sendall(REQUEST[:10])
        server.should_exit = True
        wait_until(lambda: refuses(address))
        connection.sendall(REQUEST[10:])
        last = b"".join(iter(lambda: connection.recv(4096), b""))
    assert [b"connection: close" in said.lower() for said in (first, last)] == [False, True]
    assert last.startswith(b"HTTP/1.1 204 ")


def test_a_lone_process_that_is_hung_up_on_ends_as_any_stop_does(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite()) as gateway:
        gateway.server.process.send_signal(signal.SIGHUP)
        assert gateway.server.process.wait(TOO_LONG_S) == -signal.SIGTERM


async def nothing(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body"})


@contextmanager
def leaving_server() -> Iterator[tuple[uvicorn.Server, tuple[str, int]]]:
    """A server of this process, and where it listens."""
    config = uvicorn.Config(
        nothing,
        host="127.0.0.1",
        port=0,
        log_config=None,
        log_level="critical",
        lifespan="off",
        http=connections.Connection,
    )
    server, listening = uvicorn.Server(config), config.bind_socket()
    listening.listen()
    thread = Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    try:
        yield server, listening.getsockname()
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def calling(gateway: Served, path: str = "/readyz") -> Iterator[list[int | str]]:
    """Requests meanwhile, one after the other, on kept connections and on new ones; gives their statuses, or why
    there is none."""
    answers: list[int | str] = []
    is_over = Event()

    def call(most_kept: int) -> None:
        url = gateway.server.url.replace("/graphql", path)
        with httpx.Client(timeout=TOO_LONG_S, limits=httpx.Limits(max_keepalive_connections=most_kept)) as client:
            while not is_over.wait(0.005):  # others need the processor as well, the new workers above all
                try:
                    answers.append(client.get(url).status_code)
                except httpx.HTTPError as error:
                    answers.append(repr(error))

    threads = [Thread(target=call, args=(most_kept,)) for most_kept in (0, 1)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def workers(gateway: Served) -> set[int]:
    """The processes that serve, as the system has them."""
    return children(gateway, b"spawn_main")


def writers(gateway: Served) -> set[int]:
    """The processes that keep the writer."""
    return children(gateway, b"gateway.cli.writer")


def children(gateway: Served, what: bytes) -> set[int]:
    pid = gateway.server.process.pid
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    named: set[int] = set()
    for child in found:
        with suppress(FileNotFoundError):  # it has ended meanwhile
            if what in Path(f"/proc/{child}/cmdline").read_bytes():
                named.add(int(child))
    return named


def refuses(address: tuple[str, int]) -> bool:
    """Whether nobody listens any more."""
    try:
        socket.create_connection(address, timeout=1).close()
    except ConnectionRefusedError:
        return True
    return False


def wait_until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + TOO_LONG_S
    while not is_so():
        assert time.monotonic() < latest, "it takes too long"
        time.sleep(0.01)
