"""What captured money comes to: exactly one purchase, or a full refund that was decided in the same commit."""

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import delete

from db.job_tables import JobRow
from db.statements import TIER
from db.tables import AuditEntryRow, IdempotencyRecordRow, PaymentRow, PurchaseRow, RefundRow, StudentAccessRow
from gateway.services.core.model.outcomes import Confirmed, DuplicatePayment, Unfulfillable
from gateway.services.core.model.values import (
    Actor,
    Course,
    Fulfilment,
    Money,
    Payment,
    PaymentStatus,
    PurchaseStatus,
    Role,
)
from gateway.services.core.model.verdicts import Captured
from gateway.services.rows.lookups import PURCHASE_BY_ID
from tests.service import ADMIN, BASIC, METADATA, OPENED, PREMIUM, STANDARD, Service, student

pytestmark = pytest.mark.anyio


async def test_a_captured_payment_becomes_one_purchase_with_its_access_in_one_commit(service: Service) -> None:
    course = await service.save_course()
    opened = await service.opened(student(), course, "STANDARD")
    service.clock.advance(minutes=5)
    turns = service.writer.turns
    outcome = await service.confirm(student(), opened)
    assert service.writer.turns == turns + 1
    assert isinstance(outcome, Confirmed)
    assert not outcome.already_processed

    now = service.clock.now
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment) == ("SUCCEEDED", "FULFILLED")
    assert (payment.captured_minor, payment.captured_currency, payment.confirmed_at) == (499_900, "INR", now)
    [purchase] = service.stored(PurchaseRow)
    assert (purchase.id, purchase.payment_id) == (outcome.purchase.id, opened.id)
    assert (purchase.student_id, purchase.course_id, purchase.tier) == ("student-1", course.id, "STANDARD")
    assert (purchase.status, purchase.origin, purchase.created_at) == ("ACTIVE", "PAYMENT", now)
    assert (purchase.created_by_id, purchase.created_by_role) == ("student-1", "STUDENT")
    [access] = service.stored(StudentAccessRow)
    assert (access.purchase_id, access.status) == (purchase.id, "GRANTED")
    assert (access.sessions_total, access.sessions_used) == (12, 0)
    assert (access.starts_at, access.expires_at) == (now, now + timedelta(days=180))
    assert service.actions(purchase.id) == ["purchase.created"]
    assert (service.stored(JobRow), service.stored(IdempotencyRecordRow)) == ([], [])
    assert (await service.find(PURCHASE_BY_ID, purchase.id)) == outcome.purchase


