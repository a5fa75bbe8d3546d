"""How long a connection is kept, and how it ends: for want of a request, of a reader, or after a refusal."""

import asyncio
from enum import Enum, auto
from typing import Any

import structlog
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from gateway.cli.server.heads import HEAD_S, LATE, Fault
from gateway.cli.server.lingering import Lingering, Outgoing
from gateway.cli.server.waiting import Waiting

log = structlog.get_logger(__name__)

ROUNDING_S = 0.002
"""The loop's clock counts milliseconds."""


class Part(Enum):
    """What the parser has come to."""

    BETWEEN = auto()
    """Two requests, or before the first."""

    HEAD = auto()
    BODY = auto()


class Outlet:
    """The transport, as who answers on a connection has it: to close is for the connection to do."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, connection: "BoundedConnection") -> None:
        self.write, self.close, self.is_closing = transport.write, connection.leave, connection.has_left


class BoundedConnection(HttpToolsProtocol):
    """uvicorn's, of which every wait for its client has an end, watched by one timer that looks again when one may be
    over. `_part` and `_is_within_head` are kept by who reads.

    Args:
        waiting: the connections of this process that have asked nothing, among which this one begins.
    """

    _part = Part.BETWEEN
    _is_within_head = False
    """Whether what was read last ended within a head."""

    _is_waited_for = False
    """Whether it is among `_waiting` for a head."""

    _has_sent_half = False
    """Whether it is among `_waiting` for the rest of a body."""

    _is_deaf = _has_left = False

    answered: RequestResponseCycle | None = None
    """The request that is answered, or was last: others may have come behind it, which wait, and the last one of those
    is `cycle`."""

    _due: float | None = None
    """When its client must have asked, by the loop's clock; None while something is answered."""

    _timer: asyncio.TimerHandle | None = None
    _looks_at = 0.0
    """When the timer that is set fires: later than what is due it never does."""

    _outgoing: Outgoing | None = None

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        waiting: Waiting | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._waiting = Waiting() if waiting is None else waiting

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        super().connection_made(transport)
        self._outlet: Any = Outlet(transport, self)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._waiting.discard(self)
        for watch in (self._timer, self._outgoing):
            if watch is not None:
                watch.cancel()
        self._timer = self._outgoing = None
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self.answered = cycle
        super()._start_asgi_task(cycle, app)

    @property
    def _is_idle(self) -> bool:
        # uvicorn begins a connection without a cycle, and says otherwise of its type.
        cycle: object = self.cycle
        return cycle is None or self.cycle.response_complete

    # ------------------------------------------------------------ until a request is there

    def _wait_for_head(self) -> None:
        if not self._is_waited_for:
            self._is_waited_for = True
            self._due = self.loop.time() + HEAD_S
            self._look_when_due()
            self._waiting.add(self)

    def _has_asked(self) -> None:
        self._is_waited_for = False
        self._waiting.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_for_body(self) -> None:
        """A head without its body is no request yet, and is bounded in number as those are who have sent none: how long
        it may take, its route says."""
        if not self._has_sent_half:
            self._has_sent_half = True
            self._waiting.add(self)

    def _has_sent_all(self) -> None:
        self._has_sent_half = False
        self._waiting.discard(self)

    def give_way(self) -> None:
        """Others came that ask nothing either, and this one was the first of them."""
        self._is_waited_for, self._has_left = False, True
        self.transport.abort()

    def on_response_complete(self) -> None:
        """As uvicorn's, but for the timer."""
        self.server_state.total_requests += 1
        if self.has_left():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif not self._is_waited_for:
            self._due = self.loop.time() + self.timeout_keep_alive
            self._look_when_due()

    def _look_when_due(self) -> None:
        """One that looks sooner looks again then."""
        assert self._due is not None
        if self._timer is not None:
            if self._looks_at <= self._due:
                return
            self._timer.cancel()
        self._looks_at = self._due
        self._timer = self.loop.call_later(self._due - self.loop.time(), self._look)

    def _look(self) -> None:
        self._timer = None
        if self._due is None or self.has_left():
            return  # the next answer begins it anew
        if self._due - self.loop.time() >= ROUNDING_S:
            self._look_when_due()
        elif self._is_within_head:
            self.refuse(LATE)
        else:
            self.leave()

    # ------------------------------------------------------------ until what was written is read

    def pause_writing(self) -> None:
        super().pause_writing()
        self._watch_outgoing()

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._outgoing is not None and not self._has_left:
            self._outgoing.cancel()
            self._outgoing = None

    def _watch_outgoing(self) -> None:
        if self._outgoing is None:
            self._outgoing = Outgoing(self.transport, self.loop)

    # ------------------------------------------------------------ the end

    def has_left(self) -> bool:
        """Whether nothing is answered any more."""
        return self._has_left or self.transport.is_closing()

    def leave(self) -> None:
        """Close, after what was written."""
        if self.has_left():
            return
        self._has_left = True
        if self._has_sent_half:
            self._has_sent_all()
        is_sending = self._part is not Part.BETWEEN or self.pipeline or self.flow.read_paused
        if is_sending or self._is_deaf:
            self.flow.resume_reading()
            Lingering(self, self.transport, self.loop, self._waiting)
        else:
            self._watch_outgoing()
            self.transport.close()

    def refuse(self, fault: Fault) -> None:
        """Answer a request so, when it is its turn, and read nothing behind it."""
        log.info("request refused", status=int(fault.status), reason=fault.reason)
        self._is_deaf = True
        if self._part is Part.BODY:
            self._refuse_body(fault)
        elif self._is_idle:
            self._say(fault)
        else:
            self.cycle = RequestResponseCycle(
                {**self.cycle.scope, "method": "GET"},
                self._outlet,
                self.flow,
                self.logger,
                self.access_logger,
                self.access_log,
                self.server_state.default_headers,
                asyncio.Event(),
                expect_100_continue=False,
                keep_alive=False,
                on_response=self.on_response_complete,
            )
            self.pipeline.appendleft((self.cycle, fault))

    def _refuse_body(self, fault: Fault) -> None:
        """Of a request whose head was taken, and which may be with the application already."""
        if self.pipeline:
            self.pipeline[0] = (self.cycle, fault)
        elif not self.cycle.response_started:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._say(fault)

    def _say(self, fault: Fault) -> None:
        self._is_waited_for = False
        self._waiting.discard(self)
        self.transport.write(fault.answer(self.server_state.default_headers))
        self.leave()
