"""Leases of seconds: renewed while the runner lives, however slow the provider is, and lost where it does not."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.model.job_outcomes import LeasesRenewed
from gateway.services.core.model.jobs import Lease
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.core.model.values import Course, Payment, Refund
from gateway.services.core.model.verdicts import RefundResult
from gateway.services.jobs.leases import LEASE_S, Leases
from gateway.services.jobs.runner import Runner
from tests.service import BASIC, Service, ends_of, running
from tests.simulation.books import Books
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor
TOO_LONG_S = 30
"""What no step takes, and no test waits for without end."""


@dataclass
class Slow(Books):
    """A provider that takes its time over refunds."""

    arrivals: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        self.arrivals.release()
        await self.may_answer.wait()
        return await super().refund(payment, refund)

    async def until_asked(self, times: int = 1) -> None:
        async with asyncio.timeout(TOO_LONG_S):
            for _ in range(times):
                await self.arrivals.acquire()


@pytest.fixture
def books() -> Slow:
    return Slow()


@pytest.fixture
def shop(service: Service, books: Slow) -> Shop:
    return open_shop(service, books)


@pytest.fixture
async def other(shop: Shop) -> AsyncIterator[Shop]:
    """Another process's runner, on the same database and before the same provider."""
    async with running(shop.service.url) as service:
        yield open_shop(service, shop.books)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


def later(*shops: Shop, **by: float) -> None:
    for shop in shops:
        shop.service.clock.advance(**by)


async def test_a_runner_that_lives_keeps_its_job_however_slow_the_provider_is(
    service: Service, shop: Shop, other: Shop, books: Slow, course: Course
) -> None:
    await shop.owe(course, 1)
    runner = shop.runner()
    run = asyncio.create_task(runner.run_due())
    await books.until_asked()
    for _ in range(20):
        later(shop, other, seconds=LEASE_S - 1)
        assert await runner.leases.renew(service.purchases.submit)
        assert await other.runner().run_due() == 0
    books.may_answer.set()
    assert await run == 1
    [job] = service.stored(JobRow)
    assert (job.state, job.attempts, job.fence) == ("COMPLETED", 1, 1)
    assert (len(books.returns), shop.agrees(), shop.broken()) == (1, True, [])


async def test_a_run_whose_lease_was_lost_is_stopped_and_writes_nothing(
    service: Service, shop: Shop, other: Shop, books: Slow, course: Course
) -> None:
    """Its process was paused, say, for longer than its lease."""
    await shop.owe(course, 1)
    runner = shop.runner()
    run = asyncio.create_task(runner.run_due())
    await books.until_asked()
    later(shop, other, seconds=LEASE_S)
    [job] = await other.claimed()
    before = service.everything()
    assert await runner.leases.renew(service.purchases.submit)
    assert await asyncio.wait_for(run, TOO_LONG_S) == 1
    assert (service.everything(), job.fence, books.returns) == (before, 2, [])
    assert await runner.leases.renew(service.purchases.submit), "there is none left"


async def test_a_lease_that_ran_out_and_that_nobody_took_is_held_again(
    service: Service, shop: Shop, other: Shop, books: Slow, course: Course
) -> None:
    await shop.owe(course, 1)
    runner = shop.runner()
    run = asyncio.create_task(runner.run_due())
    await books.until_asked()
    later(shop, other, hours=5)
    assert await runner.leases.renew(service.purchases.submit)
    assert await other.runner().run_due() == 0
    books.may_answer.set()
    assert await run == 1
    assert service.stored(JobRow)[0].state == "COMPLETED"


async def test_all_jobs_under_way_are_renewed_by_one_command_and_one_commit(
    service: Service, shop: Shop, books: Slow, course: Course
) -> None:
    await shop.owe(course, 5)
    runner = shop.runner()
    run = asyncio.create_task(runner.run_due())
    await books.until_asked(5)
    service.clock.advance(seconds=1)
    turns = service.writer.turns
    with ends_of(service.engine) as ends:
        assert await runner.leases.renew(service.purchases.submit)
    assert (ends, service.writer.turns - turns) == (["commit"], 1)
    assert {row.lease_until - service.clock.now for row in service.stored(JobRow)} == {timedelta(seconds=LEASE_S)}
    books.may_answer.set()
    await run