async def test_the_same_payment_again_gives_the_same_purchase_and_writes_nothing(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    first = await service.confirm(student(), payment)
    assert isinstance(first, Confirmed)
    before = service.everything()
    service.clock.advance(days=400)
    assert await service.confirm(student(), payment) == replace(first, already_processed=True)
    assert service.everything() == before


async def test_the_same_payment_by_many_doors_at_once_gives_one_purchase(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    doors = [student(), ADMIN, Actor("sweep", Role.SERVICE)] * 5
    outcomes = await service.together(*(service.confirming(payment, actor=door) for door in doors))
    confirmed = [outcome for outcome in outcomes if isinstance(outcome, Confirmed)]
    assert len(confirmed) == len(doors)
    assert len({outcome.purchase.id for outcome in confirmed}) == 1
    assert [outcome.already_processed for outcome in confirmed] == [False] + [True] * 14
    assert (len(service.stored(PurchaseRow)), len(service.stored(StudentAccessRow))) == (1, 1)
    assert service.actions(confirmed[0].purchase.id) == ["purchase.created"]


async def test_an_access_begins_at_the_first_sessions_slot(service: Service) -> None:
    course = await service.save_course()
    _, purchase = await service.paid(student(), course, metadata=replace(METADATA, date=dt.date(2026, 12, 6)))
    starts_at = datetime(2026, 12, 6, 12, 0, tzinfo=UTC)  # 17:30 in Kolkata
    assert (purchase.access.starts_at, purchase.access.expires_at) == (starts_at, starts_at + timedelta(days=90))


async def test_a_tier_without_a_validity_gives_an_access_without_an_end(service: Service) -> None:
    _, purchase = await service.paid(student(), await service.save_course(), "PREMIUM")
    assert purchase.access.expires_at is None


async def test_what_was_promised_when_the_payment_was_opened_is_what_is_granted(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    dearer = replace(BASIC, session_count=2, price=Money(300_000, "INR"), validity_days=10)
    await service.save_course(dearer, course_id=course.id)
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, Confirmed)
    access = outcome.purchase.access
    assert (access.sessions_total, access.expires_at) == (4, service.clock.now + timedelta(days=90))


MISMATCHES: dict[str, tuple[Callable[[Payment], Captured], str]] = {
    "amount": (
        lambda payment: Captured("a", Money(1, "INR"), payment.student_id, payment.course_id),
        "amount: opened for 1,999.00 INR, captured 0.01 INR",
    ),
    "currency": (
        lambda payment: Captured("a", Money(199_900, "USD"), payment.student_id, payment.course_id),
        "amount: opened for 1,999.00 INR, captured 1,999.00 USD",
    ),
    "student": (
        lambda payment: Captured("a", payment.amount, "student-9", payment.course_id),
        "student: opened for student-1, captured student-9",
    ),
    "course": (
        lambda payment: Captured("a", payment.amount, payment.student_id, UUID(int=9)),
        "captured 00000000-0000-0000-0000-000000000009",
    ),
}


@pytest.mark.parametrize("what", MISMATCHES)
async def test_a_capture_that_is_not_what_was_opened_grants_nothing_and_is_refunded(
    service: Service, what: str
) -> None:
    captured, words = MISMATCHES[what]
    opened = await service.opened(student(), await service.save_course())
    verdict = captured(opened)
    [outcome] = await service.together(service.confirming(opened, verdict))
    assert isinstance(outcome, Unfulfillable)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment) == ("SUCCEEDED", "UNFULFILLABLE")
    assert (payment.captured_minor, payment.captured_currency) == (verdict.amount.amount_minor, verdict.amount.currency)
    assert payment.failure_code == "payment_mismatch"
    assert words in payment.failure_message
    assert (service.stored(PurchaseRow), service.stored(StudentAccessRow)) == ([], [])
    wanted = [*OPENED, "payment.captured", "payment.unfulfillable", "payment.refund_requested"]
    assert service.actions(opened.id) == wanted
    assert_refunded(service, opened.id, verdict.amount, "payment_mismatch")


async def test_a_capture_that_does_not_say_whom_it_is_for_is_taken_at_its_reference(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    [outcome] = await service.together(service.confirming(payment, Captured("a", payment.amount)))
    assert isinstance(outcome, Confirmed)


async def drop_tier(service: Service, course: Course) -> None:
    await service.save_course(STANDARD, PREMIUM, course_id=course.id)


async def drop_every_tier(service: Service, course: Course) -> None:
    with service.beside() as connection:  # the course itself is held by a foreign key
        connection.execute(delete(TIER).where(TIER.c.course_id == course.id))


async def break_metadata(service: Service, _: Course) -> None:
    [payment] = service.stored(PaymentRow)
    service.change(PaymentRow, payment.id, time_zone="Mars/Olympus")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [(drop_tier, "tier_gone"), (drop_every_tier, "tier_gone"), (break_metadata, "metadata_invalid")],
)
async def test_money_for_what_cannot_be_granted_any_more_is_refunded(
    service: Service, spoil: Callable[[Service, Course], object], code: str
) -> None:
    course = await service.save_course()
    opened = await service.opened(student(), course)
    await spoil(service, course)  # type: ignore[misc]  # one of the coroutine functions above
    outcome = await service.confirm(student(), opened)
    assert isinstance(outcome, Unfulfillable)
    assert outcome.payment.failure is not None
    assert outcome.payment.failure.code == code
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment) == ("SUCCEEDED", "UNFULFILLABLE")
    assert service.stored(PurchaseRow) == []
    wanted = [*OPENED, "payment.captured", "payment.unfulfillable", "payment.refund_requested"]
    assert service.actions(opened.id) == wanted
    assert_refunded(service, opened.id, BASIC.price, code)


