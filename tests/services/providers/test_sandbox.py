"""The sandbox: its answers follow from the payment and a test token alone."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from gateway.services.core.model.proofs import SandboxProof
from gateway.services.core.model.values import GATEWAY, Money, Payment, PaymentStatus, Provider, Purpose, Refund, Terms
from gateway.services.core.model.verdicts import (
    AwaitingPayment,
    Canceled,
    Captured,
    PaymentDeclined,
    Processing,
    RefundRejected,
    RefundSucceeded,
    Unacceptable,
    Unreachable,
    Verdict,
)
from gateway.services.providers.sandbox import Sandbox
from gateway.services.rows import payments
from gateway.services.rows.payments import payment_columns
from gateway.services.rows.views import view_of
from tests.service import INSTALLATION, METADATA

pytestmark = pytest.mark.anyio

PAYMENT = Payment(
    id=UUID(int=1),
    student_id="student-1",
    course_id=UUID(int=2),
    terms=Terms("BASIC", 1, 4, 90),
    amount=Money(199_900, "INR"),
    purpose=Purpose.PURCHASE,
    provider=Provider.SANDBOX,
    metadata=METADATA,
    created_at=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
)


def under_way(token: str, checks: int) -> Payment:
    """The payment after so many answers that did not settle its attempt with the token."""
    return replace(PAYMENT, status=PaymentStatus.PROCESSING, attempt=token, checks=checks)


def captured(token: str, amount: Money = PAYMENT.amount) -> Captured:
    return Captured(token, amount, "student-1", UUID(int=2))


async def settled(token: str | None, payment: Payment = PAYMENT) -> Verdict | Unacceptable:
    """What a new sandbox says: each answer comes from an instance that has seen nothing before."""
    return await Sandbox().settle(payment, None if token is None else SandboxProof(token))


@pytest.mark.parametrize(
    ("token", "verdict"),
    [
        (None, captured("tok_succeed")),
        ("tok_succeed", captured("tok_succeed")),
        (
            "tok_decline_lost_card",
            PaymentDeclined("tok_decline_lost_card", "lost_card", "The card was declined: lost card."),
        ),
        ("tok_process_1", Processing("tok_process_1", 2)),
        ("tok_process_0", captured("tok_process_0")),
        ("tok_timeout", Unreachable("tok_timeout", 2)),
        ("tok_capture_1_USD", captured("tok_capture_1_USD", Money(1, "USD"))),
        ("tok_capture_199900_INR", captured("tok_capture_199900_INR")),
        ("tok_refuse_refund", captured("tok_refuse_refund")),
        ("tok_unpaid", AwaitingPayment()),
        ("tok_cancel", Canceled()),
    ],
)
async def test_what_the_sandbox_says_of_a_new_payment(token: str | None, verdict: Verdict) -> None:
    assert await settled(token) == verdict


async def test_a_verdict_keeps_nothing_of_the_row_that_it_was_asked_for_with() -> None:
    columns = payment_columns(PAYMENT)
    view = view_of(payments.PAYMENT, [*columns], {})((*columns.values(),))
    verdict = await settled(None, view)
    assert isinstance(verdict, Captured)
    assert (type(verdict.amount), verdict) == (Money, captured("tok_succeed"))


@pytest.mark.parametrize(
    ("checks", "verdict"),
    [
        (1, Processing("tok_process_3", 2)),
        (2, Processing("tok_process_3", 2)),
        (3, captured("tok_process_3")),
        (4, captured("tok_process_3")),
    ],
)
@pytest.mark.parametrize("repeats_its_token", [True, False])
async def test_an_attempt_under_way_is_captured_after_so_many_answers(
    checks: int, verdict: Verdict, repeats_its_token: bool
) -> None:
    payment = under_way("tok_process_3", checks)
    assert await settled("tok_process_3" if repeats_its_token else None, payment) == verdict


@pytest.mark.parametrize("token", ["tok_timeout", None])
async def test_after_an_outage_the_money_turns_out_to_be_taken(token: str | None) -> None:
    assert await settled(token, under_way("tok_timeout", 1)) == captured("tok_timeout")


async def test_another_attempt_is_counted_from_its_own_beginning() -> None:
    assert await settled("tok_process_3", under_way("tok_timeout", 5)) == Processing("tok_process_3", 2)
    assert await settled("tok_timeout", under_way("tok_process_3", 5)) == Unreachable("tok_timeout", 2)


async def test_after_a_decline_a_confirmation_without_a_token_is_an_attempt_that_succeeds() -> None:
    declined = replace(PAYMENT, status=PaymentStatus.FAILED, attempt="tok_decline_lost_card")
    assert await settled(None, declined) == captured("tok_succeed")
    assert await settled("tok_process_1", replace(declined, attempt="tok_process_1", checks=1)) == Processing(
        "tok_process_1", 2
    )


@pytest.mark.parametrize("currency", ["ZZZ", "XXX", "XAU"])
async def test_a_currency_that_nobody_pays_in_is_not_captured(currency: str) -> None:
    answer = await settled(f"tok_capture_1_{currency}")
    assert isinstance(answer, Unacceptable)
    assert answer.message == "must capture a currency of ISO 4217, such as USD"


@pytest.mark.parametrize(
    "token",
    [
        "",
        "succeed",
        "tok_succeed\n",
        "TOK_SUCCEED",
        "tok_decline_",
        "tok_decline_Lost",
        "tok_process_",
        "tok_process_-1",
        "tok_process_1000",
        "tok_process_\u0663",
        "tok_capture_1",
        "tok_capture_1_inr",
        "tok_capture_-1_INR",
        "tok_capture_1.5_INR",
        "tok_capture_10000000000000000_INR",
    ],
)
async def test_a_token_that_it_does_not_give_out_is_unacceptable(token: str) -> None:
    answer = await settled(token)
    assert isinstance(answer, Unacceptable)
    assert answer.path == ("proof", "sandbox", "token")
    assert "tok_succeed, tok_decline_<code>, tok_process_<n>" in answer.message


async def test_opening_gives_one_intent_for_a_payment_by_whichever_instance() -> None:
    first, second = await Sandbox().open(PAYMENT, INSTALLATION), await Sandbox().open(PAYMENT, INSTALLATION)
    assert first == second
    assert first.client_secret is None
    assert (await Sandbox().open(replace(PAYMENT, id=UUID(int=3)), INSTALLATION)).reference != first.reference


async def test_a_payment_that_has_its_reference_keeps_it() -> None:
    assert (await Sandbox().open(replace(PAYMENT, reference="sbx_before"), INSTALLATION)).reference == "sbx_before"


async def test_money_goes_back_unless_the_token_says_that_it_is_refused() -> None:
    refund = Refund(UUID(int=9), PAYMENT.id, PAYMENT.amount, "a test", GATEWAY, PAYMENT.created_at)
    assert isinstance(await Sandbox().refund(replace(PAYMENT, attempt="tok_succeed"), refund), RefundSucceeded)
    refused = await Sandbox().refund(replace(PAYMENT, attempt="tok_refuse_refund"), refund)
    assert isinstance(refused, RefundRejected)
    assert refused.code == "account_closed"


async def test_it_answers_to_its_name() -> None:
    assert Sandbox().name is Provider.SANDBOX
