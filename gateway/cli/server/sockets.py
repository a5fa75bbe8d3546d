"""A WebSocket whose client has to read what it is sent, and to send what it began."""

from uvicorn._types import ASGIReceiveEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from gateway.cli.server.lingering import Outgoing

MOST_FRAGMENTS = 1_024
"""Frames of one message: its bytes are bounded beside, and of none."""


class BoundedSocket(WebSocketsSansIOProtocol):
    """uvicorn's, and besides: nothing is read while its client does not read, for pings are answered at once, and by
    that without end; and one that reads nothing of what was written is given up."""

    _outgoing: Outgoing | None = None

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

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) < MOST_FRAGMENTS:
            super().handle_cont(event)
            return
        self.conn.fail(1009, "The message has too many fragments")
        self.handle_parser_exception()
