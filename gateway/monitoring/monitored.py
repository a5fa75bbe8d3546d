"""A process that keeps its numbers: how late its loop comes, what it takes of the machine, and whom it tells."""

import asyncio
import os
import resource
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from functools import partial

import structlog

from gateway.monitoring.snapshots import WRITE_S, SharedFolder
from gateway.services.background import BackgroundTask
from gateway.services.measures import recording
from gateway.services.measures.catalogue import Measures
from gateway.settings.model import Settings

log = structlog.get_logger(__name__)

BEAT_S = 0.25
"""How often it is looked how late the loop comes."""

STOP_S = 1.0


@asynccontextmanager
async def monitored(settings: Settings, process: str) -> AsyncIterator[None]:
    """Meanwhile this process keeps its numbers, where anybody may ask for them, and records spans, where they are sent.

    Args:
        process: what it does: `serve`, `worker` or `writer`.
    """
    async with _recorded(settings, process), _measured(settings, process):
        yield


def _recorded(settings: Settings, process: str) -> AbstractAsyncContextManager[None]:
    if settings.traces_url is None:
        return nullcontext()
    from gateway.monitoring.traces import recorded  # with its library, which is an extra

    return recorded(settings, process)


@asynccontextmanager
async def _measured(settings: Settings, process: str) -> AsyncIterator[None]:
    if not settings.has_metrics:
        yield
        return
    measures = recording.start()
    measures.asked.append(partial(_look_at_process, measures, process))
    folder = None if settings.metrics_folder is None else SharedFolder(settings.metrics_folder)
    tasks = [BackgroundTask("loop lag", partial(_feel_lag, measures))]
    if folder is not None:
        tasks.append(BackgroundTask("metrics", partial(_leave_numbers, folder, measures)))
    for task in tasks:
        task.start()
    try:
        yield
    finally:
        await asyncio.gather(*(task.stop(STOP_S) for task in tasks))
        if folder is not None:
            with suppress(OSError):  # the one who keeps it may be gone
                folder.leave(measures)
        recording.stop()


async def _feel_lag(measures: Measures) -> None:
    loop = asyncio.get_running_loop()
    while True:
        due = loop.time() + BEAT_S
        await asyncio.sleep(BEAT_S)
        measures.loop_lag_s.observe(max(0.0, loop.time() - due))


async def _leave_numbers(folder: SharedFolder, measures: Measures) -> None:
    is_told = False
    while True:
        try:
            folder.leave(measures)
        except OSError as error:
            if not is_told:
                log.warning("metrics of this process cannot be told", reason=error.strerror)
            is_told = True
        else:
            is_told = False
        await asyncio.sleep(WRITE_S)


def _look_at_process(measures: Measures, process: str) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    measures.cpu_s.values[process, "user"] = used.ru_utime
    measures.cpu_s.values[process, "system"] = used.ru_stime
    measures.processes.set(1, process)
    measures.memory.set(_memory(used.ru_maxrss), process)


def _memory(most_kib: int) -> float:
    """What is in use now; where the system has no such file, the most that was."""
    if sys.platform != "linux":
        return float(most_kib) * (1 if sys.platform == "darwin" else 1024)
    with open("/proc/self/statm") as file:  # noqa: PTH123  a file of the kernel, once a second
        return float(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
