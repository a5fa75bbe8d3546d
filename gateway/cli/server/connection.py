"""One connection of HTTP/1.1: bounded, kept while it is used, and answered the straight way where that is possible.

It is uvicorn's, over httptools' parser, and what is unusual goes uvicorn's own way: a request in several reads or
behind one that is not answered yet, chunks, upgrades, callers who wait to be asked, other paths. This reaches into
uvicorn, whose version is therefore held to what was tested (decision 0032).
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from gateway.cli.server.straight import StraightCycle
from gateway.http.extensions import straight_of

MOST_HEAD_BYTES = 131_072
"""How long the head of a request may be, so that one without end fills no process before a route has seen it: twice
what common servers take, so that a long URL is still answered by its route."""

TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

LINGER_S = 0.5
"""How long an idle connection is kept open for a request that its client may just be sending, when it has to go."""

ROUNDING_S = 0.002
"""The loop's clock counts milliseconds."""


class Connection(HttpToolsProtocol):
    """uvicorn's, and besides:

    - A usual request that one read brings as a whole is answered by the lifespan's `Straight`.
    - It hangs up on a head which does not end, and on what may stand around a body in chunks: their extensions, and the
      trailers behind them. uvicorn's parser has no bound of its own for any of these.
    - It takes one more request after the order to stop. uvicorn closes an idle connection at once: a request that is on
      its way would be lost, and its client would not know whether it was done. Here it is answered, with `Connection:
      close`, so that the next one goes to another process.
    - Its time without a request is watched by one timer, which looks again when it may be over.
    """

    _is_between = True
    """Whether the parser stands between two requests, so that a read begins with a head."""

    _may_be_usual = False
    """Whether the head that is read stands at the beginning of a read, and has a usual first line."""

    _body: bytes | None = None
    """Of a usual request, what is here of it."""

    _is_within_head = False
    """Whether the last read ended before a head, or what stands around a chunk, did."""

    _head_bytes = 0
    """Of it, from the second read on: what came with its beginning is one read, and bounded."""

    _is_leaving = False

    _idle_since: float | None = None
    """By the loop's clock; None while something is read or answered."""

    _timer: asyncio.TimerHandle | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # The straight way knows nothing of these settings, of which we have none.
        is_plain = not (self.access_log or self.root_path or self.limit_concurrency is not None)
        self._straight = straight_of(self.app) if is_plain else None
        self._usual_line = b"POST %s HTTP/1.1\r\n" % self._straight.url if self._straight else b""

    # ------------------------------------------------------------ what is read

    def data_received(self, data: bytes) -> None:
        self._idle_since = None
        self._head_bytes = self._head_bytes + len(data) if self._is_within_head else 0
        if self._head_bytes > MOST_HEAD_BYTES:
            self._hang_up()
            return
        self._is_within_head = True
        if self._straight is not None and self._is_between:
            self._may_be_usual = data.startswith(self._usual_line) and self._is_idle
        super().data_received(data)
        if self._body is not None:
            self._go_on_without_the_rest(self._body)

    def on_message_begin(self) -> None:
        self._is_between = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_within_head = False
        if self._may_be_usual:
            self._may_be_usual = False
            if not (self.expect_100_continue or self.parser.should_upgrade()):
                self._body = b""
                return
        self._go_uvicorns_way()

    def on_body(self, body: bytes) -> None:
        self._is_within_head = False
        if self._body is not None:
            self._body += body
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._is_within_head, self._is_between = False, True
        if self._body is None:
            super().on_message_complete()
        else:
            body, self._body = self._body, None
            self._go_the_straight_way(body)

    def _go_the_straight_way(self, body: bytes) -> None:
        assert self._straight is not None
        url, scope = self._straight.url, self.scope
        scope["method"], scope["path"], scope["raw_path"], scope["query_string"] = "POST", url.decode(), url, b""
        keep_alive = not self._is_leaving and self.parser.should_keep_alive()
        cycle = self.cycle = StraightCycle(self, self._straight, body, keep_alive=keep_alive)
        self._start_asgi_task(cycle, cycle.answer)

    def _go_on_without_the_rest(self, body: bytes) -> None:
        self._body = None
        self._go_uvicorns_way()
        if body:
            super().on_body(body)

    def _go_uvicorns_way(self) -> None:
        # What is behind a body is no header (RFC 9110 §6.5.1): who judges heads before us does not look there.
        self.scope["headers"] = self.headers.copy()
        super().on_headers_complete()
        if self._is_leaving and not self._is_idle:
            self.cycle.keep_alive = False

    def _hang_up(self) -> None:
        if self._is_idle:  # or it would be within another answer
            self.transport.write(TOO_LARGE)
        self.transport.close()

    @property
    def _is_idle(self) -> bool:
        # uvicorn begins a connection without a cycle, and says otherwise of its type.
        cycle: object = self.cycle
        return cycle is None or self.cycle.response_complete

    # ------------------------------------------------------------ how long it is kept

    def on_response_complete(self) -> None:
        """As uvicorn's, but for the timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
            return
        self._idle_since = self.loop.time()
        if self._timer is None:
            self._timer = self.loop.call_later(self.timeout_keep_alive, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._idle_since is None:
            return  # the next answer begins it anew
        left_s = self._idle_since + self.timeout_keep_alive - self.loop.time()
        if left_s < ROUNDING_S:
            self.timeout_keep_alive_handler()
        else:
            self._timer = self.loop.call_later(left_s, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """The process stops: no request is taken after the next."""
        self._is_leaving = True
        if self._is_idle:
            self.loop.call_later(LINGER_S, super().shutdown)
        else:
            super().shutdown()
