"""`gateway verify` by schedule: when it looks, what it notes for a person, and that the real look is taken."""

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from unittest.mock import patch

import pytest

from db.job_tables import JobRow
from db.tables import PaymentRow
from gateway.services.core.commands.jobs.retries import CancelJob
from gateway.services.core.commands.jobs.sweeps import StartSweep
from gateway.services.core.model.jobs import JobKind, Verified
from gateway.services.jobs.runner import Runner
from gateway.services.jobs.verifying import FIRST_S, NotLooked
from gateway.services.jobs.work import work_on
from gateway.verifying import look_through
from tests.served.server import environment
from tests.service import ADMIN, Service, student

pytestmark = pytest.mark.anyio

DAY_S = 86_400.0
SAID = "Every payment has a course."


@dataclass
class Schedule:
    """A service whose jobs look once a day, and what those looks find."""

    service: Service
    found: list[int] = field(default_factory=list)
    """How many broken rows the next looks find; -1: they cannot look."""
    looks: int = 0

    async def look(self) -> Verified:
        self.looks += 1
        broken = self.found.pop(0) if self.found else 0
        if broken < 0:
            raise NotLooked("the disk is full")
        return Verified(self.service.clock(), 1.5, broken, (SAID,) if broken else ())

    def runner(self, look: Callable[[], Awaitable[Verified]] | None = None, every_s: float | None = DAY_S) -> Runner:
        service = self.service
        work = work_on(
            service.purchases, service.work, service.clock, {}, {}, service.clock, look or self.look, every_s
        )
        return Runner(work, service.work.runnable_jobs, service.work.next_due, service.clock, draw=lambda: 0.0)

    async def day(self) -> None:
        """Run what is due in a day, as it becomes due."""
        for _ in range(24):
            await self.runner().run_due()
            self.service.clock.advance(hours=1)

    async def cases(self) -> list[str]:
        return [job.last_error or "" for job in await self.service.failed_jobs()]


@pytest.fixture
async def schedule(service: Service) -> Schedule:
    await service.purchases.submit(StartSweep(JobKind.SWEEP_VERIFY))
    return Schedule(service)


async def test_it_looks_some_minutes_after_the_first_start_and_then_once_a_day(schedule: Schedule) -> None:
    await schedule.runner().run_due()
    assert schedule.looks == 0
    schedule.service.clock.advance(seconds=FIRST_S)
    await schedule.runner().run_due()
    assert schedule.looks == 1
    await schedule.day()
    assert schedule.looks == 1
    await schedule.day()
    assert schedule.looks == 2
    [job] = schedule.service.stored(JobRow)
    assert (job.state, job.attempts, job.last_error) == ("RETRYING", 0, None)
    assert Verified.in_payload(job.payload) is not None


async def test_what_is_broken_is_one_case_until_a_look_finds_nothing(schedule: Schedule) -> None:
    schedule.found = [2, 2, 5, 0]
    for rows in ("2 rows", "2 rows", "5 rows"):
        await schedule.day()
        [case] = await schedule.cases()
        assert rows in case
        assert SAID in case
        assert "cancelJob" in case
    await schedule.day()
    assert await schedule.cases() == []
    assert schedule.service.count("job", "kind = 'case.review' AND state = 'COMPLETED'") == 1
    schedule.found = [1]
    await schedule.day()
    assert len(await schedule.cases()) == 1


async def test_a_case_that_was_called_off_comes_again_only_with_other_rows(schedule: Schedule) -> None:
    schedule.found = [2, 2, 3]
    await schedule.day()
    [case] = await schedule.service.failed_jobs()
    await schedule.service.purchases.submit(CancelJob(ADMIN, case.id, "known, and mended next week"))
    await schedule.day()
    assert await schedule.cases() == []
    await schedule.day()
    assert len(await schedule.cases()) == 1


async def test_a_look_that_could_not_be_finished_is_tried_again_and_is_no_finding(schedule: Schedule) -> None:
    schedule.found = [-1, -1]
    schedule.service.clock.advance(seconds=FIRST_S)
    await schedule.runner().run_due()
    [job] = schedule.service.stored(JobRow)
    assert (job.state, job.last_error) == ("RETRYING", "the disk is full")
    await schedule.day()
    assert schedule.looks == 3
    assert await schedule.cases() == []


async def test_where_it_is_off_the_job_waits_and_what_was_found_is_kept(schedule: Schedule) -> None:
    schedule.found = [0]
    schedule.service.clock.advance(seconds=FIRST_S)
    await schedule.runner().run_due()
    [before] = schedule.service.stored(JobRow)
    schedule.service.clock.advance(days=3)
    await schedule.runner(every_s=None).run_due()
    [after] = schedule.service.stored(JobRow)
    assert schedule.looks == 1
    assert (after.payload, after.state) == (before.payload, "RETRYING")


async def test_the_real_look_is_another_process_that_finds_what_is_broken(service: Service) -> None:
    course = await service.save_course()
    payment, _ = await service.paid(student(), course)
    schedule = Schedule(service)
    await service.purchases.submit(StartSweep(JobKind.SWEEP_VERIFY))
    service.clock.advance(seconds=FIRST_S)
    service.change(PaymentRow, payment.id, asks=-3)
    ours = {name: value for name, value in environment(service.url).items() if name.startswith("GATEWAY_")}
    with patch.dict(os.environ, ours):
        await schedule.runner(look_through(service.clock)).run_due()
    [job] = service.stored(JobRow, kind="sweep.verify")
    found = Verified.in_payload(job.payload)
    assert found is not None, job.last_error
    assert found.broken >= 1
    assert found.took_s > 0
    assert found.at == service.clock() - timedelta()
    [case] = await schedule.cases()
    assert "gateway verify" in case
