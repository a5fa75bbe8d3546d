"""An answer that is written at once is, byte for byte and in what follows on its connection, what ASGI's would be."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from gateway.cli.server.connection import Connection
from gateway.http.extensions import WholeAnswer

pytestmark = pytest.mark.anyio

HEADERS_OF_ALL = [(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT"), (b"server", b"ours")]
HEADERS = [(b"content-type", b"text/plain"), (b"x-other", b"a")]
POST = b"POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nbody"


class Wire(asyncio.Transport):
    """What a server writes, how many requests it answered, and whether it hung up, or waits for its client to do so."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: asyncio.BaseProtocol | None = None
        self.unsent = 0
        self.is_gone = False
        self.written = bytearray()
        self.writes = self.answered = 0
        self.is_closed = self.is_read = False

    def write(self, data: Any) -> None:
        self.written += data
        self.writes += 1

    def close(self) -> None:
        self.is_closed = self.is_gone = True

    def abort(self) -> None:
        self.close()

    def write_eof(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_gone

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self.protocol = protocol

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


async def by_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body that came, by ASGI's messages."""
    body = b""
    while (message := await receive())["type"] == "http.request":
        body += message["body"]
        if not message["more_body"]:
            break
    status = 404 if body == b"none" else 200
    headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class AtOnce:
    """The same at once, where the server asks for that; it answers no body that is `else`."""

    url = b"/a"

    def __init__(self) -> None:
        self.middleware_stack = self
        self.asked = list[bytes]()
        self.by_asgi = 0

    async def answer(self, scope: Scope, body: bytes) -> WholeAnswer | None:
        assert (scope["method"], scope["path"], scope["raw_path"], scope["query_string"]) == ("POST", "/a", b"/a", b"")
        self.asked.append(body)
        if body == b"else":
            return None
        status = 404 if body == b"none" else 200
        lines = b"".join(b"%s: %s\r\n" % each for each in [*HEADERS, (b"content-length", b"%d" % len(body))])
        return status, lines, body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.by_asgi += 1
        await by_asgi(scope, receive, send)


async def all_is_done() -> None:
    """What can be done is done: no request takes as many steps."""
    for _ in range(50):
        await asyncio.sleep(0)


async def exchange(app: Callable[..., Any], received: list[bytes], *, leaving_after: int | None = None) -> Wire:
    """What the server makes of what it receives on one connection."""
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, proxy_headers=False)
    config.load()
    state = ServerState()
    state.default_headers = HEADERS_OF_ALL
    protocol, wire = Connection(config, state, {}), Wire()
    protocol.connection_made(wire)
    for number, data in enumerate(received):
        if wire.is_closed:  # nothing is read of it any more
            break
        protocol.data_received(data)
        if number == leaving_after:
            protocol.shutdown()
        await all_is_done()
    wire.answered = state.total_requests
    return wire


CONNECTIONS: dict[str, list[bytes]] = {
    "one request": [POST],
    "one after another": [POST, POST.replace(b"body", b"more"), POST],
    "several in one": [POST * 3],
    "in pieces": [POST[:7], POST[7:40], POST[40:-2], POST[-2:]],
    "HTTP/1.0": [POST.replace(b"1.1", b"1.0")],
    "a client that closes": [POST.replace(b"Host: here", b"Host: here\r\nConnection: close")],
    "a client that closes with several in one": [
        POST + POST.replace(b"Host: here", b"Host: here\r\nConnection: close") + POST
    ],
    "a client that waits to be asked": [
        POST.replace(b"Host: here", b"Host: here\r\nExpect: 100-continue").removesuffix(b"body"),
        b"body",
    ],
    "chunks": [b"POST /a HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"],
    "no body": [b"POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 0\r\n\r\n"],
    "another status": [POST.replace(b"body", b"none")],
    "what the straight way does not answer": [POST.replace(b"body", b"else"), POST],
    "what the straight way does not answer, and more in one": [POST.replace(b"body", b"else") + POST],
    "a head, and then its body": [POST[:-4], POST[-4:], POST],
    "another path": [POST.replace(b"/a", b"/b")],
    "a usual first line in another's body": [
        b"PUT /a HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n" % len(POST),
        POST + POST.replace(b"POST", b"PATCH"),
        POST,
    ],
    "a head behind blank lines": [b"\r\n\r\n" + POST, b"\r\n", POST],
    "another upgrade": [POST.replace(b"Host: here", b"Host: here\r\nConnection: upgrade\r\nUpgrade: h2c")],
    "two lengths": [POST.replace(b"Host: here", b"Host: here\r\nContent-Length: 3")],
    "a length and chunks": [POST.replace(b"Host: here", b"Host: here\r\nTransfer-Encoding: chunked")],
    "no HTTP": [b"\x16\x03\x01\r\n\r\n"],
}


@pytest.mark.parametrize("leaving_after", [None, 0])
@pytest.mark.parametrize("name", CONNECTIONS)
async def test_an_answer_at_once_is_what_asgis_would_be(name: str, leaving_after: int | None) -> None:
    usual, ours = [await exchange(app, CONNECTIONS[name], leaving_after=leaving_after) for app in (by_asgi, AtOnce())]
    assert (ours.written, ours.answered, ours.is_closed) == (usual.written, usual.answered, usual.is_closed)
    assert ours.written


