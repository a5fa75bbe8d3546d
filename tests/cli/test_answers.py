"""An answer that is written at once is, byte for byte and in what follows on its connection, what ASGI's would be."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.server import ServerState

from gateway.cli.leaving import LingeringProtocol
from gateway.http.extensions import BODY_IS_HERE, WRITE_ANSWER

pytestmark = pytest.mark.anyio

HEADERS = [(b"content-type", b"text/plain"), (b"x-other", b"a")]
POST = b"POST /a HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\nbody"


class Wire(asyncio.Transport):
    """What a server writes, how many requests it answered, and whether it hung up."""

    def __init__(self) -> None:
        super().__init__()
        self.written = bytearray()
        self.writes = self.answered = 0
        self.is_closed = self.is_read = False

    def write(self, data: Any) -> None:
        self.written += data
        self.writes += 1

    def close(self) -> None:
        self.is_closed = True

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


async def by_asgi(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the body that came, by ASGI's messages."""
    body = (await receive())["body"]
    status = 404 if scope["path"] == "/nowhere" else 200
    headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def at_once(scope: Scope, receive: Receive, send: Send) -> None:
    """The same at once, where the server writes it."""
    body = (await receive())["body"]
    status = 404 if scope["path"] == "/nowhere" else 200
    lines = b"".join(b"%s: %s\r\n" % each for each in [*HEADERS, (b"content-length", b"%d" % len(body))])
    if not scope[WRITE_ANSWER](status, lines, body):
        await by_asgi(scope, lambda: _came(body), send)


async def _came(body: bytes) -> dict[str, object]:
    return {"type": "http.request", "body": body, "more_body": False}


async def all_is_done() -> None:
    """What can be done is done: no request takes as many steps."""
    for _ in range(50):
        await asyncio.sleep(0)


async def exchange(app: Callable[..., Any], received: list[bytes], *, leaving_after: int | None = None) -> Wire:
    """What the server makes of what it receives on one connection."""
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Thu, 01 Jan 2026 00:00:00 GMT"), (b"server", b"ours")]
    protocol, wire = LingeringProtocol(config, state, {}), Wire()
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
    "a client that closes": [POST.replace(b"Host: here", b"Connection: close")],
    "a client that closes with several in one": [POST + POST.replace(b"Host: here", b"Connection: close") + POST],
    "a client that waits to be asked": [
        POST.replace(b"Host: here", b"Expect: 100-continue").removesuffix(b"body"),
        b"body",
    ],
    "chunks": [b"POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"],
    "no body": [b"POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n"],
    "another status": [POST.replace(b"/a", b"/nowhere")],
    "two lengths": [POST.replace(b"Host: here", b"Content-Length: 3")],
    "a length and chunks": [POST.replace(b"Host: here", b"Transfer-Encoding: chunked")],
    "no HTTP": [b"\x16\x03\x01\r\n\r\n"],
}


@pytest.mark.parametrize("leaving_after", [None, 0])
@pytest.mark.parametrize("name", CONNECTIONS)
async def test_an_answer_at_once_is_what_asgis_would_be(name: str, leaving_after: int | None) -> None:
    usual, ours = [await exchange(app, CONNECTIONS[name], leaving_after=leaving_after) for app in (by_asgi, at_once)]
    assert (ours.written, ours.answered, ours.is_closed) == (usual.written, usual.answered, usual.is_closed)
    assert ours.written


async def test_an_answer_at_once_is_one_write() -> None:
    assert (await exchange(at_once, [POST])).writes == 1


async def test_nothing_is_written_at_once_to_a_client_that_does_not_read_or_is_gone() -> None:
    config = uvicorn.Config(at_once, log_config=None)
    config.load()
    protocol, wire = LingeringProtocol(config, ServerState(), {}), Wire()
    protocol.connection_made(wire)
    protocol.data_received(POST)
    write = protocol.scope[WRITE_ANSWER]  # type: ignore[literal-required]  # ours, beside ASGI's
    protocol.pause_writing()
    assert not write(200, b"", b"")
    protocol.resume_writing()
    protocol.connection_lost(None)
    assert not write(200, b"", b"")
    assert not wire.written


async def test_a_server_says_that_a_body_is_whole_when_it_is() -> None:
    config = uvicorn.Config(at_once, log_config=None)
    config.load()
    protocol = LingeringProtocol(config, ServerState(), {})
    protocol.connection_made(Wire())
    protocol.data_received(POST[:-1])
    assert BODY_IS_HERE not in protocol.scope
    protocol.data_received(POST[-1:])
    assert BODY_IS_HERE in protocol.scope
