"""A payment's history: its whole timeline, and the door by which each word of the provider's came in."""

from uuid import UUID

import pytest
from sqlalchemy import delete, update

from db.job_tables import JobRow
from db.statements import AUDIT, table_of
from db.tables import AuditEntryRow, InstallationRow, PaymentRow, RefundRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.outcomes import Confirmed, PaymentDeclined
from gateway.services.core.model.values import Course, Payment
from gateway.services.core.model.verdicts import AwaitingPayment, Canceled, Processing, Unreachable, Verdict
from gateway.services.core.model.verdicts import PaymentDeclined as DeclinedAttempt
from gateway.services.jobs.sweeps import CHANGES_S, start_sweeps
from tests.service import ADMIN, BASIC, OPENED, STANDARD, Service, statements_of, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = {"amountMinor": BASIC.price.amount_minor, "currency": "INR"}
FULFILLED = ["payment.captured", "payment.fulfilled"]


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


def entry_of(service: Service, subject_id: UUID, action: str) -> AuditEntryRow:
    """The one entry of an action."""
    entry: AuditEntryRow
    [entry] = service.stored(AuditEntryRow, subject_id=subject_id, action=action)
    return entry


def door_of(service: Service, payment: Payment | PaymentRow, action: str = "payment.captured") -> tuple[str, str]:
    """Through which door something was heard, and who came through it."""
    entry = entry_of(service, payment.id, action)
    assert entry.changes is not None
    return entry.changes["door"], entry.actor_id


async def test_the_history_of_a_captured_payment_tells_all_from_its_opening_to_its_purchase(
    service: Service, course: Course
) -> None:
    payment, _ = await service.paid(student(), course)
    assert service.actions(payment.id) == [*OPENED, *FULFILLED]
    opened, intent, captured, fulfilled = service.stored(AuditEntryRow, subject_id=payment.id)
    whose = {"studentId": "student-1", "courseId": str(course.id)}
    assert opened.changes == {"tier": "BASIC", "purpose": "PURCHASE", **PRICE, **whose}
    assert intent.changes == {"provider": "SANDBOX", "reference": payment.reference}
    assert captured.changes == {"door": "confirmPayment", "attempt": "tok_succeed", **PRICE}
    assert fulfilled.changes == {"tier": "BASIC"}
    assert {each.actor_id for each in (opened, intent, captured, fulfilled)} == {"student-1"}


async def test_the_history_of_a_canceled_payment_says_when_and_by_whom_it_was_heard(
    service: Service, course: Course
) -> None:
    payment = await service.opened(student(), course)
    for _ in range(2):
        assert isinstance(await service.confirm(student(), payment, "tok_cancel"), PaymentDeclined)
    assert service.actions(payment.id) == [*OPENED, "payment.canceled"]
    entry = entry_of(service, payment.id, "payment.canceled")
    assert entry.changes == {"door": "confirmPayment", "code": "canceled"}
    assert entry.reason == "This checkout was closed unpaid. Open a new payment."


async def test_each_attempt_of_a_payment_is_in_its_history(service: Service, course: Course) -> None:
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment, "tok_decline_lost_card")
    for _ in range(3):
        await service.confirm(student(), payment, "tok_process_2")
    attempts = ["payment.declined", "payment.processing"]
    assert service.actions(payment.id) == [*OPENED, *attempts, *FULFILLED]
    declined, processing = (entry_of(service, payment.id, action) for action in attempts)
    assert declined.changes == {"door": "confirmPayment", "attempt": "tok_decline_lost_card", "code": "lost_card"}
    assert declined.reason == "The card was declined: lost card."
    assert processing.changes == {"door": "confirmPayment", "attempt": "tok_process_2"}


async def test_an_attempt_that_came_to_nothing_is_in_its_history(service: Service, course: Course) -> None:
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment, "tok_timeout")
    await service.confirm(student(), payment, "tok_unpaid")
    assert service.actions(payment.id) == [*OPENED, "payment.processing", "payment.unpaid"]