async def test_a_runner_without_long_jobs_writes_no_renewal(service: Service, shop: Shop, course: Course) -> None:
    turns = service.writer.turns
    leases = shop.runner().leases
    assert await leases.renew(service.purchases.submit)
    with leases.hold(Lease(uuid7(), 1)):
        assert await leases.renew(service.purchases.submit, older_than_s=5)
    assert service.writer.turns == turns


async def test_a_working_runner_renews_by_itself(service: Service, shop: Shop, books: Slow, course: Course) -> None:
    await shop.owe(course, 1)
    runner = Runner(
        shop.runner().work, service.work.due_jobs, service.work.next_due, service.clock, leases=Leases(lease_s=1)
    )
    stopped = asyncio.Event()
    work = asyncio.create_task(runner.run_until_stopped(stopped))
    await books.until_asked()
    for _ in range(2):
        service.clock.advance(seconds=1)
        async with asyncio.timeout(TOO_LONG_S):
            while _until(service) <= service.clock.now:  # noqa: ASYNC110  the commit is what is waited for
                await asyncio.sleep(0.01)
    books.may_answer.set()
    stopped.set()
    await asyncio.wait_for(work, TOO_LONG_S)
    [job] = service.stored(JobRow, kind="payment.refund")
    assert (job.state, job.attempts) == ("COMPLETED", 1)


async def test_a_renewal_that_a_busy_or_dead_writer_did_not_take_is_tried_again_and_loses_nothing() -> None:
    leases, done = Leases(lease_s=1), asyncio.Event()
    answers: list[Outcome | RuntimeError] = [Busy(), RuntimeError("died"), LeasesRenewed(())]
    given: list[Command] = []

    async def submit(command: Command) -> Outcome:
        given.append(command)
        answer = answers.pop(0)
        if not answers:
            answers.append(LeasesRenewed(()))
            done.set()
        if isinstance(answer, RuntimeError):
            raise answer
        return answer

    lease = Lease(uuid7(), 1)
    with leases.hold(lease):
        async with leases.kept_up(submit):
            await asyncio.wait_for(done.wait(), TOO_LONG_S)
    assert given[:3] == [RenewLeases((lease,), 1)] * 3


async def test_a_run_that_does_not_end_is_stopped_and_its_job_tried_again(
    service: Service, shop: Shop, other: Shop, books: Slow, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.owe(course, 1)
    runner = shop.runner()
    run = asyncio.create_task(runner.run_due())
    await books.until_asked()
    monkeypatch.setattr("gateway.services.jobs.leases.LONGEST_RUN_S", 0.0)
    assert await runner.leases.renew(service.purchases.submit)
    assert await asyncio.wait_for(run, TOO_LONG_S) == 1
    later(shop, other, seconds=LEASE_S)
    books.may_answer.set()
    assert await other.runner().run_due() == 1
    [job] = service.stored(JobRow)
    assert (job.state, job.attempts, len(books.returns)) == ("COMPLETED", 2, 1)


async def test_a_runner_does_not_begin_a_run_that_it_has_under_way(
    service: Service, shop: Shop, books: Slow, course: Course
) -> None:
    await shop.owe(course, 1)
    runner = shop.runner()
    run = asyncio.create_task(runner.run_due())
    await books.until_asked()
    service.clock.advance(seconds=LEASE_S)
    assert await runner.run_due() == 0
    books.may_answer.set()
    assert await run == 1
    assert service.stored(JobRow)[0].attempts == 1


async def test_a_run_that_is_cancelled_for_another_reason_is_cancelled() -> None:
    leases = Leases()

    async def run() -> None:
        with leases.hold(Lease(uuid7(), 1)):
            await asyncio.Event().wait()

    task = asyncio.create_task(run())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def _until(service: Service) -> datetime:
    until: datetime = service.stored(JobRow, kind="payment.refund")[0].lease_until
    return until
