"""Whole answers in one write, for an application that has them ready as bytes."""

from functools import partial
from typing import cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from gateway.http.extensions import BODY_IS_HERE, WRITE_ANSWER

Headers = list[tuple[bytes, bytes]]


class WholeAnswers(HttpToolsProtocol):
    """HTTP/1.1 that tells its application when a body is whole, and takes its answer as bytes."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        scope = cast(dict[str, object], self.scope)
        scope[WRITE_ANSWER] = partial(_write, self.cycle)

    def on_message_complete(self) -> None:
        super().on_message_complete()
        scope = cast(dict[str, object], self.scope)
        scope[BODY_IS_HERE] = True


def _write(cycle: RequestResponseCycle, status: int, lines: bytes, body: bytes | memoryview) -> bool:
    """See `WriteAnswer`. It leaves the cycle as `send` does after both messages."""
    if cycle.disconnected or cycle.flow.write_paused or cycle.response_started or cycle.access_log:
        return False
    closing = b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n"
    cycle.transport.write(b"".join((STATUS_LINE[status], _lines_of(cycle.default_headers), lines, closing, body)))
    cycle.response_started = cycle.response_complete = True
    cycle.waiting_for_100_continue = False
    cycle.message_event.set()
    if not cycle.keep_alive:
        cycle.transport.close()
    cycle.on_response()
    return True


def _lines_of(headers: Headers) -> bytes:
    return b"".join([b"%s: %s\r\n" % each for each in headers])
