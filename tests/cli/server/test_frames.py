"""A WebSocket's client takes neither the time of all others, by frames of which the application never hears, nor the
place of what matters in the log."""

import asyncio
import logging
import struct

import pytest
import uvicorn
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket
from uvicorn.server import ServerState
from websockets.sync.client import connect

from gateway.cli.processes.sockets import Socket
from gateway.cli.server.sockets import FRAMES_PER_S, MOST_FRAMES, PIECE_BYTES
from tests.cli.server.test_answers import Wire, all_is_done
from tests.cli.server.test_ends import Clock
from tests.served.gateway import Served

pytestmark = pytest.mark.anyio

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
TEXT, CONTINUED, CLOSE, PING, PONG = 1, 0, 8, 9, 10
SIZE = 6
"""Bytes of a frame in which nothing is."""


def frame(opcode: int, *, is_last: bool = True) -> bytes:
    return struct.pack("!BB4s", opcode | is_last << 7, 0x80, bytes(4))


KINDS = {
    "pings": frame(PING),
    "pongs": frame(PONG),
    "empty messages": frame(TEXT),
    "halves of messages": frame(TEXT, is_last=False) + frame(CONTINUED),
}


class Application:
    """Accepts, and notes what it hears until its client is gone."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.code: int | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while (message := await receive())["type"] != "websocket.disconnect":
            self.heard.append(message["text"])
        self.code = message["code"]


def socket_of(app: ASGIApp, clock: Clock) -> tuple[Socket, Wire]:
    config = uvicorn.Config(app, log_config=None, access_log=False, proxy_headers=False)
    config.load()
    protocol, wire = Socket(config, ServerState(), {}), Wire()
    protocol.loop = clock  # type: ignore[assignment]  # as much of a loop as is asked of it
    protocol.connection_made(wire)
    return protocol, wire


async def opened(app: ASGIApp, clock: Clock) -> tuple[Socket, Wire]:
    protocol, wire = socket_of(app, clock)
    protocol.data_received(HANDSHAKE)
    await all_is_done()
    assert bytes(wire.written).startswith(b"HTTP/1.1 101 ")
    wire.written.clear()
    return protocol, wire


@pytest.mark.parametrize("kind", KINDS)
async def test_more_frames_than_anybody_needs_end_their_socket_and_are_not_handled(kind: str) -> None:
    app = Application()
    protocol, wire = await opened(app, Clock())
    read = []
    receive = protocol.conn.receive_data
    protocol.conn.receive_data = lambda data: (read.append(len(data)), receive(data))[1]  # type: ignore[method-assign, func-returns-value]
    protocol.data_received(KINDS[kind] * (262_144 // len(KINDS[kind])))
    await all_is_done()
    assert wire.is_closed
    assert app.code == 1008
    assert struct.pack("!H", 1008) in wire.written
    assert sum(read) <= MOST_FRAMES * SIZE + PIECE_BYTES
    assert len(app.heard) <= MOST_FRAMES


async def test_whoever_sends_as_many_as_are_allowed_stays() -> None:
    clock = Clock()
    app = Application()
    protocol, wire = await opened(app, clock)
    clock.passes(1)  # the handshake counts as well
    protocol.data_received(frame(PING) * MOST_FRAMES)
    assert len(wire.written) == MOST_FRAMES * 2  # each with its pong
    for _ in range(10):
        clock.passes(1)
        protocol.data_received(frame(PING) * int(FRAMES_PER_S))
    assert not wire.is_closed
    protocol.data_received(frame(PING) * 2)
    assert wire.is_closed


async def test_a_long_message_is_whole_however_it_is_read() -> None:
    app, clock = Application(), Clock()
    protocol, wire = await opened(app, clock)
    text = "é" * 60_000
    sent = struct.pack("!BBQ4s", 0x80 | TEXT, 0x80 | 127, 120_000, bytes(4)) + text.encode()
    for after_s in (0, 10):
        clock.passes(after_s)  # as many frames as ever may come again, of which its pieces are none
        protocol.data_received(sent)
        await all_is_done()
    assert app.heard == [text, text]
    assert not wire.is_closed


@pytest.mark.parametrize("sent", [frame(3), b"\xff" * 40, frame(PING) * 9_000], ids=["unknown", "noise", "too many"])
async def test_what_comes_before_the_handshake_is_answered_and_may_not_ends_it_quietly(
    sent: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    app = Application()
    protocol, wire = socket_of(app, Clock())
    protocol.data_received(HANDSHAKE)
    protocol.data_received(sent)
    await all_is_done()
    assert wire.is_closed
    assert bytes(wire.written) == b""
    assert app.heard == []
    assert not caplog.records


async def test_what_a_socket_still_sends_behind_our_close_has_the_same_bound() -> None:
    async def closes(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4400})

    protocol, wire = await opened(closes, Clock())
    assert not wire.is_closed  # its client may answer
    protocol.data_received(frame(PONG) * 40_000)
    await asyncio.sleep(0)
    assert wire.is_closed


async def test_a_handshake_that_is_refused_in_order_is_no_error_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    async def refuses(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await WebSocket(scope, receive, send).send_denial_response(Response(b"busy", 503))

    protocol, wire = socket_of(refuses, Clock())
    protocol.data_received(HANDSHAKE)
    await all_is_done()
    assert bytes(wire.written).startswith(b"HTTP/1.1 503 ")
    assert wire.is_closed
    assert not [each for each in caplog.records if each.levelno >= logging.WARNING]


def test_a_flood_of_pings_is_told_why_it_ends(gateway: Served) -> None:
    url = gateway.server.url.replace("http", "ws")
    with connect(url, subprotocols=["graphql-transport-ws"]) as client:  # type: ignore[list-item]  # it is a str
        client.socket.sendall(frame(PING) * (MOST_FRAMES + 600))
        with pytest.raises(Exception, match="1008"):
            client.recv(timeout=10)
