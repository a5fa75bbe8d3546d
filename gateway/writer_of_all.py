"""The one writer as a process of its own, for all others of this machine."""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Iterable
from contextlib import suppress

import structlog

from gateway.clock import start_clock
from gateway.monitoring.monitored import monitored
from gateway.services.core.model.events import EventSubscriber
from gateway.services.ends import HANG_UP_S, callers_gone_s
from gateway.services.writer_process.serving import Lines
from gateway.settings.model import Settings
from gateway.writer import own_writer

log = structlog.get_logger(__name__)


async def serve_writer(
    settings: Settings,
    subscribers: Iterable[EventSubscriber],
    listening: socket.socket,
    is_orphaned: Callable[[], bool],
) -> int:
    """Be the writer of all processes that connect, until told to stop by SIGTERM. Returns the exit code.

    Those who are connected then are served until they leave; where the one who keeps this process is gone, another
    writer is on its way, and they are sent to that at once.
    """
    async with monitored(settings, "writer"):
        return await _serve_writer(settings, subscribers, listening, is_orphaned)


async def _serve_writer(
    settings: Settings,
    subscribers: Iterable[EventSubscriber],
    listening: socket.socket,
    is_orphaned: Callable[[], bool],
) -> int:
    await start_clock(settings.database_url, is_right=settings.clock_is_right)
    told = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told.set)
    lines = Lines()
    writer = own_writer(settings, subscribers, lines.tell_commit, lines.tell_due, lines.tell_standing)
    writer.start()
    server = await lines.serve(writer, listening)
    log.info("started", process="writer", pid=os.getpid())
    ends = [asyncio.create_task(each.wait()) for each in (told, lines.has_writer_stopped)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    server.close()
    leave_s = 0 if is_orphaned() or not told.is_set() else callers_gone_s(settings.drain_s, settings.stop_s)
    with suppress(TimeoutError):
        async with asyncio.timeout(leave_s):
            await lines.all_closed()
    await writer.close()
    with suppress(TimeoutError):
        async with asyncio.timeout(HANG_UP_S):
            await lines.hang_up()
    log.info("stopped", process="writer", pid=os.getpid(), was_told=told.is_set())
    return 0 if told.is_set() else 1
