"""A checkout with Razorpay is one order, whatever the network does."""

from dataclasses import replace

import pytest

from gateway.services.core.values import Money, Payment
from gateway.services.core.verdicts import Captured, Unreachable
from gateway.services.providers import metadata
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.razorpay import Razorpay
from tests.service import INSTALLATION
from tests.services.providers.razorpay.case import PAYMENT, PRICE, order_of, provider_of, refund_of
from tests.services.providers.razorpay.fake import FAULTS, KEY_ID, FakeRazorpay

pytestmark = pytest.mark.anyio


async def test_an_intent_is_an_order_with_our_id_and_what_the_checkout_needs(
    fake: FakeRazorpay, razorpay: Razorpay
) -> None:
    intent = await razorpay.open(PAYMENT, INSTALLATION)
    [order] = fake.orders.values()
    assert (intent.reference, intent.client_secret) == (order["id"], KEY_ID)
    assert (order["amount"], order["currency"], order["receipt"]) == (199_900, "INR", str(PAYMENT.id))
    ours = metadata.of_payment(PAYMENT, INSTALLATION)
    assert order["notes"] == {name: value for name, value in ours.items() if value}
    assert ours["gateway_installation"] == INSTALLATION


async def test_a_student_whose_id_is_too_long_for_a_note_is_left_out(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    intent = await razorpay.open(replace(PAYMENT, student_id="s" * 300), INSTALLATION)
    attempt = fake.pay(intent.reference)
    verdict = await razorpay.settle(replace(PAYMENT, student_id="s" * 300, reference=intent.reference), None)
    assert verdict == Captured(attempt, PRICE, None, PAYMENT.course_id, INSTALLATION)


@pytest.mark.parametrize("call", ["GET /v1/orders", "POST /v1/orders"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_opens_a_second_order(fake: FakeRazorpay, razorpay: Razorpay, fault: str, call: str) -> None:
    fake.fail(fault, call)
    with pytest.raises(ProviderUnavailable) as caught:
        await razorpay.open(PAYMENT, INSTALLATION)
    assert caught.value.retry_after_s == (7 if fault == "429" else 2)
    again = [await razorpay.open(PAYMENT, INSTALLATION) for _ in range(2)]
    assert {intent.reference for intent in again} == set(fake.orders)
    assert len(fake.orders) == 1


@pytest.mark.parametrize(("said", "seconds"), [("0", 1), ("99999", 60), ("soon", 2), ("", 2), ("9" * 5000, 2)])
async def test_how_long_to_wait_is_bounded(fake: FakeRazorpay, razorpay: Razorpay, said: str, seconds: int) -> None:
    fake.retry_after = said
    fake.fail("429")
    with pytest.raises(ProviderUnavailable) as caught:
        await razorpay.open(PAYMENT, INSTALLATION)
    assert caught.value.retry_after_s == seconds


async def test_an_order_whose_receipt_only_holds_our_id_is_not_ours(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    theirs = await razorpay.open(PAYMENT, INSTALLATION)
    fake.orders[theirs.reference]["receipt"] = f"x-{PAYMENT.id}"
    assert (await razorpay.open(PAYMENT, INSTALLATION)).reference != theirs.reference


async def test_a_payment_with_its_reference_is_opened_without_asking(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    assert (await razorpay.open(replace(PAYMENT, reference="order_1"), INSTALLATION)).reference == "order_1"
    assert fake.calls == []


async def test_a_receipt_that_another_process_took_gives_its_order(fake: FakeRazorpay, razorpay: Razorpay) -> None:
    first = await razorpay.open(PAYMENT, INSTALLATION)
    fake.has_unique_receipts, fake.late_listings = True, 1
    assert await razorpay.open(PAYMENT, INSTALLATION) == first
    assert len(fake.orders) == 1


async def test_an_amount_that_razorpay_refuses_is_an_outage_that_says_why(razorpay: Razorpay) -> None:
    with pytest.raises(ProviderUnavailable, match=r"at least INR 1\.00") as caught:
        await razorpay.open(replace(PAYMENT, amount=Money(99, "INR")), INSTALLATION)
    assert caught.value.retry_after_s == 60


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
