"""How long the head of a request may be, so that one without end fills no process before a route has seen it."""

from gateway.cli.answers import WholeAnswers

MOST_HEAD_BYTES = 131_072
"""Twice what common servers take, so that a long URL is still answered by its route."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class BoundedHeads(WholeAnswers):
    """HTTP/1.1 that hangs up on a head which does not end. uvicorn's parser has no bound of its own."""

    _is_in_head = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        if self._is_in_head:  # what came with the head's beginning is one read, and bounded
            self._head_bytes += len(data)
            if self._head_bytes > MOST_HEAD_BYTES:
                self.transport.write(TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()
