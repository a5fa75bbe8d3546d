"""A WebSocket whose client has to read what it is sent, to send what it began, and to leave the others time."""

import asyncio

from uvicorn._types import ASGIReceiveEvent, ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from gateway.cli.server.lingering import Outgoing
from gateway.http.rate_limits import Buckets

MOST_FRAGMENTS = 1_024
"""Frames of one message: its bytes are bounded beside, and of none."""

MOST_FRAMES, FRAMES_PER_S = 1_200, 200.0
"""Frames that a client may send at once, and a second after that: a message of the most fragments, or the most messages
with as many pings. Each takes about 10 µs, and has six bytes."""

PIECE_BYTES = 4_096
"""What is read of a socket at a time: of the smallest frames one read brings forty thousand."""

POLICY_VIOLATION = 1008


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's, and besides: nothing is read while its client does not read, for pings are answered at once, and by
    that without end; one that reads nothing of what was written is given up; and so is one that sends more frames than
    anybody needs, of which pings, pongs and fragments never come to the application."""

    _outgoing: Outgoing | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._frames = Buckets(MOST_FRAMES, FRAMES_PER_S, self.loop.time)

    def data_received(self, data: bytes) -> None:
        for begin in range(0, len(data), PIECE_BYTES):
            if self.transport.is_closing():
                return
            if self.handshake_initiated and not self.handshake_complete:
                self._leave_early()
                return
            super().data_received(data[begin : begin + PIECE_BYTES])

    def _leave_early(self) -> None:
        """It sends before its handshake is answered (RFC 6455 §4.1: it must wait). A ping would be answered before it,
        and what is no frame could not be refused."""
        self.queue.put_nowait({"type": "websocket.disconnect", "code": 1006})
        self.handshake_complete = self.disconnected = True
        self.transport.close()

    def handle_events(self) -> None:
        count = len(self.conn.events)
        if self._frames.wait_s(None, count) == 0:
            self._frames.take(None, count)
            super().handle_events()
        else:
            self.conn.events_received()  # of which none is handled
            self.conn.fail(POLICY_VIOLATION, "These are too many frames at once")
            self.handle_parser_exception()

    def pause_writing(self) -> None:
        super().pause_writing()
        self.transport.pause_reading()
        if self._outgoing is None:
            self._outgoing = Outgoing(self.transport, self.loop)

    def resume_writing(self) -> None:
        super().resume_writing()
        if not self.read_paused:
            self.transport.resume_reading()
        if self._outgoing is not None and not self.transport.is_closing():
            self._outgoing.cancel()
            self._outgoing = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._outgoing is not None:
            self._outgoing.cancel()
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        await super().run_asgi()
        if self._outgoing is None and not self.disconnected:
            self._outgoing = Outgoing(self.transport, self.loop)

    async def receive(self) -> ASGIReceiveEvent:
        message = await super().receive()
        if not self.writable.is_set() and not self.transport.is_closing():
            self.transport.pause_reading()  # there is room for another message, but its client does not read
        return message

    async def send(self, message: ASGISendEvent) -> None:
        await super().send(message)
        if self.initial_response is not None and self.close_sent:
            self.handshake_complete = True  # by a refusal, which uvicorn takes for none, and for a fault of ours

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
            return
        self.conn.fail(1009, "The message has too many fragments")
        self.handle_parser_exception()