async def test_the_history_names_the_webhook_that_brought_the_money(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    await shop.receive(payment)
    assert service.actions(payment.id) == [*OPENED, *FULFILLED]
    assert door_of(service, payment) == ("webhook", "gateway")


async def test_the_history_names_the_job_that_asked_again(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    [_] = await service.together(service.confirming(payment, Unreachable(None, 60)))
    shop.pay(payment)
    service.clock.advance(seconds=60)
    await shop.run_jobs()
    assert service.actions(payment.id) == [*OPENED, "payment.asked", *FULFILLED]
    assert door_of(service, payment, "payment.asked") == ("confirmPayment", "student-1")
    assert door_of(service, payment) == ("check job", "gateway")


async def test_the_history_names_the_providers_list_of_changes_where_that_told_of_the_money(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    for round_ in start_sweeps(service.purchases.providers.by_name):
        await service.purchases.submit(round_)
    await shop.run_jobs()
    service.clock.advance(seconds=CHANGES_S - 1)  # before the first ask of the payment's own schedule
    shop.pay(payment)
    service.clock.advance(seconds=1)
    await shop.run_jobs()
    assert door_of(service, payment) == ("change list", "gateway")


async def test_a_schedule_that_asks_for_a_month_adds_one_entry_and_one_for_the_end(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    for _ in range(45):
        service.clock.advance(days=1)
        await shop.sweep()
    assert service.actions(payment.id) == [*OPENED, "payment.asked", "payment.canceled"]
    assert door_of(service, payment, "payment.canceled") == ("schedule", "gateway")


async def test_the_history_names_the_schedule_that_found_a_lost_webhook(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    service.clock.advance(minutes=6)
    await shop.sweep()
    assert door_of(service, payment) == ("schedule", "gateway")


async def test_the_history_of_an_adopted_payment_says_by_which_door_it_came(
    service: Service, shop: Shop, course: Course
) -> None:
    said = {"studentId": "student-1", "courseId": str(course.id), "purchaseTier": "BASIC"}
    said |= {"isSundayOnly": "true", "sessionDuration": "60", "timeSlot": "17:30"}
    shop.books.book(BASIC.price, said, "pi_legacy")
    shop.books.pay("pi_legacy")
    await shop.receive("pi_legacy")
    [adopted] = service.stored(PaymentRow)
    assert service.actions(adopted.id) == ["payment.adopted", *FULFILLED]
    assert door_of(service, adopted, "payment.adopted") == door_of(service, adopted) == ("webhook", "gateway")


async def test_money_taken_twice_has_a_history_of_its_own(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    shop.books.capture_again(reference_of(payment))
    await shop.receive(payment)
    [extra] = service.stored(PaymentRow, extra_of=payment.id)
    assert service.actions(extra.id)[:2] == ["payment.captured", "payment.duplicate"]
    assert door_of(service, extra) == ("webhook", "gateway")


@pytest.mark.parametrize(
    ("verdict", "noted"),
    [
        (AwaitingPayment(), "payment.asked"),
        (Unreachable(None, 2), "payment.asked"),
        (Unreachable("attempt-1", 2), "payment.processing"),
        (Processing("attempt-1", 2), "payment.processing"),
        (DeclinedAttempt("attempt-1", "lost_card", "No."), "payment.declined"),
        (Canceled(), "payment.canceled"),
    ],
    ids=lambda each: each if isinstance(each, str) else type(each).__name__,
)
async def test_a_page_that_asks_every_two_seconds_adds_one_entry_for_what_it_is_told(
    service: Service, course: Course, verdict: Verdict, noted: str
) -> None:
    payment = await service.opened(student(), course)
    for _ in range(20):
        await service.together(service.confirming(payment, verdict))
    assert service.actions(payment.id) == [*OPENED, noted]


async def test_a_line_that_fails_now_and_then_adds_one_entry_for_the_attempt(service: Service, course: Course) -> None:
    payment = await service.opened(student(), course)
    for verdict in (Processing("attempt-1", 2), Unreachable("attempt-1", 2), Unreachable(None, 2)) * 5:
        await service.together(service.confirming(payment, verdict))
    assert service.actions(payment.id) == [*OPENED, "payment.processing"]


async def test_each_refund_is_in_the_history_with_its_amount_and_whose_wish_it_was(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    refund = await shop.refund(payment, 100)
    returned = shop.books.refund_at_dashboard(shop.capture(payment), 200)
    await shop.receive(payment)
    shop.books.come_back(returned)
    await shop.receive(payment)
    [asked, made, elsewhere, back] = service.stored(AuditEntryRow, subject_id=payment.id)[4:]
    assert [(each.action, each.actor_id, each.changes["amountMinor"]) for each in (asked, made, elsewhere, back)] == [
        ("payment.refund_requested", "admin-1", 100),
        ("payment.refunded", "gateway", 100),
        ("payment.refunded", "gateway", 200),
        ("payment.refund_returned", "gateway", 200),
    ]
    assert [asked.changes["origin"], elsewhere.changes["origin"]] == ["GATEWAY", "PROVIDER"]
    assert elsewhere.changes["reference"] == returned.id
    [stored] = service.stored(RefundRow, id=refund.id)
    assert made.changes["reference"] == stored.reference


@pytest.mark.parametrize(("is_students", "end"), [(True, "payment.dispute_lost"), (False, "payment.dispute_won")])
async def test_a_dispute_is_in_the_history_from_its_opening_to_its_end(
    service: Service, shop: Shop, course: Course, is_students: bool, end: str
) -> None:
    payment, _ = await shop.paid(course)
    dispute = shop.books.dispute(shop.capture(payment))
    await shop.receive(payment)
    shop.books.decide(dispute, is_students=is_students)
    await shop.receive(payment)
    assert service.actions(payment.id) == [*OPENED, *FULFILLED, "payment.dispute_opened", end]
    entry = entry_of(service, payment.id, end)
    assert entry.changes == {**PRICE, "origin": "DISPUTE", "reference": dispute.id}


async def test_a_refund_that_is_refused_retried_and_called_off_is_in_the_history(
    service: Service, course: Course
) -> None:
    payment = await service.opened(student(), course)
    await service.confirm(student(), payment, "tok_refuse_refund")
    await service.refund(payment)
    await service.runner().run_due()
    [job] = service.stored(JobRow)
    await service.purchases.submit(RetryJob(ADMIN, job.id, "try once more"))
    await service.purchases.submit(CancelJob(ADMIN, job.id, "paid out in cash"))
    told = ["payment.refund_requested", "payment.refund_rejected", "job.retried", "job.canceled"]
    assert service.actions(payment.id) == [*OPENED, *FULFILLED, *told]
    entry = entry_of(service, payment.id, "payment.refund_rejected")
    assert entry.reason == "The student's bank account was closed, so nothing can go back."


async def test_a_capture_that_the_history_does_not_tell_of_is_found(
    service: Service, shop: Shop, course: Course
) -> None:
    await shop.paid(course)
    assert shop.broken() == []
    with service.beside() as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.action == "payment.captured"))
    [fault] = shop.broken()
    assert fault.startswith("What was captured is in its payment's history, once.")


async def test_a_payment_from_before_there_were_whole_histories_is_in_order(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    with service.beside() as connection:
        connection.execute(delete(AUDIT).where(AUDIT.c.subject_id == payment.id))
        connection.execute(update(table_of(InstallationRow)).values(histories_from=None))  # as its upgrade left it
    assert shop.broken() == []


async def test_confirming_again_by_any_door_adds_nothing(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    before = service.actions(payment.id)
    assert isinstance(await service.confirm(student(), payment), Confirmed)
    await shop.receive(payment)
    await shop.sweep()
    assert service.actions(payment.id) == before


async def test_the_whole_timeline_of_a_confirmation_is_written_by_one_statement(
    service: Service, course: Course
) -> None:
    payments = [await service.opened(student(f"student-{number}"), course, STANDARD.code) for number in range(5)]
    with statements_of(service.engine) as statements:
        await service.together(*map(service.confirming, payments))
    assert len([each for each in statements if "INTO audit_entry" in each]) == 1
    assert [service.actions(payment.id) for payment in payments] == [[*OPENED, *FULFILLED]] * 5
