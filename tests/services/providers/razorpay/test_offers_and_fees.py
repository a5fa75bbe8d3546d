"""An order that was paid by less, for an Offer, or by more, where the student bears the fee: the order decides."""

from dataclasses import replace

import pytest

from db.tables import PaymentRow
from gateway.services.core.model.outcomes import Confirmed, RefundRequested, Unfulfillable
from gateway.services.core.model.values import Money, Payment
from gateway.services.core.model.verdicts import Captured
from gateway.services.providers.razorpay.provider import Razorpay
from tests.services.providers.razorpay.case import PRICE, captured, order_of
from tests.services.providers.razorpay.fake import FakeRazorpay, event
from tests.services.providers.razorpay.test_story import Shop
from tests.services.providers.razorpay.test_story import shop as shop  # its fixture

pytestmark = pytest.mark.anyio

WAYS = [("offer", 149_900), ("fee", 204_618)]


def pay(fake: FakeRazorpay, payment: Payment, way: str, status: str = "captured") -> str:
    if way == "offer":
        return fake.pay_with_offer(order_of(payment), 50_000, status)
    return fake.pay_with_fee(order_of(payment), 4_718, status)


@pytest.mark.parametrize(("way", "taken"), WAYS)
async def test_an_order_that_is_paid_in_full_says_so_whatever_was_taken(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, way: str, taken: int
) -> None:
    attempt = pay(fake, opened, way)
    expected = replace(captured(attempt), amount=Money(taken, "INR"), settles=PRICE)
    assert await razorpay.settle(opened, None) == expected
    assert (await razorpay.inspect(opened)).verdict == expected


@pytest.mark.parametrize(("way", "taken"), WAYS)
async def test_what_only_was_authorized_is_captured_by_the_rules_of_its_order(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, way: str, taken: int
) -> None:
    attempt = pay(fake, opened, way, "authorized")
    verdict = await razorpay.settle(opened, None)
    assert verdict == replace(captured(attempt), amount=Money(taken, "INR"), settles=PRICE)


async def test_a_part_of_an_order_settles_nothing(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened), amount=149_900)
    assert await razorpay.settle(opened, None) == replace(captured(attempt), amount=Money(149_900, "INR"))


@pytest.mark.parametrize(("way", "taken"), WAYS)
async def test_a_course_is_bought_by_what_the_order_says_and_all_that_was_taken_goes_back(
    shop: Shop, way: str, taken: int
) -> None:
    payment = await shop.opened()
    attempt = pay(shop.fake, payment, way)
    assert isinstance(await shop.confirm(payment, None), Confirmed)
    await shop.receive(event("order.paid", payment=shop.fake.payments[attempt]), "evt_1")
    stored = await shop.stored(payment)
    assert (stored.amount, stored.captured, stored.fulfilment) == (PRICE, Money(taken, "INR"), "FULFILLED")
    assert isinstance(await shop.service.refund(payment, 100_000, "k"), RefundRequested)
    await shop.run_jobs()
    assert isinstance(await shop.service.refund(payment), RefundRequested)
    await shop.run_jobs()
    [row] = shop.service.stored(PaymentRow)
    assert (row.status, row.refunded_minor, shop.fake.refunded_minor(attempt)) == ("REFUNDED", taken, taken)
    assert shop.service.count("purchase", "status = 'REFUNDED'") == 1


@pytest.mark.parametrize("way", ["offer", "fee"])
async def test_an_adopted_order_is_judged_by_the_order_as_well(shop: Shop, way: str) -> None:
    """Our own order, of which our books know nothing any more but what its notes say."""
    payment = await shop.opened()
    order = shop.fake.orders[order_of(payment)]
    notes = {**order["notes"], "studentId": "student-9"}  # type: ignore[dict-item]  # they are a dictionary
    order["notes"] = {name: text for name, text in notes.items() if not name.startswith("gateway_")}
    theirs = shop.fake.orders["order_Theirs"] = {**order, "id": "order_Theirs", "receipt": None}
    attempt = pay(shop.fake, replace(payment, reference=str(theirs["id"])), way)
    await shop.receive(event("payment.captured", payment=shop.fake.payments[attempt]), "evt_1")
    assert shop.service.count("payment", "reference = 'order_Theirs' AND fulfilment = 'FULFILLED'") == 1


@pytest.mark.parametrize("way", ["offer", "fee"])
async def test_an_order_that_was_opened_for_another_amount_stays_a_mismatch(shop: Shop, way: str) -> None:
    payment = await shop.opened()
    shop.fake.orders[order_of(payment)]["amount"] = 199_000
    attempt = pay(shop.fake, payment, way)
    outcome = await shop.confirm(payment, None)
    assert isinstance(outcome, Unfulfillable)
    assert outcome.payment.failure is not None
    assert outcome.payment.failure.code == "payment_mismatch"
    await shop.run_jobs()
    assert shop.fake.refunded_minor(attempt) == shop.fake.payments[attempt]["amount"]


async def test_an_order_that_is_paid_in_part_is_a_mismatch_and_goes_back(shop: Shop) -> None:
    payment = await shop.opened()
    attempt = shop.fake.pay(order_of(payment), amount=149_900)
    assert isinstance(await shop.confirm(payment, None), Unfulfillable)
    await shop.run_jobs()
    assert shop.fake.refunded_minor(attempt) == 149_900


async def test_a_second_capture_beside_an_offer_is_money_of_its_own(shop: Shop) -> None:
    payment = await shop.opened()
    first = pay(shop.fake, payment, "offer")
    assert isinstance(await shop.confirm(payment, None), Confirmed)
    second = pay(shop.fake, payment, "fee")
    await shop.receive(event("payment.captured", payment=shop.fake.payments[second]), "evt_1")
    assert (shop.fake.refunded_minor(first), shop.fake.refunded_minor(second)) == (0, 204_618)
    assert shop.service.count("payment", "fulfilment = 'DUPLICATE' AND refunded_minor = 204618") == 1


def test_what_an_intent_settles_is_not_what_it_took() -> None:
    assert Captured("a", PRICE).settles is None
