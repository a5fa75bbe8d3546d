"""What an admin may do to a job, by where it stands: have it run again, or call it off."""

from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import AuditEntryRow
from gateway.services.core.commands.jobs.claims import DeferJob
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.commands.jobs.sweeps import StartSweep
from gateway.services.core.commands.provider_events import EndEvent
from gateway.services.core.model.job_outcomes import JobChanged, Stale
from gateway.services.core.model.jobs import JobKind, Lease
from gateway.services.core.model.outcomes import InvalidInput, NotFound, Outcome
from gateway.services.core.model.values import Course, Payment
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from tests.service import ADMIN, BASIC, Service, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


@pytest.fixture
async def owed(service: Service, shop: Shop, course: Course) -> Payment:
    """A payment of which an admin wants all back."""
    payment, _ = await shop.paid(course)
    await service.refund(payment)
    return payment


@pytest.mark.parametrize("state", ["PENDING", "RETRYING", "RUNNING"])
async def test_a_job_that_will_run_anyway_is_left_as_it_is_by_a_retry(
    service: Service, shop: Shop, owed: Payment, state: str
) -> None:
    job_id = await job_in(shop, state)
    before = service.everything()
    assert isinstance(await retry(service, job_id), JobChanged)
    assert service.everything() == before


@pytest.mark.parametrize("state", ["FAILED", "CANCELED"])
async def test_a_job_that_ended_without_success_is_run_from_the_beginning(
    service: Service, shop: Shop, owed: Payment, state: str
) -> None:
    job_id = await job_in(shop, state)
    assert isinstance(await retry(service, job_id), JobChanged)
    [job] = service.stored(JobRow)
    assert (job.state, job.attempts, job.run_at, job.finished_at) == ("PENDING", 0, service.clock.now, None)
    [entry] = service.stored(AuditEntryRow, action="job.retried")
    assert (entry.actor_id, entry.reason, entry.subject_id) == (ADMIN.id, "a test", owed.id)
    await shop.run_jobs()
    assert (shop.payment(owed)[0], shop.agrees(), shop.broken()) == ("REFUNDED", True, [])


async def test_a_job_that_is_done_is_not_run_again(service: Service, shop: Shop, owed: Payment) -> None:
    job_id = await job_in(shop, "COMPLETED")
    before = service.everything()
    outcome = await retry(service, job_id)
    assert isinstance(outcome, InvalidInput)
    assert [each.path for each in outcome.fields] == [("jobId",)]
    assert service.everything() == before


async def test_a_refund_that_the_sandbox_refuses_stands_as_a_failed_job_and_is_refused_again(
    service: Service, course: Course
) -> None:
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment, "tok_refuse_refund")
    await service.refund(payment)
    for _ in range(2):
        await service.runner().run_due()
        [job] = service.stored(JobRow)
        assert (job.state, job.last_error.split(":")[0]) == ("FAILED", "account_closed")
        assert isinstance(await retry(service, job.id), JobChanged)


async def test_a_refund_that_was_refused_is_asked_for_again_by_a_retry(
    service: Service, shop: Shop, owed: Payment
) -> None:
    shop.books.refuses_refunds = True
    await shop.run_jobs()
    assert shop.refunds(owed.id) == [(PRICE, "FAILED")]
    shop.books.refuses_refunds = False
    [job] = service.stored(JobRow)
    await retry(service, job.id)
    assert shop.refunds(owed.id) == [(PRICE, "FAILED"), (PRICE, "PENDING")]  # a new one: the provider knows the old
    await shop.run_jobs()
    assert shop.refunds(owed.id) == [(PRICE, "FAILED"), (PRICE, "SUCCEEDED")]
    assert (shop.payment(owed)[0], shop.agrees(), shop.broken()) == ("REFUNDED", True, [])


async def test_a_refused_refund_is_not_asked_for_again_once_the_money_went_back_otherwise(
    service: Service, shop: Shop, owed: Payment
) -> None:
    shop.books.refuses_refunds = True
    await shop.run_jobs()
    [job] = service.stored(JobRow)
    shop.books.refund_at_dashboard(shop.capture(owed))
    await shop.receive(owed)
    assert isinstance(await retry(service, job.id), InvalidInput)
    assert shop.refunds(owed.id) == [(PRICE, "FAILED"), (PRICE, "SUCCEEDED")]
    assert (shop.payment(owed)[0], shop.agrees(), shop.broken()) == ("REFUNDED", True, [])


@pytest.mark.parametrize("state", ["PENDING", "RETRYING"])
async def test_a_job_that_waits_can_be_called_off_and_its_refund_stays_promised(
    service: Service, shop: Shop, owed: Payment, state: str
) -> None:
    job_id = await job_in(shop, state)
    assert isinstance(await cancel(service, job_id), JobChanged)
    service.clock.advance(days=1)
    assert await shop.run_jobs() == 0
    [job] = service.stored(JobRow)
    assert (job.state, job.last_error) == ("CANCELED", "canceled: a test")
    assert (shop.refunds(owed.id), shop.broken()) == ([(PRICE, "PENDING")], [])
    assert [row.reason for row in service.stored(AuditEntryRow, action="job.canceled")] == ["a test"]


