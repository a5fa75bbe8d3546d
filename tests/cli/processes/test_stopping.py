"""A process that is told to stop: whoever is connected is told, what was begun is answered, and then it is gone."""

import asyncio
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
import uvicorn
from graphql import get_introspection_query
from starlette.types import ASGIApp, Receive, Scope, Send
from websockets.exceptions import ConnectionClosed

from gateway.bootstrap import WRITER_READY_S
from gateway.cli.processes.server import Server
from tests.cli.test_reload import wait_until
from tests.cli.test_runner_in_serve import Held, duplicate, listening, working
from tests.served.gateway import Person, opening
from tests.served.line import line_to
from tests.served.logged import TOO_LONG_S, Logged, logged
from tests.served.operations import CONFIRM_PAYMENT, CREATE_PAYMENT
from tests.served.server import environment
from tests.served.streams import PAYMENT, Socket, connected, events, opened
from tests.services.providers.stripe.fake import KEY, FakeStripe

LOST = {"code": "SUBSCRIPTION_LOST", "retryable": True}
MANY = 60


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_every_stream_is_told_and_the_log_says_two_things(
    new_sqlite: Callable[[], str], tmp_path: Path, number: int
) -> None:
    with logged(new_sqlite(), tmp_path, limit_viewer_sockets=str(2 * MANY)) as served, ExitStack() as open_:
        student = served.gateway.student()
        payment_id = served.gateway.opened(student, served.gateway.course())
        sockets = [open_.enter_context(connected(student)) for _ in range(MANY)]
        for each in sockets:
            each.subscribe("1", PAYMENT, id=payment_id)
            each.data("1")
        silent = open_.enter_context(opened(student.url))
        idle, half = (open_.enter_context(plain_line(served)) for _ in range(2))
        half.sendall(b"POST /graphql HTTP/1.1\r\nHost: x\r\n")
        stream = open_.enter_context(events(student, PAYMENT, id=payment_id))
        stream.data()  # by then those that came before it are taken too
        served.process.send_signal(number)
        for each in sockets:
            last = each.next()
            assert (last["type"], last["id"]) == ("error", "1")
            assert [error["extensions"] for error in last["payload"]] == [LOST]
        assert {closed(each) for each in [*sockets, silent]} == {(1012, "This server stops")}
        assert [error["extensions"] for error in stream.next()["errors"]] == [LOST]
        assert stream.rest() == b"event: complete\ndata:\n\n"
        assert [each.recv(1024) for each in (idle, half)] == [b"", b""]
        code = served.process.wait(TOO_LONG_S)
        assert code == (-signal.SIGTERM if number != signal.SIGINT else 130)
        assert served.about_stopping() == ["stopping", "stopped"]
        assert served.said("error", "critical") == []