async def test_an_unfulfillable_payment_stays_so_and_is_refunded_once(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    first = await service.confirm(student(), payment, "tok_capture_199900_USD")
    before = service.everything()
    assert await service.confirm(student(), payment, "tok_succeed") == first
    assert service.everything() == before
    # The pair is free: the student may pay anew, as opened this time.
    _, purchase = await service.paid(student(), course)
    assert purchase.status is PurchaseStatus.ACTIVE


@pytest.mark.parametrize("standing", [BASIC.code, STANDARD.code], ids=["of the same tier", "of a lower tier"])
async def test_another_captured_payment_is_a_duplicate_and_refunded(service: Service, standing: str) -> None:
    course = await service.save_course()
    second = await service.opened(student(), course, "BASIC")
    _, purchase = await service.paid(student(), course, standing)
    turns, before = service.writer.turns, service.everything()
    outcome = await service.confirm(student(), second)
    assert service.writer.turns == turns + 1
    assert isinstance(outcome, DuplicatePayment)
    assert outcome.existing == purchase
    [payment] = service.stored(PaymentRow, id=second.id)
    assert (payment.status, payment.fulfilment, payment.duplicate_of) == ("SUCCEEDED", "DUPLICATE", purchase.id)
    wanted = [*OPENED, "payment.captured", "payment.duplicate", "payment.refund_requested"]
    assert service.actions(second.id) == wanted
    assert_refunded(service, second.id, BASIC.price, "duplicate")
    after = service.everything()
    assert (after["purchase"], after["student_access"]) == (before["purchase"], before["student_access"])


async def test_a_duplicate_stays_so_and_is_refunded_once(service: Service) -> None:
    course = await service.save_course()
    payments = [await service.opened(student(), course) for _ in range(2)]
    await service.confirm(student(), payments[0])
    first = await service.confirm(student(), payments[1])
    assert isinstance(first, DuplicatePayment)
    await service.paid(student(), course, "STANDARD")  # what it duplicates may end: it stays a duplicate of that
    before = service.everything()
    again = await service.confirm(student(), payments[1])
    assert isinstance(again, DuplicatePayment)
    assert (again.payment, again.existing.id) == (first.payment, first.existing.id)
    assert again.existing.status is PurchaseStatus.SUPERSEDED
    assert service.everything() == before


async def test_two_payments_at_one_instant_give_one_purchase_and_one_refund(service: Service) -> None:
    course = await service.save_course()
    payments = [await service.opened(student(), course) for _ in range(2)]
    first, second = await service.together(*map(service.confirming, payments))
    assert isinstance(first, Confirmed)
    assert isinstance(second, DuplicatePayment)
    assert second.existing == first.purchase
    assert [row.fulfilment for row in service.stored(PaymentRow)] == [Fulfilment.FULFILLED, Fulfilment.DUPLICATE]
    assert_refunded(service, payments[1].id, BASIC.price, "duplicate")


@pytest.mark.parametrize("status", [PurchaseStatus.REVOKED, PurchaseStatus.REFUNDED])
async def test_after_an_end_the_student_buys_again_and_the_first_payment_keeps_its_purchase(
    service: Service, status: PurchaseStatus
) -> None:
    course = await service.save_course()
    first_payment, first = await service.paid(student(), course)
    service.change(PurchaseRow, first.id, status=status.value, ended_at=service.clock.now)
    _, second = await service.paid(student(), course)
    assert (second.id != first.id, second.status) == (True, PurchaseStatus.ACTIVE)
    assert second.supersedes is None

    before = service.everything()
    again = await service.confirm(student(), first_payment)
    assert isinstance(again, Confirmed)
    assert (again.purchase.id, again.purchase.status) == (first.id, status)
    assert again.payment.status is PaymentStatus.SUCCEEDED
    assert service.everything() == before


async def test_each_end_of_a_payment_is_audited_as_done_by_who_asked(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    await service.together(service.confirming(payment, actor=Actor("sweep", Role.SERVICE)))
    [entry] = service.stored(AuditEntryRow, action="purchase.created")
    assert (entry.actor_id, entry.actor_role, entry.at) == ("sweep", "SERVICE", service.clock.now)


def assert_refunded(service: Service, payment_id: UUID, amount: Money, reason: str) -> None:
    """Just one refund stands for the payment, of all that was captured, with its one job, due at once."""
    [refund] = service.stored(RefundRow, payment_id=payment_id)
    assert (refund.amount_minor, refund.currency, refund.reason) == (amount.amount_minor, amount.currency, reason)
    assert (refund.requested_by_id, refund.requested_by_role) == ("gateway", "SERVICE")
    assert (refund.status, refund.reference, refund.failure_code, refund.settled_at) == ("PENDING", None, None, None)
    assert refund.created_at == service.clock.now
    assert service.stored(JobRow, subject_id=payment_id) == []
    [job] = service.stored(JobRow, subject_id=refund.id)
    assert (job.kind, job.state, job.attempts, job.run_at) == ("payment.refund", "PENDING", 0, service.clock.now)
    assert job.payload == {}
