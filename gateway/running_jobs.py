"""The jobs of a process: run beside what it serves, and finished, handed back or left when it ends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial

import structlog

from db.pulse import pulse
from gateway.bootstrap import Services
from gateway.services import ends
from gateway.services.background import BackgroundTask
from gateway.services.jobs.runner import Runner
from gateway.settings.model import Settings

log = structlog.get_logger(__name__)


@asynccontextmanager
async def running_jobs(
    settings: Settings, services: Services, told: asyncio.Event | None = None
) -> AsyncIterator[None]:
    """Jobs are run meanwhile, also those that other processes wrote.

    At the end, or once the process is `told` to stop, no more are begun and those under way are finished. What takes
    longer than `GATEWAY_STOP_S` then is handed back, for another process to do at once; and where not even that can be
    written down, is left to its lease.
    """
    stopped = told or asyncio.Event()
    beats = partial(pulse, settings.database_url, standing=services.reader.source.standing)
    running = [BackgroundTask("runner", partial(each.run_until_stopped, stopped)) for each in services.runners]
    following = BackgroundTask("pulse", partial(_look_at_each, beats, services.runners))
    bounding = BackgroundTask("late", partial(_end_what_is_late, settings.stop_s, stopped, services.runners, running))
    services.background.extend(tasks := (*running, following, bounding))
    for task in tasks:
        task.start()
    try:
        yield
    finally:
        following.cancel()
        stopped.set()
        waits = [asyncio.create_task(_all_ended(each)) for each in (running, [bounding])]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.gather(*(task.stop(ends.FOLLOWING_S) for task in tasks))
        for wait in waits:
            wait.cancel()


async def _end_what_is_late(
    after_s: float, stopped: asyncio.Event, runners: Sequence[Runner], running: Sequence[BackgroundTask]
) -> None:
    await stopped.wait()
    await asyncio.sleep(after_s)
    try:
        async with asyncio.timeout(ends.JOBS_S):
            await asyncio.gather(*(runner.hand_back() for runner in runners))
            await _all_ended(running)
    except TimeoutError:
        log.error("jobs are left to their leases: the database does not answer", waited_s=ends.JOBS_S)  # noqa: TRY400


async def _all_ended(tasks: Sequence[BackgroundTask]) -> None:
    await asyncio.gather(*(task.ended() for task in tasks))


async def _look_at_each(follow: Callable[[], AsyncGenerator[None, None]], runners: Sequence[Runner]) -> None:
    async with aclosing(follow()) as beats:
        async for _ in beats:
            for runner in runners:
                runner.look()
