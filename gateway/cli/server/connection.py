"""One connection of HTTP/1.1: read within bounds, and answered the straight way where that is possible.

It is uvicorn's, over httptools' parser, and what is unusual goes uvicorn's own way: a request in several reads or
behind one that is not answered yet, chunks, upgrades, callers who wait to be asked, other paths. This reaches into
uvicorn, whose version is therefore held to what was tested (decision 0032).
"""

import asyncio

import httptools

from gateway.cli.server import heads
from gateway.cli.server.bounded import BoundedConnection, Part
from gateway.cli.server.heads import MOST_HEAD_BYTES, Fault
from gateway.cli.server.straight import StraightCycle
from gateway.http.extensions import straight_of

LINGER_S = 0.5
"""How long an idle connection is kept open for a request that its client may just be sending, when it has to go."""

MOST_FRAMING = 8
"""Bytes around the chunks of a body for each in them, beyond what a head may have: chunks of one byte have five."""


class Connection(BoundedConnection):
    """uvicorn's, and besides:

    - A usual request that one read brings as a whole is answered by the lifespan's `Straight`.
    - A head is bounded in bytes, headers and seconds, and so is what may stand around a body in chunks, extensions and
      trailers. One that leaves a doubt is refused (`heads`), in its turn.
    - An answer that is given before its request is whole ends the connection: nothing is read without end.
    - A request for a protocol that it does not get is answered as one that does not ask. uvicorn would do so without
      its body, which the parser passes over, and read that as the next request.
    - It takes one more request after the order to stop. uvicorn closes an idle connection at once: a request that is on
      its way would be lost, and its client would not know whether it was done. Here it is answered, with `Connection:
      close`, so that the next one goes to another process.
    """

    _may_be_usual = False
    """Whether the head that is read stands at the beginning of a read, and has a usual first line."""

    _body: bytes | None = None
    """Of a usual request, what is here of it."""

    _head_bytes = _others_bytes = 0
    """Of the reads in which the head is, and what of these may be other requests."""

    _framing_bytes = 0
    """What stands around the chunks of the body, less what may for what is in them."""

    _is_declined = False
    """Whether the request that is read asks for a protocol that it does not get."""

    _may_be_kept = False
    """Whether the connection goes on after the request whose body is read, once that is whole."""

    _is_stopping = False
    _fault: Fault | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        # The straight way knows nothing of these settings, of which we have none.
        is_plain = not (self.access_log or self.root_path or self.limit_concurrency is not None)
        self._straight = straight_of(self.app) if is_plain else None
        self._usual_line = b"POST %s HTTP/1.1\r\n" % self._straight.url if self._straight else b""

    # ------------------------------------------------------------ a read

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        length = len(data)
        if self._is_within_head:
            self._head_bytes += length
        else:
            self._head_bytes, self._others_bytes = length, 0
        if self._part is Part.BODY:
            self._framing_bytes += length
        else:
            self._is_within_head = True
            self._may_be_usual = (
                self._part is Part.BETWEEN
                and self._straight is not None
                and data.startswith(self._usual_line)
                and self._is_idle
            )
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as stopped:
            self._change_protocol(data[stopped.args[0] :])
            return
        except httptools.HttpParserError:
            if self._body is not None:  # nobody has seen it yet
                self._part, self._body = Part.HEAD, None
            self.refuse(self._fault or heads.NO_HTTP)
            return
        if self._body is not None:
            self._go_on_without_the_rest(self._body)
        if self._is_within_head:
            self._go_on_within_head()
        elif self._part is Part.BODY:
            if self._framing_bytes > MOST_HEAD_BYTES:
                self.refuse(heads.LONG_FRAMING)
            elif not self._has_left:
                self._wait_for_body()

    def _go_on_within_head(self) -> None:
        if self._head_bytes - self._others_bytes > MOST_HEAD_BYTES:
            self.refuse(heads.TOO_LARGE)
        else:
            self._wait_for_head()

    # ------------------------------------------------------------ what the parser finds

    def on_message_begin(self) -> None:
        self._part, self._is_within_head = Part.HEAD, True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_within_head = False
        self._due = None
        if self._is_waited_for:
            self._has_asked()
        version = "1.1" if self._may_be_usual else self.parser.get_http_version()
        if (fault := self._fault_in_head(version)) is not None:
            self._fault = fault
            raise ValueError(fault.reason)  # to the parser, which stops
        self._part, self._framing_bytes = Part.BODY, 0
        if self.parser.should_upgrade():
            self._is_declined = not self._may_change_protocol(version)
            if self._is_declined:
                return
        elif self._may_be_usual:
            self._may_be_usual = False
            if not self.expect_100_continue:
                self._body = b""
                return
        self._go_uvicorns_way()

    def on_body(self, body: bytes) -> None:
        if self._body is not None:
            self._body += body
        else:
            self._framing_bytes -= len(body) * (1 + MOST_FRAMING)
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._part, self._is_within_head = Part.BETWEEN, False
        if self._has_sent_half:
            self._has_sent_all()
        self._others_bytes = self._head_bytes
        if self.parser.should_upgrade():
            return
        if self._body is None:
            if not self.cycle.response_started:
                self.cycle.keep_alive = self._may_be_kept and not self._is_stopping
            super().on_message_complete()
        else:
            body, self._body = self._body, None
            self._go_the_straight_way(body)

    def _fault_in_head(self, version: str) -> Fault | None:
        if len(self.pipeline) >= heads.MOST_PIPELINED:
            return heads.TOO_MANY
        if version not in ("1.1", "1.0"):
            return heads.OTHER_VERSION
        if self._head_bytes > MOST_HEAD_BYTES and heads.length_of(self.url, self.headers) > MOST_HEAD_BYTES:
            return heads.TOO_LARGE
        if not self._may_be_usual:
            if self.parser.get_method() == b"CONNECT":
                return heads.NO_PROXY
            if not self.url.startswith(b"/") and self.url != b"*":
                self.url = heads.in_origin_form(self.url, self.headers)
        if self.parser.should_upgrade() and self._should_upgrade() and heads.has_long_line(self.headers):
            return heads.LONG_HANDSHAKE
        return heads.fault_in(self.headers, version)

    # ------------------------------------------------------------ where it goes

    def _go_the_straight_way(self, body: bytes) -> None:
        assert self._straight is not None
        url, scope = self._straight.url, self.scope
        scope["method"], scope["path"], scope["raw_path"], scope["query_string"] = "POST", url.decode(), url, b""
        keep_alive = not self._is_stopping and self.parser.should_keep_alive()
        cycle = self.cycle = StraightCycle(self, self._outlet, self._straight, body, keep_alive=keep_alive)
        self._start_asgi_task(cycle, cycle.answer)

    def _go_on_without_the_rest(self, body: bytes) -> None:
        self._body = None
        self._go_uvicorns_way()
        if body:
            self.on_body(body)

    def _go_uvicorns_way(self) -> None:
        # What is behind a body is no header (RFC 9110 §6.5.1): who judges heads before us does not look there.
        self.scope["headers"] = self.headers.copy()
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:
            self.cycle.transport = self._outlet
            self._may_be_kept, self.cycle.keep_alive = self.cycle.keep_alive, False

    # ------------------------------------------------------------ other protocols

    def _may_change_protocol(self, version: str) -> bool:
        """Whether this is the handshake of a WebSocket, which nothing stands before."""
        return self._should_upgrade() and version == "1.1" and self._is_idle and not heads.has_body(self.headers)

    def _change_protocol(self, rest: bytes) -> None:
        """The parser stopped behind a head that asks for another protocol."""
        if not self._is_declined:
            self.handle_websocket_upgrade()
            return
        self._is_declined, self._part = False, Part.BETWEEN
        method, version = self.parser.get_method(), self.parser.get_http_version()
        self.parser = httptools.HttpRequestParser(self)  # the other one reads nothing behind a `Connection: close`
        self.data_received(heads.without_upgrade(method, self.url, version, self.headers) + rest)

    # ------------------------------------------------------------ the end of the process

    def shutdown(self) -> None:
        """The process stops: no request is taken after the next."""
        self._is_stopping = True
        if self._is_idle:
            self.loop.call_later(LINGER_S, super().shutdown)
        else:
            super().shutdown()