async def test_a_job_called_off_twice_is_called_off_once(service: Service, shop: Shop, owed: Payment) -> None:
    job_id = await job_in(shop, "CANCELED")
    before = service.everything()
    assert isinstance(await cancel(service, job_id), JobChanged)
    assert service.everything() == before


async def test_a_job_that_failed_is_taken_off_the_list_and_still_says_why(
    service: Service, shop: Shop, owed: Payment
) -> None:
    job_id = await job_in(shop, "FAILED")
    assert isinstance(await cancel(service, job_id), JobChanged)
    [job] = service.stored(JobRow)
    assert (job.state, job.last_error) == ("CANCELED", "canceled: a test; it was: no answer")
    assert (shop.refunds(owed.id), shop.broken()) == ([(PRICE, "PENDING")], [])  # an admin called it off


@pytest.mark.parametrize("state", ["RUNNING", "COMPLETED"])
async def test_a_refund_under_way_or_a_job_that_is_done_cannot_be_called_off(
    service: Service, shop: Shop, owed: Payment, state: str
) -> None:
    job_id = await job_in(shop, state)
    before = service.everything()
    outcome = await cancel(service, job_id)
    assert isinstance(outcome, InvalidInput)
    assert [each.path for each in outcome.fields] == [("jobId",)]
    assert service.everything() == before


async def test_a_webhook_called_off_while_it_runs_ends_nothing(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    await shop.store(payment)
    [job] = await shop.claimed()
    assert isinstance(await cancel(service, job.id), JobChanged)
    before = service.everything()
    assert await service.purchases.submit(EndEvent(job.subject_id, lease=Lease(job.id, job.fence))) == Stale()
    assert service.everything() == before


async def test_a_retried_job_is_nothing_that_its_old_runner_may_end(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    await shop.store(payment)
    [old] = await shop.claimed()
    await cancel(service, old.id)
    await retry(service, old.id)
    assert await service.purchases.submit(EndEvent(old.subject_id, lease=Lease(old.id, old.fence))) == Stale()
    [new] = await shop.claimed()
    assert new.fence == old.fence + 1
    assert await service.purchases.submit(EndEvent(old.subject_id, lease=Lease(old.id, old.fence))) == Stale()


async def test_a_job_that_does_not_exist_is_missing(service: Service) -> None:
    assert await retry(service, uuid7()) == NotFound("job")
    assert await cancel(service, uuid7()) == NotFound("job")


async def test_a_sweep_that_was_called_off_is_started_anew(service: Service, shop: Shop) -> None:
    await service.purchases.submit(StartSweep(JobKind.SWEEP_OPEN))
    [job] = service.stored(JobRow)
    await cancel(service, job.id)
    await service.purchases.submit(StartSweep(JobKind.SWEEP_OPEN))
    assert sorted(row.state for row in service.stored(JobRow)) == ["CANCELED", "PENDING"]


async def job_in(shop: Shop, state: str) -> UUID:
    """The one job, brought to a state as it comes to it."""
    [row] = shop.service.stored(JobRow)
    match state:
        case "RUNNING":
            await shop.claimed()
        case "RETRYING":
            [job] = await shop.claimed()
            await shop.service.purchases.submit(DeferJob(Lease(job.id, job.fence), "no answer"))
        case "FAILED":
            runs = MOST_ATTEMPTS[JobKind.PAYMENT_REFUND] - 1
            shop.service.change(JobRow, row.id, attempts=runs, fence=runs, claim_id=uuid7())
            [job] = await shop.claimed()
            await shop.service.purchases.submit(DeferJob(Lease(job.id, job.fence), "no answer"))
        case "COMPLETED":
            await shop.run_jobs()
        case "CANCELED":
            await cancel(shop.service, row.id)
    assert [each.state for each in shop.service.stored(JobRow)] == [state]
    found: UUID = row.id
    return found


async def retry(service: Service, job_id: UUID) -> Outcome:
    return await service.purchases.submit(RetryJob(ADMIN, job_id, "a test"))


async def cancel(service: Service, job_id: UUID) -> Outcome:
    return await service.purchases.submit(CancelJob(ADMIN, job_id, "a test"))


async def test_retry_of_a_called_off_sweep_while_another_goes_round_is_invalid(service: Service) -> None:
    await service.purchases.submit(StartSweep(JobKind.SWEEP_OPEN))
    [job] = service.stored(JobRow)
    await service.purchases.submit(CancelJob(ADMIN, job.id, "a test"))
    await service.purchases.submit(StartSweep(JobKind.SWEEP_OPEN))
    assert isinstance(await service.purchases.submit(RetryJob(ADMIN, job.id, "a test")), InvalidInput)


async def test_retry_of_a_called_off_check_while_another_waits_is_invalid(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(), await service.save_course())
    shop.books.begin(reference_of(payment))
    await service.confirm(student(), payment)
    [job] = service.stored(JobRow)
    await service.purchases.submit(CancelJob(ADMIN, job.id, "a test"))
    await service.confirm(student(), payment)
    assert service.count("job") == 2
    assert isinstance(await service.purchases.submit(RetryJob(ADMIN, job.id, "a test")), InvalidInput)
