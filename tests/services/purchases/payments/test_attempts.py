"""What a provider's word on an attempt comes to while no money is captured."""

from dataclasses import replace
from datetime import timedelta

import pytest

from db.job_tables import JobRow
from db.tables import AuditEntryRow, PaymentRow, PurchaseRow
from gateway.services.core.model import verdicts
from gateway.services.core.model.outcomes import Confirmed, FieldProblem, InvalidInput, PaymentDeclined, PaymentPending
from gateway.services.core.model.values import Fulfilment, PaymentStatus, Provider
from gateway.services.core.model.verdicts import Unreachable
from tests.service import Service, student

pytestmark = pytest.mark.anyio


async def test_a_payment_under_way_is_pending_with_one_check_job_and_then_confirmed(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    first = await service.confirm(student(), opened, "tok_process_2")
    assert isinstance(first, PaymentPending)
    assert (first.retry_after_s, first.is_unreachable) == (2, False)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment) == ("PROCESSING", "PENDING")
    assert (payment.attempt, payment.checks) == ("tok_process_2", 1)
    [job] = service.stored(JobRow)
    assert (job.kind, job.subject_id, job.state) == ("payment.check", opened.id, "PENDING")
    assert job.run_at == service.clock.now + timedelta(seconds=2)

    service.clock.advance(seconds=2)
    assert isinstance(await service.confirm(student(), opened), PaymentPending)
    assert [row.id for row in service.stored(JobRow)] == [job.id]
    assert isinstance(await service.confirm(student(), opened), Confirmed)
    assert [row.id for row in service.stored(JobRow)] == [job.id]


