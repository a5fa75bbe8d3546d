"""A request that was here as a whole, answered in one write, without ASGI's messages."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.http.extensions import Straight


class StraightCycle(RequestResponseCycle):
    """In its connection it stands as any cycle of uvicorn's. Where the straight way has no answer, it goes on as one:
    the application receives and sends by it.

    uvicorn's `__init__` is not called: what a cycle begins with stands in the class, or is set here.
    """

    access_log = False
    message_event = asyncio.Event()  # for which nobody waits on the straight way
    waiting_for_100_continue = disconnected = more_body = response_started = response_complete = False
    chunked_encoding = None
    expected_content_length = 0

    def __init__(
        self, connection: HttpToolsProtocol, outlet: Any, straight: Straight, body: bytes, *, keep_alive: bool
    ) -> None:
        self.scope, self.transport, self.flow = connection.scope, outlet, connection.flow
        self.logger, self.default_headers = connection.logger, connection.server_state.default_headers
        self.on_response, self.keep_alive = connection.on_response_complete, keep_alive
        self._straight, self._others, self._whole = straight, connection.app, body

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """An application, as uvicorn calls it: the straight way, or else the one behind."""
        answer = await self._straight.answer(scope, self._whole)
        if answer is None:
            self.body, self.message_event = bytearray(self._whole), asyncio.Event()
            self.message_event.set()
            await self._others(scope, receive, send)
            return
        if self.flow.write_paused and not self.disconnected:
            await self.flow.drain()
        if not self.disconnected:
            self._write(*answer)

    def _write(self, status: int, lines: bytes, body: bytes | memoryview) -> None:
        """See `WholeAnswer`. It leaves the cycle as `send` does after both messages."""
        always = b"".join([b"%s: %s\r\n" % each for each in self.default_headers])
        closing = b"\r\n" if self.keep_alive else b"connection: close\r\n\r\n"
        self.transport.write(b"".join((STATUS_LINE[status], always, lines, closing, body)))
        self.response_started = self.response_complete = True
        if not self.keep_alive:
            self.transport.close()
        self.on_response()
