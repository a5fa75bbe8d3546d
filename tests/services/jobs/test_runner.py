"""Jobs whose runners die, stall, or meet: each job is run until it ends, and what it does happens once."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob
from gateway.services.core.commands.jobs.retries import RetryJob
from gateway.services.core.commands.jobs.sweeps import EndSweep
from gateway.services.core.commands.provider_events import EndEvent
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.job_outcomes import Claimed, RefundSettled, Stale
from gateway.services.core.model.jobs import Job, JobKind, Lease
from gateway.services.core.model.values import Course, Payment, Refund
from gateway.services.core.model.verdicts import RefundRejected, RefundSucceeded
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from gateway.services.jobs.leases import LEASE_S
from gateway.services.jobs.runner import MOST_AT_ONCE
from gateway.services.rows.lookups import PAYMENT_BY_ID, REFUND_BY_ID
from tests.service import ADMIN, BASIC, Service, running
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def other(shop: Shop) -> AsyncIterator[Shop]:
    """Another process's runner, on the same database and before the same provider."""
    async with running(shop.service.url) as service:
        yield open_shop(service, shop.books)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


@pytest.fixture
async def owed(service: Service, shop: Shop, course: Course) -> Payment:
    """A payment of which an admin wants all back."""
    payment, _ = await shop.paid(course)
    await service.refund(payment)
    return payment


async def test_a_job_whose_runner_was_killed_is_taken_over_when_its_lease_ends(
    service: Service, shop: Shop, other: Shop, owed: Payment
) -> None:
    [killed] = await shop.claimed()
    later(shop, other, seconds=LEASE_S, microseconds=-1)
    assert await other.runner().run_due() == 0
    later(shop, other, microseconds=1)
    assert await other.runner().run_due() == 1
    [job] = service.stored(JobRow)
    assert (job.state, job.attempts, job.fence) == ("COMPLETED", 2, killed.fence + 1)
    assert shop.refunds(owed.id) == [(PRICE, "SUCCEEDED")]
    assert (shop.agrees(), shop.broken()) == (True, [])


@pytest.mark.parametrize("is_over", [False, True], ids=["amid the other's run", "after the other's run"])
async def test_the_late_result_of_a_runner_that_stalled_is_refused_and_changes_nothing(
    service: Service, shop: Shop, other: Shop, owed: Payment, is_over: bool
) -> None:
    [stalled] = await shop.claimed()
    later(shop, other, seconds=LEASE_S)
    if is_over:
        await other.run_jobs()
    else:
        await other.claimed()
    before = service.everything()
    lease = Lease(stalled.id, stalled.fence)
    for late in (
        SettleRefund(stalled.subject_id, RefundSucceeded("re_late"), lease=lease),
        SettleRefund(stalled.subject_id, RefundRejected("late", "Late."), lease=lease),
        DeferJob(lease, "late"),
        EndEvent(stalled.subject_id, lease=lease),
        EndSweep(lease, None, 0),
    ):
        assert await service.purchases.submit(late) == Stale()
    assert service.everything() == before


async def test_a_ticket_is_worth_nothing_for_a_job_that_nobody_claimed(
    service: Service, shop: Shop, owed: Payment
) -> None:
    [job] = service.stored(JobRow)
    for lease in (Lease(job.id, job.fence), Lease(uuid7(), 0)):
        settle = SettleRefund(job.subject_id, RefundSucceeded("re_forged"), lease=lease)
        assert await service.purchases.submit(settle) == Stale()
    assert shop.refunds(owed.id) == [(PRICE, "PENDING")]


async def test_runners_share_the_jobs_and_none_is_claimed_by_two(
    service: Service, shop: Shop, other: Shop, course: Course
) -> None:
    await shop.owe(course, 6)
    ids = tuple(await service.work.due_jobs(service.clock(), 100))
    outcomes = await asyncio.gather(
        *(
            each.service.purchases.submit(ClaimJobs(uuid7(), ids[which : which + 4], LEASE_S))
            for each, which in ((shop, 0), (other, 2), (shop, 2), (other, 0))
        )
    )
    taken = [job.id for outcome in outcomes if isinstance(outcome, Claimed) for job in outcome.jobs]
    assert (len(outcomes), sorted(taken)) == (4, sorted(ids))
    assert {(row.state, row.fence) for row in service.stored(JobRow)} == {("RUNNING", 1)}


