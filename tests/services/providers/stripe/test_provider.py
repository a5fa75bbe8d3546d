"""Stripe in our words, against a fake of our own that fails as networks and Stripe do."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from uuid_utils.compat import uuid7

from gateway.services.core.model.proofs import StripeProof
from gateway.services.core.model.values import (
    GATEWAY,
    Money,
    Payment,
    PaymentStatus,
    Provider,
    Purpose,
    Refund,
    RefundStatus,
    Terms,
)
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
)
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.stripe.provider import Stripe
from tests.service import INSTALLATION, METADATA
from tests.services.providers.opening import intent_of
from tests.services.providers.stripe.fake import KEY, FakeStripe, Fault

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
OUTAGES: tuple[Fault, ...] = ("timeout_before", "timeout_after", "reset_after", "429", "500", "html")


def payment() -> Payment:
    terms = Terms("BASIC", 1, 4, 90)
    price = Money(199_900, "INR")
    return Payment(uuid7(), "student-1", uuid7(), terms, price, Purpose.PURCHASE, Provider.STRIPE, METADATA, NOW)


async def opened(provider: Stripe) -> Payment:
    new = payment()
    return replace(new, reference=(await intent_of(provider, new)).reference)


def refund_of(taken: Payment, amount_minor: int = 199_900) -> Refund:
    return Refund(uuid7(), taken.id, Money(amount_minor, "INR"), "a test", GATEWAY, NOW)


async def test_an_intent_carries_the_purchase_and_is_opened_once(provider: Stripe, books: FakeStripe) -> None:
    new = payment()
    first, again = await intent_of(provider, new), await intent_of(provider, new)
    assert first == again == await intent_of(provider, replace(new, reference=first.reference))
    [intent] = books.intents.values()
    assert (intent["amount"], intent["currency"], first.client_secret) == (199_900, "inr", "pi_1_secret_x")
    assert intent["metadata"] == {
        "gateway_installation": INSTALLATION,
        "gateway_payment_id": str(new.id),
        "studentId": "student-1",
        "courseId": str(new.course_id),
        "purchaseTier": "BASIC",
        "isSundayOnly": "true",
        "sessionDuration": "60",
        "timeSlot": "17:30",
        "timeZone": "Asia/Kolkata",
    }


@pytest.mark.parametrize("fault", OUTAGES)
async def test_an_intent_is_opened_once_whatever_fails(provider: Stripe, books: FakeStripe, fault: Fault) -> None:
    books.faults = [fault]
    new = payment()
    with pytest.raises(ProviderUnavailable):
        await intent_of(provider, new)
    assert (await intent_of(provider, new)).reference == "pi_1"
    assert len(books.intents) == 1


async def test_a_captured_intent_says_how_much_and_for_what(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1", amount=5)
    captured = Captured("ch_1", Money(5, "INR"), "student-1", taken.course_id, INSTALLATION)
    assert await provider.settle(taken, StripeProof("pi_1")) == captured
    assert (await provider.inspect(taken)).verdict == captured


async def test_another_intents_id_proves_nothing_and_stripe_is_not_asked(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.asked.clear()
    answer = await provider.settle(taken, StripeProof("pi_2"))
    assert isinstance(answer, Unacceptable)
    assert answer.path == ("proof", "stripe", "paymentIntentId")
    assert books.asked == []


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "requires_action"])
async def test_an_intent_that_waits_for_the_student_is_unpaid(provider: Stripe, books: FakeStripe, status: str) -> None:
    taken = await opened(provider)
    books.change("pi_1", status=status)
    assert await provider.settle(taken, None) == AwaitingPayment()


@pytest.mark.parametrize("status", ["processing", "requires_capture", "a_state_of_tomorrow"])
async def test_an_attempt_that_the_bank_has_is_under_way(provider: Stripe, books: FakeStripe, status: str) -> None:
    taken = await opened(provider)
    books.pay("pi_1", status=status)
    assert await provider.settle(taken, None) == Processing("ch_1", 10)


async def test_a_payment_without_its_intent_is_unpaid(provider: Stripe) -> None:
    assert await provider.settle(payment(), None) == AwaitingPayment()


async def test_a_canceled_intent_is_closed(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.change("pi_1", status="canceled")
    assert await provider.settle(taken, None) == Canceled()


async def test_a_decline_says_why_but_not_that_the_card_was_stolen(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.decline("pi_1", decline_code="insufficient_funds", message="Your card has insufficient funds.")
    declined = PaymentDeclined("ch_declined_1", "insufficient_funds", "Your card has insufficient funds.")
    assert await provider.settle(taken, None) == declined
    books.decline("pi_1", decline_code="stolen_card", message="It was stolen.")
    assert await provider.settle(taken, None) == PaymentDeclined(
        "ch_declined_1", "generic_decline", "Your card was declined."
    )


async def test_a_later_decline_ends_the_attempt_that_stood_as_under_way(provider: Stripe, books: FakeStripe) -> None:
    taken = replace(await opened(provider), status=PaymentStatus.PROCESSING, attempt="ch_first")
    books.decline("pi_1")
    assert await provider.settle(taken, None) == PaymentDeclined("ch_first", "card_declined", "Your card was declined.")


@pytest.mark.parametrize("fault", OUTAGES)
async def test_an_outage_leaves_the_end_of_an_attempt_open(provider: Stripe, books: FakeStripe, fault: Fault) -> None:
    taken = await opened(provider)
    books.faults = [fault] * 3
    assert await provider.settle(taken, None) == Unreachable(None, 7 if fault == "429" else 5)
    for question in (provider.inspect(taken), provider.find("pi_1")):
        with pytest.raises(ProviderUnavailable):
            await question
    assert await provider.settle(taken, None) == AwaitingPayment()


async def test_no_outage_tells_the_key(provider: Stripe, books: FakeStripe, capsys: pytest.CaptureFixture[str]) -> None:
    books.faults = ["401"]
    with pytest.raises(ProviderUnavailable) as caught:
        await intent_of(provider, payment())
    assert caught.value.retry_after_s == 60
    assert caught.value.__suppress_context__
    written = capsys.readouterr()
    assert KEY not in f"{caught.value!r}{provider!r}{vars(provider)}{written.out}{written.err}"


@pytest.mark.parametrize("fault", OUTAGES)
@pytest.mark.parametrize("before", [0, 1], ids=["looking for it", "making it"])
async def test_a_refund_is_made_once_whatever_fails(
    provider: Stripe, books: FakeStripe, fault: Fault, before: int
) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    refund = refund_of(taken, 100_000)
    books.faults = [*[None] * before, fault]
    with pytest.raises(ProviderUnavailable):
        await provider.refund(taken, refund)
    assert await provider.refund(taken, refund) == RefundSucceeded("re_1")
    books.replies.clear()  # Stripe forgets a key after a day
    assert await provider.refund(taken, refund) == RefundSucceeded("re_1")
    assert [each["metadata"] for each in books.refunds] == [{"gateway_refund_id": str(refund.id)}]


async def test_a_refund_of_what_went_back_already_is_rejected(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    books.give_back("pi_1")
    rejected = RefundRejected("charge_already_refunded", "It went back.")
    assert await provider.refund(taken, refund_of(taken)) == rejected


async def test_a_refund_that_failed_at_stripe_is_rejected(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    refund = refund_of(taken)
    assert await provider.refund(taken, refund) == RefundSucceeded("re_1")
    books.refunds[0] |= {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    answer = await provider.refund(taken, refund)
    assert isinstance(answer, RefundRejected)
    assert answer.code == "expired_or_canceled_card"


async def test_all_refunds_are_listed_page_by_page(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    ours = refund_of(taken, 1)
    await provider.refund(taken, ours)
    books.give_back("pi_1", 2, status="pending")
    for _ in range(210):
        books.give_back("pi_1", 3, status="failed")
    records = (await provider.inspect(taken)).refunds
    assert len(records) == 212
    assert [(record.refund_id, record.amount.amount_minor, record.status) for record in records[-2:]] == [
        (None, 2, RefundStatus.PENDING),
        (ours.id, 1, RefundStatus.SUCCEEDED),
    ]


async def test_an_intent_is_found_or_not(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    found = await provider.find("pi_1")
    assert found is not None
    assert (found.reference, found.amount) == ("pi_1", taken.amount)
    assert found.metadata["gateway_payment_id"] == str(taken.id)
    assert await provider.find("pi_unknown") is None


async def test_another_accounts_intent_is_for_the_operator(provider: Stripe) -> None:
    assert await provider.settle(replace(payment(), reference="pi_unknown"), None) == Unreachable(None, 60)