def test_a_mutation_under_way_on_a_socket_is_answered_before_the_socket_is_closed(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    with held_checkout() as (line, settings), logged(new_sqlite(), tmp_path, **settings) as served:
        student = served.gateway.student()
        given = {**opening(served.gateway.course()), "provider": "STRIPE"}
        with connected(student) as connection:
            connection.subscribe("1", CREATE_PAYMENT, input=given)
            assert line.has_arrived.wait(TOO_LONG_S)
            served.process.send_signal(signal.SIGTERM)
            wait_until(lambda: "stopping" in served.said("info"))
            line.may_go_on.set()
            assert connection.data("1")["__typename"] == "CreatePaymentSuccess"
            assert connection.next() == {"type": "complete", "id": "1"}
            assert closed(connection) == (1012, "This server stops")
        assert served.process.wait(TOO_LONG_S) == -signal.SIGTERM
        assert served.about_stopping() == ["stopping", "stopped"]


def test_what_takes_longer_than_a_stop_may_is_answered_503_and_leaves_no_trace(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    with held_checkout() as (line, settings), logged(new_sqlite(), tmp_path, stop_s="1", **settings) as served:
        student = served.gateway.student()
        given = {**opening(served.gateway.course()), "provider": "STRIPE"}
        with ThreadPoolExecutor() as pool, connected(student) as connection:
            connection.subscribe("1", CREATE_PAYMENT, input=given)
            assert line.has_arrived.wait(TOO_LONG_S)
            answers = [pool.submit(send, student, given, in_chunks=each) for each in (False, True)]
            wait_until(lambda: line.arrived == 3)
            assert served.stop() == -signal.SIGTERM
            for answer in [each.result() for each in answers]:
                assert (answer.status_code, answer.headers["connection"], answer.headers["retry-after"]) == (
                    503,
                    "close",
                    "1",
                )
                [error] = answer.json()["errors"]
                assert error["extensions"] == {"code": "BUSY", "retryable": True, "retryAfterSeconds": 1}
                assert "It may have been done" in error["message"]
            assert closed(connection)[0] == 1012
            line.may_go_on.set()
        assert served.about_stopping() == ["stopping", "stopped"]
        assert [line["cut_off"] for line in served.lines() if line["event"] == "stopped"] == [3]


def test_a_job_that_takes_longer_than_a_stop_may_is_another_ones_at_once(database_url: str, tmp_path: Path) -> None:
    books = FakeStripe()
    line = Held(books.app())
    job = "SELECT state, attempts, lease_until FROM job WHERE kind = 'payment.refund'"
    with listening(line) as stripe_url:
        settings = {"stripe_secret_key": KEY, "stripe_api_base": stripe_url, "job_lease_s": "300"}
        with logged(database_url, tmp_path, worker="true", stop_s="1", **settings) as served:
            duplicate(served.gateway, served.gateway.student(), books)
            assert line.has_arrived.wait(TOO_LONG_S), "nobody asked for the refund"
            assert served.stop() == -signal.SIGTERM
            assert served.about_stopping() == ["stopping", "job handed back: its process stops", "stopped"]
            assert served.gateway.rows(job) == [("RETRYING", 0, None)]
            line.may_go_on.set()
            with working(database_url, **settings):
                wait_until(lambda: served.gateway.rows(job) == [("COMPLETED", 1, None)])
            assert len(books.refunds) == 1
            assert served.gateway.rows("SELECT status FROM refund") == [("SUCCEEDED",)]


def test_a_database_that_says_nothing_keeps_no_process_from_its_end(
    new_postgresql: Callable[[], str], tmp_path: Path
) -> None:
    """What waits for it on the way out: a turn, a read, a follower of commits, and a runner of jobs."""
    with (
        line_to(new_postgresql()) as line,
        logged(line.url, tmp_path, worker="true", stop_s="1") as served,
        ThreadPoolExecutor() as pool,
    ):
        student = served.gateway.student()
        payment_id = served.gateway.opened(student, served.gateway.course())
        with connected(student) as connection:
            connection.subscribe("1", PAYMENT, id=payment_id)
            connection.data("1")
            line.swallow_all()
            read = {"query": "query ($id: ID!) { payment(id: $id) { status } }", "variables": {"id": payment_id}}
            asked = [pool.submit(student.send, read)]
            asked += [pool.submit(asking, student, CONFIRM_PAYMENT, {"paymentId": payment_id})]
            readyz = served.gateway.server.url.replace("/graphql", "/readyz")
            assert httpx.get(readyz, timeout=TOO_LONG_S).status_code == 503  # by then the others are under way
            assert served.stop() in (
                -signal.SIGTERM,
                -signal.SIGALRM,
            )  # the latter on a machine that is busy for seconds
            assert {each.result().status_code for each in asked} == {503}


def test_a_database_that_says_nothing_keeps_no_worker_from_its_end(
    new_postgresql: Callable[[], str],
) -> None:
    with line_to(new_postgresql()) as line, working(line.url, stop_s="1") as process:
        line.swallow_all()
        wait_until(lambda: line.has_swallowed)  # it has asked: others may have committed
        process.send_signal(signal.SIGTERM)
        assert process.wait(TOO_LONG_S) == 0, "its alarm ended it"


def test_a_client_that_reads_nothing_keeps_no_process_from_its_end_in_order(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    with logged(new_sqlite(), tmp_path, stop_s="1", introspection="true") as served, plain_line(served) as line:
        body = json.dumps({"query": get_introspection_query()}).encode()
        headers = {**served.gateway.student().headers(), "Host": "localhost", "Content-Length": len(body)}
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        asked = f"POST /graphql HTTP/1.1\r\nContent-Type: application/json\r\n{head}\r\n".encode() + body
        line.sendall(asked * MANY)
        assert line.recv(12) == b"HTTP/1.1 200"  # and nothing more of many megabytes
        assert served.stop() == -signal.SIGTERM, "its alarm ended it"
        assert served.about_stopping() == ["stopping", "stopped"]


@pytest.mark.anyio
async def test_jobs_have_their_whole_time_also_where_no_request_is_under_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.cli.processes.server.APPLICATION_S", 0.01)
    monkeypatch.setattr("gateway.cli.processes.server.end_by_alarm", lambda _: None)  # it would be that of the tests
    ends = asyncio.Event()

    async def lifespan(_scope: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["type"] == "lifespan.startup"
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.sleep(0.05)  # as a job that takes longer than what is closed
        ends.set()
        await send({"type": "lifespan.shutdown.complete"})

    server = Server(uvicorn.Config(lifespan, lifespan="on", log_config=None, timeout_graceful_shutdown=TOO_LONG_S))
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    server.servers = []
    await server.lifespan.startup()
    await server.shutdown()
    assert ends.is_set()


def test_while_it_drains_it_is_not_ready_and_serves_until_a_second_signal_ends_it(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    with logged(new_sqlite(), tmp_path, drain_s="600") as served:
        readyz = served.gateway.server.url.replace("/graphql", "/readyz")
        served.process.send_signal(signal.SIGTERM)
        served.process.send_signal(signal.SIGTERM)  # at the same time: one order
        wait_until(lambda: served.gateway.http.get(readyz).status_code == 503)
        assert served.gateway.http.get(readyz).json() == {"status": "stopping"}
        assert served.gateway.http.get(readyz.replace("readyz", "healthz")).status_code == 200
        served.gateway.course()
        wait_until(lambda: is_gone_after(served, signal.SIGTERM))
        assert served.process.returncode == -signal.SIGTERM
        assert served.about_stopping() == ["stopping"]


def test_one_that_is_told_while_it_starts_does_not_wait_for_what_it_starts_with(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    env = environment(new_sqlite(), writer_socket=str(tmp_path / "nobody"))
    command = [sys.executable, "-m", "gateway", "serve", "--port", "0", "--workers", "1"]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            while "no writer's process is in reach" not in process.stderr.readline():
                assert process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(WRITER_READY_S / 2) == -signal.SIGTERM
            assert process.stderr.read() == ""
        finally:
            process.kill()


@contextmanager
def held_checkout() -> Iterator[tuple["Checkout", dict[str, str]]]:
    """A provider at which each checkout waits, and the settings by which a gateway uses it."""
    line = Checkout(FakeStripe().app())
    with listening(line) as url:
        yield line, {"stripe_secret_key": KEY, "stripe_api_base": url}


class Checkout:
    """A line to a fake, on which opening a checkout waits until the test lets it go on."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.arrived = 0
        self.has_arrived, self.may_go_on = Event(), Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (scope["method"], scope["path"]) == ("POST", "/v1/payment_intents"):
            self.arrived += 1
            self.has_arrived.set()
            while not self.may_go_on.is_set():  # noqa: ASYNC110  the test is in another thread
                await asyncio.sleep(0.01)
        await self._app(scope, receive, send)


def asking(student: Person, query: str, given: dict[str, Any]) -> httpx.Response:
    """On a connection of its own."""
    body = {"query": query, "variables": {"input": given}}
    return httpx.post(student.url, json=body, headers=student.headers(), timeout=TOO_LONG_S)


def send(student: Person, given: dict[str, Any], *, in_chunks: bool) -> httpx.Response:
    """A request on a connection of its own; in chunks it does not go the straight way."""
    body = json.dumps({"query": CREATE_PAYMENT, "variables": {"input": given}}).encode()
    headers = {**student.headers(), "Content-Type": "application/json"}
    return httpx.post(student.url, content=iter([body]) if in_chunks else body, headers=headers, timeout=TOO_LONG_S)


@contextmanager
def plain_line(served: Logged) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", served.port), timeout=TOO_LONG_S) as line:
        yield line


def closed(connection: Socket) -> tuple[int, str]:
    """The code and the reason; what is said before that is a fault."""
    with pytest.raises(ConnectionClosed) as error:
        connection.next()
    assert error.value.rcvd is not None, "it was closed without a word"
    return error.value.rcvd.code, error.value.rcvd.reason


def is_gone_after(served: Logged, number: int) -> bool:
    served.process.send_signal(number)
    return served.process.poll() is not None