async def test_claims_of_one_turn_are_disjoint(service: Service, shop: Shop, course: Course) -> None:
    await shop.owe(course, 3)
    ids = tuple(await service.work.due_jobs(service.clock(), 100))
    outcomes = await service.together(*(ClaimJobs(uuid7(), ids, LEASE_S) for _ in range(3)))
    assert [len(each.jobs) for each in outcomes if isinstance(each, Claimed)] == [3, 0, 0]


async def test_two_runners_at_once_give_each_refund_once(
    service: Service, shop: Shop, other: Shop, course: Course
) -> None:
    await shop.owe(course, MOST_AT_ONCE + 2)
    await asyncio.gather(shop.run_jobs(), other.run_jobs())
    await shop.run_jobs()
    assert len(shop.books.returns) == MOST_AT_ONCE + 2
    assert {row.state for row in service.stored(JobRow)} == {"COMPLETED"}
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_a_runner_takes_no_more_at_once_than_it_may_and_the_longest_due_first(
    service: Service, shop: Shop, course: Course
) -> None:
    await shop.owe(course, MOST_AT_ONCE)
    service.clock.advance(seconds=1)
    await shop.owe(course, 1)
    assert await shop.runner().run_due() == MOST_AT_ONCE
    [last] = service.stored(JobRow, state="PENDING")
    assert last.created_at == service.clock.now


async def test_a_job_whose_runners_keep_dying_is_given_up_and_listed(
    service: Service, shop: Shop, owed: Payment
) -> None:
    for _ in range(MOST_ATTEMPTS[JobKind.PAYMENT_REFUND]):
        assert len(await shop.claimed()) == 1
        service.clock.advance(seconds=LEASE_S)
    assert await shop.claimed() == ()
    [job] = service.stored(JobRow)
    assert (job.state, job.last_error, shop.broken()) == ("FAILED", "its runners died", [])
    await service.purchases.submit(RetryJob(ADMIN, job.id, "mended"))
    await shop.run_jobs()
    assert (shop.payment(owed)[0], shop.agrees()) == ("REFUNDED", True)


async def test_a_refund_that_two_runners_carry_out_is_given_and_counted_once(
    service: Service, shop: Shop, other: Shop, owed: Payment
) -> None:
    """The first one stalls after the provider acted, and hears of it when the other one is done."""
    [stalled] = await shop.claimed()
    payment, refund = await under_way(service, stalled)
    result = await shop.books.refund(payment, refund)
    later(shop, other, seconds=LEASE_S)
    await other.run_jobs()
    late = SettleRefund(refund.id, result, lease=Lease(stalled.id, stalled.fence))
    assert await service.purchases.submit(late) == Stale()
    assert len(shop.books.returns) == 1
    assert shop.payment(owed) == ("REFUNDED", "FULFILLED", PRICE)
    assert service.actions(owed.id).count("payment.refunded") == 1
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_a_refund_heard_of_by_webhook_before_its_own_runner_answers_is_counted_once(
    service: Service, shop: Shop, owed: Payment
) -> None:
    [job] = await shop.claimed()
    payment, refund = await under_way(service, job)
    result = await shop.books.refund(payment, refund)
    await shop.receive(payment)
    assert shop.payment(owed) == ("REFUNDED", "FULFILLED", PRICE)
    outcome = await service.purchases.submit(SettleRefund(refund.id, result, lease=Lease(job.id, job.fence)))
    assert isinstance(outcome, RefundSettled)
    assert shop.refunds(owed.id) == [(PRICE, "SUCCEEDED")]
    assert {row.state for row in service.stored(JobRow)} == {"COMPLETED"}
    assert (shop.agrees(), shop.broken()) == (True, [])


def later(*shops: Shop, **by: float) -> None:
    """So much later by the clock of each process."""
    for shop in shops:
        shop.service.clock.advance(**by)


async def under_way(service: Service, job: Job) -> tuple[Payment, Refund]:
    """The refund that a job is to carry out, and its payment."""
    refund = await service.find(REFUND_BY_ID, job.subject_id)
    return (await service.find(PAYMENT_BY_ID, refund.payment_id)), refund
