"""How long the head of a request may be, so that one without end fills no process before a route has seen it."""

from gateway.cli.answers import WholeAnswers

MOST_HEAD_BYTES = 131_072
"""Twice what common servers take, so that a long URL is still answered by its route."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedHeads(WholeAnswers):
    """HTTP/1.1 that hangs up on a head which does not end, and on what may stand around a body in chunks: their
    extensions, and the trailers behind them. uvicorn's parser has no bound of its own for any of these."""

    _is_within_one = False
    """Whether the last read ended before a head, or what stands around a chunk, did."""

    _bytes = 0
    """Of it, from the second read on: what came with its beginning is one read, and bounded."""

    def data_received(self, data: bytes) -> None:
        self._bytes = self._bytes + len(data) if self._is_within_one else 0
        if self._bytes > MOST_HEAD_BYTES:
            self._hang_up()
            return
        self._is_within_one = True
        super().data_received(data)

    def on_headers_complete(self) -> None:
        self._is_within_one = False
        # What is behind a body is no header (RFC 9110 §6.5.1): who judges heads before us does not look there.
        self.scope["headers"] = self.headers.copy()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._is_within_one = False
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_within_one = False
        super().on_message_complete()

    def _hang_up(self) -> None:
        # uvicorn begins a connection without a cycle, and says otherwise of its type.
        cycle: object = self.cycle
        if cycle is None or self.cycle.response_complete:  # or it would be within another answer
            self.transport.write(TOO_LARGE)
        self.transport.close()
