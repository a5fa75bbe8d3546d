"""uvicorn's server, but for how it stops: told at once, in order, within bounds, and in two lines of the log."""

import asyncio
import faulthandler
import multiprocessing
import os
import signal
import socket
import threading
import time
from types import FrameType

import structlog
import uvicorn
from starlette.types import Scope
from uvicorn.server import HANDLED_SIGNALS

from gateway.cli.processes.sockets import SILENT, Socket
from gateway.cli.server.bounded import BoundedConnection
from gateway.http.extensions import Leaving, leaving_of
from gateway.services.ends import ALARM_S, APPLICATION_S, FLUSH_S, HEARD_S

log = structlog.get_logger(__name__)

NOT_IN_ORDER = "the database, or a job, keeps this process from closing in order"

REPLACED = signal.SIGUSR1
"""Tells one of several processes to stop, for which another serves already."""

FIRST = 1
"""The first process of a container, which the system keeps from each signal that it does not handle, its own too."""

LOOK_S = 0.02
"""Between two looks whether all are gone."""

SAME_ORDER_S = 0.5
"""Signals within so long are one order, which was sent to a process and to its group, or comes by `timeout` twice."""


class Server(uvicorn.Server):
    """One process that serves. When it is told to stop:

    1. `/readyz` is 503, no job is begun any more, and for `GATEWAY_DRAIN_S` all else goes on.
    2. It listens no more, so that whoever comes back comes to another process.
    3. Streams get their last message. Idle connections are closed, the others after the answer that is under way.
    4. What is not answered after `GATEWAY_STOP_S` is answered 503.

    Told by SIGUSR1, it is replaced: another serves already, so that `/readyz` stays and nothing is drained.

    All of this has bounds (`gateway.services.ends`), and an alarm that is set at the signal is the last of them.

    A second signal ends it at once. One of several processes leaves that to the one who started it: it may well get
    one signal twice, from there and with its whole group.
    """

    _told_at: float | None = None
    _is_replaced = False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        began = time.monotonic()
        await super().startup(sockets)
        if self.started:
            log.info("started", process="serve", pid=os.getpid(), took_s=round(time.monotonic() - began, 2))
        if self.started and threading.current_thread() is threading.main_thread():
            for number in HANDLED_SIGNALS:
                # The application ends its streams at a signal. Here they end when nobody listens any more.
                signal.signal(number, self.handle_exit)
            signal.signal(REPLACED, self.handle_exit)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.started:
            end_at_once(sig)  # nothing is begun, and what a start waits for may never come
        elif self._told_at is None:
            self._is_replaced = sig == REPLACED
            self._told_at = self._begin_to_end()
            super().handle_exit(signal.SIGTERM if sig == REPLACED else sig, frame)
        elif time.monotonic() - self._told_at > SAME_ORDER_S and multiprocessing.parent_process() is None:
            end_at_once(sig)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        began = self._begin_to_end() if self._told_at is None else self._told_at
        leaving = leaving_of(self.config.loaded_app)
        grace_s, drain_s = self._bounds(leaving)
        log.info("stopping", requests=self._requests(), streams=leaving.streams, within_s=drain_s + grace_s)
        leaving.tell(is_replaced=self._is_replaced)
        if drain_s:
            await asyncio.sleep(drain_s)
        self._listen_no_more(sockets)
        leaving.end_streams()
        await self._until_all_are_gone(grace_s)
        cut_off = await self._cut_off(leaving)
        await self._close_application(began + HEARD_S + drain_s + grace_s + 2 * FLUSH_S + APPLICATION_S)
        log.info("stopped", took_s=round(time.monotonic() - began, 2), cut_off=cut_off)

    def _begin_to_end(self) -> float:
        """From now on whatever hangs does not keep this process; returns when that is."""
        end_by_alarm(sum(self._bounds(leaving_of(self.config.loaded_app))) + ALARM_S)
        return time.monotonic()

    def _bounds(self, leaving: Leaving) -> tuple[float, float]:
        grace_s = self.config.timeout_graceful_shutdown
        return (grace_s or 0), (0 if self._is_replaced or _is_orphaned() else leaving.drain_s)

    def _requests(self) -> int:
        return sum(_is_under_way(each) for each in self.server_state.connections)

    def _listen_no_more(self, sockets: list[socket.socket] | None) -> None:
        for server in self.servers:
            server.close()
        for each in sockets or []:
            each.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()

    async def _until_all_are_gone(self, within_s: float) -> None:
        latest = time.monotonic() + within_s
        while (self.server_state.connections or self.server_state.tasks) and time.monotonic() < latest:  # noqa: ASYNC110
            await asyncio.sleep(LOOK_S)  # uvicorn tells nobody when one of them goes

    async def _cut_off(self, leaving: Leaving) -> int:
        """Answer what is still under way, and end it. Returns how much that was."""
        state, cut_off = self.server_state, 0
        for connection in list(state.connections):
            if isinstance(connection, Socket):
                connection.cut_off()
                cut_off += 1
            elif isinstance(connection, BoundedConnection):
                cut_off += _is_under_way(connection)
                _cut_off(connection, leaving)
        tasks = list(state.tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=FLUSH_S)
        await self._until_all_are_gone(FLUSH_S)
        return cut_off

    async def _close_application(self, latest: float) -> None:
        """Jobs under way have as long as requests; where there were none of these, they still have it."""
        within_s = latest - time.monotonic()
        try:
            async with asyncio.timeout(within_s):
                await self.lifespan.shutdown()
        except TimeoutError:
            log.error(NOT_IN_ORDER, waited_s=round(within_s, 1))  # noqa: TRY400  no bug


def end_at_once(number: int) -> None:
    """As that signal does where nobody handles it."""
    if number == signal.SIGQUIT or os.getpid() == FIRST:
        os._exit(128 + number)  # SIGQUIT by itself would leave the memory, and all secrets in it, in a file
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)


def end_by_alarm(in_s: float) -> None:
    """Whatever hangs: this is the end of it. Nothing that was answered is lost, as with any death."""
    if os.getpid() == FIRST:
        faulthandler.dump_traceback_later(in_s, exit=True, file=2)
    elif threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, in_s)


def _is_orphaned() -> bool:
    parent = multiprocessing.parent_process()
    return parent is not None and parent.pid != os.getppid()


def _is_under_way(connection: object) -> bool:
    cycle = getattr(connection, "answered", None)
    return cycle is not None and not cycle.response_complete


def _cut_off(connection: BoundedConnection, leaving: Leaving) -> None:
    """Answer a request that gets no other answer any more. One whose answer has begun just breaks off."""
    transport, cycle = connection.transport, connection.answered
    if cycle is None or cycle.response_complete:
        transport.close()
        return
    cycle.logger = SILENT
    if cycle.disconnected:
        transport.close()
        return
    if cycle.response_started:
        transport.abort()
    else:
        scope: Scope = dict(cycle.scope)
        transport.write(_whole(leaving, scope))
        transport.close()
    cycle.disconnected = True  # whatever it still sends is nobody's


def _whole(leaving: Leaving, scope: Scope) -> bytes:
    status, lines, body = leaving.cut_off(scope)
    sent = b"" if scope["method"] == "HEAD" else body
    return b"".join((b"HTTP/1.1 %d Service Unavailable\r\n" % status, lines, b"connection: close\r\n\r\n", sent))