async def test_many_who_ask_at_once_schedule_one_check(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    verdict = verdicts.Processing("a", 2)
    outcomes = await service.together(*(service.confirming(payment, verdict) for _ in range(5)))
    assert all(isinstance(outcome, PaymentPending) for outcome in outcomes)
    assert len(service.stored(JobRow)) == 1


async def test_a_check_that_is_over_makes_room_for_the_next(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    await service.confirm(student(), payment, "tok_process_9")
    [job] = service.stored(JobRow)
    service.change(JobRow, job.id, state="COMPLETED")
    await service.confirm(student(), payment, "tok_process_9")
    assert [row.state for row in service.stored(JobRow)] == ["COMPLETED", "PENDING"]


async def test_a_provider_out_of_reach_leaves_the_attempt_under_way_with_a_check_job(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    outcome = await service.confirm(student(), opened, "tok_timeout")
    assert isinstance(outcome, PaymentPending)
    assert outcome.is_unreachable
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment) == ("PROCESSING", "PENDING")
    assert (payment.attempt, payment.checks) == ("tok_timeout", 1)
    [job] = service.stored(JobRow)
    assert (job.kind, job.run_at) == ("payment.check", service.clock.now + timedelta(seconds=2))
    assert isinstance(await service.confirm(student(), opened), Confirmed)
    assert len(service.stored(PurchaseRow)) == 1


async def test_an_outage_that_names_no_attempt_is_noted_once_and_checked(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    asked = replace(payment, checks=1)
    [first] = await service.together(service.confirming(payment, Unreachable(None, 60)))
    before = service.everything()
    [second] = await service.together(service.confirming(payment, Unreachable(None, 60)))
    assert first == second == PaymentPending(asked, 60, is_unreachable=True)
    assert service.everything() == before
    assert len(service.stored(JobRow)) == 1


async def test_a_payment_whose_provider_is_not_set_up_any_more_is_pending(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    service.change(PaymentRow, payment.id, provider=Provider.STRIPE.value)
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, PaymentPending)
    assert (outcome.is_unreachable, outcome.retry_after_s) == (True, 60)
    assert len(service.stored(JobRow)) == 1


async def test_an_intent_that_nobody_has_paid_is_pending_and_is_noted_once(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    asked = replace(payment, checks=1)
    assert await service.confirm(student(), payment, "tok_unpaid") == PaymentPending(asked, 5)
    before = service.everything()
    assert await service.confirm(student(), payment, "tok_unpaid") == PaymentPending(asked, 5)
    assert service.everything() == before


async def test_a_decline_says_why_and_is_audited_once(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    first = await service.confirm(student(), opened, "tok_decline_insufficient_funds")
    assert isinstance(first, PaymentDeclined)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment, payment.captured_minor) == ("FAILED", "PENDING", None)
    assert (payment.failure_code, payment.failure_message) == (
        "insufficient_funds",
        "The card was declined: insufficient funds.",
    )
    [entry] = service.stored(AuditEntryRow, subject_id=opened.id, action="payment.declined")
    assert (entry.reason, entry.changes["code"]) == (payment.failure_message, "insufficient_funds")
    assert (service.stored(PurchaseRow), service.stored(JobRow)) == ([], [])

    before = service.everything()
    assert await service.confirm(student(), opened, "tok_decline_insufficient_funds") == first
    assert service.everything() == before


async def test_after_a_decline_another_attempt_may_succeed(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    await service.confirm(student(), opened, "tok_decline_insufficient_funds")
    assert isinstance(await service.confirm(student(), opened, "tok_succeed"), Confirmed)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.fulfilment, payment.attempt) == ("SUCCEEDED", "FULFILLED", "tok_succeed")
    assert (payment.failure_code, payment.failure_message) == (None, None)


async def test_a_decline_is_forgotten_while_another_attempt_is_under_way(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    await service.confirm(student(), opened, "tok_decline_insufficient_funds")
    outcome = await service.confirm(student(), opened, "tok_process_1")
    assert isinstance(outcome, PaymentPending)
    assert outcome.payment.failure is None
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.failure_code) == ("PROCESSING", None)


async def test_each_attempt_is_counted_from_its_own_beginning(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    for _ in range(2):
        await service.confirm(student(), payment, "tok_process_3")
    outcomes = [await service.confirm(student(), payment, "tok_process_2") for _ in range(3)]
    assert [type(outcome) for outcome in outcomes] == [PaymentPending, PaymentPending, Confirmed]


async def test_a_decline_of_another_attempt_leaves_the_one_under_way(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    under_way = await service.confirm(student(), opened, "tok_timeout")
    assert isinstance(under_way, PaymentPending)
    before = service.everything()
    assert await service.confirm(student(), opened, "tok_decline_lost_card") == PaymentPending(under_way.payment, 5)
    assert service.everything() == before


async def test_a_decline_of_the_attempt_under_way_ends_it(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    await service.together(service.confirming(payment, verdicts.Processing("attempt-1", 2)))
    declined = verdicts.PaymentDeclined("attempt-1", "lost_card", "No.")
    [outcome] = await service.together(service.confirming(payment, declined))
    assert isinstance(outcome, PaymentDeclined)
    assert (outcome.payment.status, outcome.payment.attempt) == (PaymentStatus.FAILED, "attempt-1")


@pytest.mark.parametrize(
    "late",
    [
        verdicts.PaymentDeclined("attempt-0", "lost_card", "No."),
        verdicts.Canceled(),
        verdicts.Processing("attempt-0", 2),
        verdicts.AwaitingPayment(),
        Unreachable("attempt-0", 2),
    ],
    ids=lambda verdict: type(verdict).__name__,
)
async def test_whatever_is_heard_after_the_success_changes_nothing(service: Service, late: verdicts.Verdict) -> None:
    payment = await service.opened(student(), await service.save_course())
    [first] = await service.together(service.confirming(payment))
    assert isinstance(first, Confirmed)
    before = service.everything()
    [again] = await service.together(service.confirming(payment, late))
    assert again == replace(first, already_processed=True)
    assert service.everything() == before


async def test_a_closed_intent_is_declined_and_says_what_to_do(service: Service) -> None:
    opened = await service.opened(student(), await service.save_course())
    outcome = await service.confirm(student(), opened, "tok_cancel")
    assert isinstance(outcome, PaymentDeclined)
    assert outcome.payment.failure is not None
    assert (outcome.payment.status, outcome.payment.fulfilment) == (PaymentStatus.CANCELED, Fulfilment.PENDING)
    [payment] = service.stored(PaymentRow)
    assert (payment.status, payment.failure_code) == ("CANCELED", "canceled")
    assert (service.stored(PurchaseRow), service.stored(JobRow)) == ([], [])


async def test_an_attempt_that_came_to_nothing_leaves_the_payment_to_be_paid(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    await service.confirm(student(), payment, "tok_timeout")
    outcome = await service.confirm(student(), payment, "tok_unpaid")
    assert isinstance(outcome, PaymentPending)
    assert service.stored(PaymentRow)[0].status == "REQUIRES_PAYMENT"
    assert isinstance(await service.confirm(student(), payment, "tok_succeed"), Confirmed)


async def test_a_closed_intent_stays_closed_when_a_decline_is_heard_late(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    await service.confirm(student(), payment, "tok_cancel")
    before = service.everything()
    assert isinstance(await service.confirm(student(), payment, "tok_decline_lost_card"), PaymentDeclined)
    assert service.everything() == before


async def test_money_that_was_captured_after_all_is_not_kept_for_nothing(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    await service.confirm(student(), payment, "tok_cancel")
    assert isinstance(await service.confirm(student(), payment, "tok_succeed"), Confirmed)


@pytest.mark.parametrize("token", ["", "tok_", "tok_process_x", "tok_capture_1_inr", "pm_card_visa"])
async def test_a_token_that_the_provider_does_not_give_out_is_refused_and_writes_nothing(
    service: Service, token: str
) -> None:
    payment = await service.opened(student(), await service.save_course())
    before = service.everything()
    outcome = await service.confirm(student(), payment, token)
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [("proof", "sandbox", "token")]
    assert service.everything() == before


async def test_the_proof_of_another_provider_is_refused(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course())
    service.change(PaymentRow, payment.id, provider=Provider.STRIPE.value)
    outcome = await service.confirm(student(), payment, "tok_succeed")
    assert outcome == InvalidInput(
        (FieldProblem(("proof",), "this payment is with STRIPE; give proof.stripe or none"),),
    )