async def test_an_answer_at_once_is_one_write() -> None:
    app = AtOnce()
    assert (await exchange(app, [POST, POST])).writes == 2
    assert (app.asked, app.by_asgi) == ([b"body", b"body"], 0)


async def test_what_the_straight_way_does_not_answer_goes_on_to_the_application() -> None:
    app = AtOnce()
    wire = await exchange(app, [POST.replace(b"body", b"else"), POST])
    assert (app.asked, app.by_asgi, wire.answered) == ([b"else", b"body"], 1, 2)


UNUSUAL = {
    "a body in a read of its own": [POST[:-1], POST[-1:]],
    "a first line in two reads": [POST[:7], POST[7:]],
    "another method": [POST.replace(b"POST", b"PUT")],
    "a query string": [POST.replace(b"/a", b"/a?b")],
    "a path that begins so": [POST.replace(b"/a", b"/ab")],
    "HTTP/1.0": [POST.replace(b"1.1", b"1.0")],
    "a client that waits to be asked": [POST.replace(b"Host: here", b"Host: here\r\nExpect: 100-continue")],
}


@pytest.mark.parametrize("name", UNUSUAL)
async def test_the_straight_way_is_not_asked_of_what_is_unusual(name: str) -> None:
    app = AtOnce()
    wire = await exchange(app, UNUSUAL[name])
    assert (app.asked, app.by_asgi, wire.answered) == ([], 1, 1)


async def test_what_stands_in_another_requests_body_is_no_request() -> None:
    app = AtOnce()
    await exchange(app, CONNECTIONS["a usual first line in another's body"])
    assert (app.asked, app.by_asgi) == ([b"body"], 2)


async def connected(app: Callable[..., Any]) -> tuple[Connection, Wire]:
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False)
    config.load()
    protocol, wire = Connection(config, ServerState(), {}), Wire()
    protocol.connection_made(wire)
    return protocol, wire


async def test_an_answer_waits_for_a_client_that_does_not_read() -> None:
    protocol, wire = await connected(AtOnce())
    protocol.pause_writing()
    protocol.data_received(POST)
    await all_is_done()
    assert not wire.written
    protocol.resume_writing()
    await all_is_done()
    assert wire.writes == 1


@pytest.mark.parametrize("is_waited_for", [False, True])
async def test_nothing_is_written_to_a_client_that_is_gone(is_waited_for: bool) -> None:
    protocol, wire = await connected(AtOnce())
    protocol.data_received(POST)
    if is_waited_for:
        protocol.pause_writing()
        await all_is_done()
    protocol.connection_lost(None)
    await all_is_done()
    assert not wire.written


async def test_an_answer_that_fails_is_uvicorns_500() -> None:
    class Fails(AtOnce):
        async def answer(self, scope: Scope, body: bytes) -> WholeAnswer | None:
            raise ZeroDivisionError

    wire = await exchange(Fails(), [POST])
    assert bytes(wire.written).startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert (wire.answered, wire.is_closed) == (1, True)


async def test_of_an_application_behind_anothers_middleware_the_straight_way_is_not_asked() -> None:
    inner = AtOnce()

    async def outer(scope: Scope, receive: Receive, send: Send) -> None:
        await inner(scope, receive, send)

    assert (await exchange(outer, [POST])).answered == 1
    assert (inner.asked, inner.by_asgi) == ([], 1)


@pytest.mark.parametrize("app", [by_asgi, AtOnce()])
async def test_a_connection_is_closed_that_was_idle_for_its_time(app: Callable[..., Any]) -> None:
    protocol, wire = await connected(app)
    now, timers = [100.0], list[tuple[float, Callable[[], None]]]()
    protocol.loop = Clock(protocol.loop, now, timers)  # type: ignore[assignment]
    protocol.data_received(POST)
    await all_is_done()
    now[0] += 3
    protocol.data_received(POST)
    await all_is_done()
    assert len(timers) == 1  # of both requests
    after_s, look = timers.pop()
    now[0] = 100 + after_s
    look()
    assert not wire.is_closed  # two seconds idle
    after_s, look = timers.pop()
    now[0] += after_s
    look()
    assert (wire.is_closed, now[0]) == (True, 103 + protocol.timeout_keep_alive)


async def test_a_connection_is_not_closed_while_something_is_read() -> None:
    protocol, wire = await connected(AtOnce())
    now, timers = [100.0], list[tuple[float, Callable[[], None]]]()
    protocol.loop = Clock(protocol.loop, now, timers)  # type: ignore[assignment]
    protocol.data_received(POST)
    await all_is_done()
    protocol.data_received(POST[:-1])
    after_s, look = timers.pop()
    now[0] += after_s
    look()
    protocol.data_received(POST[-1:])
    await all_is_done()
    assert (wire.is_closed, len(timers), wire.writes) == (False, 1, 2 + 1)


class Clock:
    """A loop whose time and timers are the test's."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, now: list[float], timers: list[tuple[float, Callable[[], None]]]
    ) -> None:
        self._loop, self._now, self._timers = loop, now, timers
        self.create_task = loop.create_task

    def time(self) -> float:
        return self._now[0]

    def call_later(self, after_s: float, called: Callable[[], None]) -> asyncio.TimerHandle:
        self._timers.append((after_s, called))
        return self._loop.call_later(1_000, called)
