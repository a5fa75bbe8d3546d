"""A gateway with nothing to do asks the database for nothing, and is awake as soon as there is something."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from db.job_tables import JobRow
from db.pulse import pulse
from gateway.services.core.model.jobs import Job, JobKind
from gateway.services.jobs.alarm import Alarm
from gateway.services.jobs.runner import MESSAGES, MONEY, Runner
from tests.service import Clock, Service, running
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

TOO_LONG_S = 30
"""What no step takes, and no test waits for without end."""


class Watched:
    """A runner that works, and how often it looked for due jobs."""

    def __init__(self, runner: Runner) -> None:
        self.runner = replace(runner, due=self._due)
        self.looks = 0
        self._of = runner
        self._stopped = asyncio.Event()

    async def _due(self, now: datetime, most: int, kinds: Collection[JobKind]) -> list[UUID]:
        self.looks += 1
        return await self._of.due(now, most, kinds)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.runner.run_until_stopped(self._stopped))
        async with asyncio.timeout(TOO_LONG_S):
            try:
                yield
            finally:
                self._stopped.set()
                await task

    async def idle(self) -> int:
        """Its looks, once it takes no more of them: only what wakes it is still to come."""
        looks = -1
        while looks != self.looks:
            looks = self.looks
            for _ in range(100):  # steps of the loop, each read from the database takes a few
                await asyncio.sleep(0.001)
        return looks


@pytest.fixture
def hearing() -> list[Runner]:
    """The runners that hear of the service's commits."""
    return []


@pytest.fixture
async def shop(database_url: str, hearing: list[Runner]) -> AsyncIterator[Shop]:
    def tell(jobs: Sequence[Job]) -> None:
        for runner in hearing:
            runner.wake_for(jobs)

    async with running(database_url, on_jobs=tell) as service:
        yield open_shop(service)


async def owed(shop: Shop) -> None:
    """A refund that is to be carried out."""
    payment, _ = await shop.paid(await shop.service.save_course())
    await shop.service.refund(payment)


async def until_refunded(service: Service) -> None:
    while service.count("refund", "status = 'SUCCEEDED'") != 1:  # noqa: ASYNC110  the commit is what is waited for
        await asyncio.sleep(0.001)


async def test_an_idle_runner_looks_no_more_however_long_nothing_is_due(shop: Shop) -> None:
    watched = Watched(shop.runner())
    async with watched.working():
        before = await watched.idle()
        assert await watched.idle() == before


async def test_a_job_of_this_process_is_run_at_once(shop: Shop, hearing: list[Runner]) -> None:
    watched = Watched(shop.runner())
    hearing.append(watched.runner)
    async with watched.working():
        await watched.idle()
        await owed(shop)
        await until_refunded(shop.service)


async def test_a_job_of_another_process_is_noticed(shop: Shop) -> None:
    watched = Watched(shop.runner())

    async def look_at_each() -> None:
        async with aclosing(pulse(shop.service.url, every_s=0.001)) as beats:
            async for _ in beats:
                watched.runner.look()

    following = asyncio.create_task(look_at_each())
    async with watched.working():
        await watched.idle()
        async with running(shop.service.url) as other:
            await owed(open_shop(other, shop.books))
        await until_refunded(shop.service)
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_runner_is_not_woken_by_what_another_lane_runs(shop: Shop, hearing: list[Runner]) -> None:
    messages = Watched(replace(shop.runner(), kinds=MESSAGES))
    hearing.append(messages.runner)
    async with messages.working():
        before = await messages.idle()
        await owed(shop)
        assert await messages.idle() == before
    assert shop.service.stored(JobRow, state="PENDING")


async def test_the_next_moment_is_that_of_the_first_job_that_becomes_due_after_now(shop: Shop) -> None:
    now, work = shop.service.clock.now, shop.service.work
    await owed(shop)
    shop.service.clock.advance(hours=1)
    await owed(shop)
    assert await work.next_due(now - timedelta(microseconds=1), MONEY) == now
    assert await work.next_due(now, MONEY) == now + timedelta(hours=1)
    assert await work.next_due(now, MESSAGES) is None


async def test_a_pulse_beats_for_each_commit_of_others(service: Service) -> None:
    async with aclosing(pulse(service.url, every_s=0.001)) as beats:
        await anext(beats)
        for _ in range(3):
            await service.save_course()
            await asyncio.wait_for(anext(beats), TOO_LONG_S)


async def test_without_a_commit_a_pulse_is_silent(new_sqlite: Callable[[], str]) -> None:
    """On a PostgreSQL server, others' databases may be heard as well."""
    async with aclosing(pulse(new_sqlite(), every_s=0.001)) as beats:
        await anext(beats)
        beat = asyncio.create_task(anext(beats))
        done, _ = await asyncio.wait([beat], timeout=0.05)
        assert not done
        beat.cancel()
        await asyncio.gather(beat, return_exceptions=True)


async def test_an_alarm_rings_at_the_earliest_of_what_was_set_and_then_no_more() -> None:
    clock, alarm = Clock(), Alarm()
    for minutes in (5, 0, 9):
        alarm.set_for(clock.now + timedelta(minutes=minutes))
    await asyncio.wait_for(alarm.rung(clock), TOO_LONG_S)
    alarm.set_for(clock.now + timedelta(hours=1))
    waiting = asyncio.create_task(alarm.rung(clock))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    alarm.set_for(clock.now)
    await asyncio.wait_for(waiting, TOO_LONG_S)
