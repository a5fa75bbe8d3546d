"""A checkout with Razorpay is one order, whatever the network does."""

from dataclasses import replace

import pytest

from gateway.services.core.model.values import Money, Payment
from gateway.services.core.model.verdicts import Captured, Unreachable
from gateway.services.providers import metadata
from gateway.services.providers.base import PriceRefused, ProviderUnavailable
from gateway.services.providers.razorpay.provider import Razorpay
from tests.service import INSTALLATION
from tests.services.providers.opening import intent_of
from tests.services.providers.razorpay.case import PAYMENT, PRICE, order_of, provider_of, refund_of
from tests.services.providers.razorpay.fake import FAULTS, KEY_ID, FakeRazorpay

pytestmark = pytest.mark.anyio


async def test_an_intent_is_an_order_with_our_id_and_what_the_checkout_needs(
    fake: FakeRazorpay, razorpay: Razorpay
) -> None:
    intent = await intent_of(razorpay, PAYMENT)
    [order] = fake.orders.values()
    assert (intent.reference, intent.client_secret) == (order["id"], KEY_ID)
    assert (order["amount"], order["currency"], order["receipt"]) == (199_900, "INR", str(PAYMENT.id))
    ours = metadata.of_payment(PAYMENT, INSTALLATION)
    assert order["notes"] == {name: value for name, value in ours.items() if value}
    assert ours["gateway_installation"] == INSTALLATION


async def test_a_student_whose_id_is_too_long_for_a_note_is_left_out(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    intent = await intent_of(razorpay, replace(PAYMENT, student_id="s" * 300))
    attempt = fake.pay(intent.reference)
    verdict = await razorpay.settle(replace(PAYMENT, student_id="s" * 300, reference=intent.reference), None)
    assert verdict == Captured(attempt, PRICE, None, PAYMENT.course_id, INSTALLATION)


@pytest.mark.parametrize("call", ["GET /v1/orders", "POST /v1/orders"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_opens_a_second_order(fake: FakeRazorpay, razorpay: Razorpay, fault: str, call: str) -> None:
    fake.fail(fault, call)
    with pytest.raises(ProviderUnavailable) as caught:
        await intent_of(razorpay, PAYMENT)
    assert caught.value.retry_after_s == (7 if fault == "429" else 2)
    again = [await intent_of(razorpay, PAYMENT) for _ in range(2)]
    assert {intent.reference for intent in again} == set(fake.orders)
    assert len(fake.orders) == 1


@pytest.mark.parametrize(("said", "seconds"), [("0", 1), ("99999", 60), ("soon", 2), ("", 2), ("9" * 5000, 2)])
async def test_how_long_to_wait_is_bounded(fake: FakeRazorpay, razorpay: Razorpay, said: str, seconds: int) -> None:
    fake.retry_after = said
    fake.fail("429")
    with pytest.raises(ProviderUnavailable) as caught:
        await intent_of(razorpay, PAYMENT)
    assert caught.value.retry_after_s == seconds


async def test_an_order_whose_receipt_only_holds_our_id_is_not_ours(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    theirs = await intent_of(razorpay, PAYMENT)
    fake.orders[theirs.reference]["receipt"] = f"x-{PAYMENT.id}"
    assert (await intent_of(razorpay, PAYMENT)).reference != theirs.reference


async def test_a_payment_with_its_reference_is_opened_without_asking(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    assert (await intent_of(razorpay, replace(PAYMENT, reference="order_1"))).reference == "order_1"
    assert fake.calls == []


async def test_a_receipt_that_another_process_took_gives_its_order(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    first = await intent_of(razorpay, PAYMENT)
    fake.has_unique_receipts, fake.late_listings = True, 1
    assert await intent_of(razorpay, PAYMENT) == first
    assert len(fake.orders) == 1


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        (Money(99, "INR"), "Order amount less than minimum amount allowed"),
        (Money(5_000, "KPW"), "Currency is not supported"),
        (Money(5_005, "KWD"), "amounts of KWD must be multiples of 10 minor units with RAZORPAY"),
    ],
    ids=str,
)
async def test_a_price_that_razorpay_refuses_is_refused_for_good(
    razorpay: Razorpay, fake: FakeRazorpay, price: Money, reason: str
) -> None:
    assert await razorpay.open(replace(PAYMENT, amount=price), INSTALLATION) == PriceRefused(reason)
    assert fake.orders == {}


@pytest.mark.parametrize(
    "said",
    [
        "Authentication failed",
        "The api key provided is invalid",
        "Your account is not activated yet",
        "International payments are not enabled for this merchant",
        "The receipt has been taken",
        "Request failed because another one is in progress, try again later",
    ],
)
async def test_what_an_operator_or_time_can_cure_is_an_outage(
    razorpay: Razorpay, fake: FakeRazorpay, said: str
) -> None:
    fake.fail(f"refused: {said}", "POST /v1/orders")
    with pytest.raises(ProviderUnavailable, match=said) as caught:
        await razorpay.open(PAYMENT, INSTALLATION)
    assert caught.value.retry_after_s == 60
    assert (await intent_of(razorpay, PAYMENT)).reference in fake.orders


async def test_a_refusal_that_nobody_foresaw_is_for_good(razorpay: Razorpay, fake: FakeRazorpay) -> None:
    fake.fail("refused: It will not do", "POST /v1/orders")
    assert await razorpay.open(PAYMENT, INSTALLATION) == PriceRefused("It will not do")


@pytest.mark.parametrize(("price", "written"), [(Money(295, "JPY"), 295), (Money(99_990, "KWD"), 99_990)], ids=str)
async def test_razorpay_counts_in_the_currencys_own_minor_units(
    razorpay: Razorpay, fake: FakeRazorpay, price: Money, written: int
) -> None:
    reference = (await intent_of(razorpay, replace(PAYMENT, amount=price))).reference
    found = await razorpay.find(reference)
    assert found is not None
    assert (fake.orders[reference]["amount"], found.amount) == (written, price)


async def test_an_order_is_found_with_its_notes(razorpay: Razorpay, opened: Payment) -> None:
    found = await razorpay.find(order_of(opened))
    assert found is not None
    assert (found.amount, metadata.payment_id_of(found.metadata)) == (PRICE, PAYMENT.id)
    assert await razorpay.find("order_unknown") is None
    assert await razorpay.find("../orders") is None


async def test_wrong_keys_are_an_outage_and_no_verdict(fake: FakeRazorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened))
    stranger = provider_of(fake, key_secret="of another account")
    assert await stranger.settle(opened, None) == Unreachable(None, 60)
    with pytest.raises(ProviderUnavailable, match="api key"):
        await stranger.refund(replace(opened, attempt=attempt), refund_of())
    with pytest.raises(ProviderUnavailable, match="api key"):
        await stranger.find(order_of(opened))
    await stranger.close()
