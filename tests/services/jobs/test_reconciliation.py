"""What was decided is carried out: payments under way are settled, and money that is owed goes back."""

import pytest
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.job_outcomes import Claimed, Stale
from gateway.services.core.model.jobs import JobKind, Lease
from gateway.services.core.model.outcomes import Confirmed, DuplicatePayment, Opened, PaymentPending, Unfulfillable
from gateway.services.core.model.values import PurchaseStatus, RefundStatus
from gateway.services.core.model.verdicts import RefundRecord, RefundSucceeded
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from gateway.services.rows.lookups import PAYMENT_BY_ID, PURCHASE_BY_ID, REFUNDS_OF_PAYMENT
from tests.service import Service, student
from tests.simulation import verified

pytestmark = pytest.mark.anyio


def broken(service: Service) -> list[str]:
    engine = writer_engine(service.url)
    with engine.connect() as connection:
        found = [invariant.sentence for invariant, _ in verified.faults(connection, service.clock)]
    engine.dispose()
    return found


async def test_a_duplicate_is_refunded_in_full_and_once(service: Service) -> None:
    course = await service.save_course()
    first, second = [await service.opened(student(), course) for _ in range(2)]
    assert isinstance(await service.confirm(student(), first), Confirmed)
    assert isinstance(await service.confirm(student(), second), DuplicatePayment)
    assert broken(service) == []
    assert await service.runner().run_due() == 1
    assert await service.runner().run_due() == 0
    [refund] = await service.reader.find(REFUNDS_OF_PAYMENT, second.id)
    payment = await service.find(PAYMENT_BY_ID, second.id)
    assert (refund.status, refund.amount, payment.refunded_minor) == ("SUCCEEDED", payment.amount, 199_900)
    assert payment.status == "REFUNDED"
    assert broken(service) == []


async def test_a_payment_that_nobody_confirms_again_is_settled_by_its_job(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    assert isinstance(await service.confirm(student(), payment, "tok_process_2"), PaymentPending)
    assert await service.runner().run_due() == 0
    service.clock.advance(seconds=10)
    assert await service.runner().run_due() == 1
    assert service.count("purchase") == 0
    service.clock.advance(seconds=60)
    assert await service.runner().run_due() == 1
    assert service.count("purchase", "status = 'ACTIVE'") == 1
    assert service.count("job", "state = 'COMPLETED'") == 1
    assert broken(service) == []


async def test_a_stalled_runners_late_result_is_refused(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    assert isinstance(await service.confirm(student(), payment, "tok_capture_1_INR"), Unfulfillable)
    ids = await service.work.due_jobs(service.clock(), 10)
    stalled = await service.purchases.submit(ClaimJobs(uuid7(), tuple(ids), 60))
    assert isinstance(stalled, Claimed)
    [job] = stalled.jobs
    assert await service.work.due_jobs(service.clock(), 10) == []
    service.clock.advance(seconds=61)
    taken = await service.purchases.submit(ClaimJobs(uuid7(), tuple(ids), 60))
    assert isinstance(taken, Claimed)
    late = SettleRefund(job.subject_id, RefundSucceeded("late"), lease=Lease(job.id, job.fence))
    assert isinstance(await service.purchases.submit(late), Stale)
    assert service.count("refund", "status = 'SUCCEEDED'") == 0
    in_time = SettleRefund(job.subject_id, RefundSucceeded("in time"), lease=Lease(job.id, taken.jobs[0].fence))
    await service.purchases.submit(in_time)
    assert service.rows("SELECT reference FROM refund") == [("in time",)]


async def test_a_job_is_given_up_after_its_last_attempt_and_stays_listed(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment, "tok_capture_1_INR")
    for _ in range(MOST_ATTEMPTS[JobKind.PAYMENT_REFUND]):
        [job_id] = await service.work.due_jobs(service.clock(), 10)
        claimed = await service.purchases.submit(ClaimJobs(uuid7(), (job_id,), 60))
        assert isinstance(claimed, Claimed)
        await service.purchases.submit(DeferJob(Lease(job_id, claimed.jobs[0].fence), "no answer"))
        service.clock.advance(hours=3)
    assert await service.work.due_jobs(service.clock(), 10) == []
    assert service.rows("SELECT state, last_error FROM job") == [("FAILED", "no answer")]


async def test_a_full_refund_of_an_upgrade_revives_what_it_superseded(service: Service) -> None:
    course = await service.save_course()
    basic, premium = [await service.opened(student(), course, tier) for tier in ("BASIC", "PREMIUM")]
    below = await service.confirm(student(), basic)
    assert isinstance(below, Confirmed)
    assert isinstance(await service.confirm(student(), premium), Confirmed)
    await service.refund(premium)
    await service.runner().run_due()
    found = await service.find(PURCHASE_BY_ID, below.purchase.id)
    assert found.status is PurchaseStatus.ACTIVE
    assert service.count("purchase", "status = 'REFUNDED'") == 1
    assert broken(service) == []
    assert isinstance(await service.open(student(), course, "STANDARD"), Opened)


async def test_parts_of_the_money_keep_the_purchase_until_all_of_it_is_back(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment)
    await service.refund(payment, 100_000)
    await service.runner().run_due()
    assert service.rows("SELECT payment.status, purchase.status FROM payment, purchase") == [
        ("PARTIALLY_REFUNDED", "ACTIVE")
    ]
    await service.refund(payment)
    await service.runner().run_due()
    assert service.rows("SELECT payment.status, purchase.status FROM payment, purchase") == [("REFUNDED", "REFUNDED")]
    assert broken(service) == []


async def test_a_refund_that_comes_back_is_owed_again_and_listed(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment, "tok_capture_1_INR")
    await service.runner().run_due()
    [refund] = await service.reader.find(REFUNDS_OF_PAYMENT, payment.id)
    assert refund.reference is not None
    back = RefundRecord(refund.reference, refund.id, refund.amount, RefundStatus.FAILED)
    for _ in range(2):
        await service.purchases.submit(service.reconciling(payment, back))
    assert service.rows("SELECT status, refunded_minor FROM payment") == [("SUCCEEDED", 0)]
    assert service.rows("SELECT status FROM refund") == [("FAILED",)]
    assert sorted(service.rows("SELECT state FROM job")) == [("COMPLETED",), ("FAILED",)]
    assert broken(service) == ["A captured payment became exactly one purchase, or all of it goes or went back."]


async def test_a_refund_made_at_the_provider_ends_the_purchase_once(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment)
    made = RefundRecord("re_dashboard", None, payment.amount, RefundStatus.SUCCEEDED)
    for _ in range(3):
        await service.purchases.submit(service.reconciling(payment, made))
    assert service.rows("SELECT status, refunded_minor FROM payment") == [("REFUNDED", 199_900)]
    assert service.rows("SELECT status FROM purchase") == [("REFUNDED",)]
    assert service.count("refund") == 1
    assert broken(service) == []
