"""What Razorpay's books say of a payment becomes our verdict, and no fault of the network is one."""

from dataclasses import replace

import pytest

from gateway.services.core.model.values import Money, Payment
from gateway.services.core.model.verdicts import AwaitingPayment, PaymentDeclined, Processing, Unreachable
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.razorpay.provider import Razorpay
from tests.service import INSTALLATION
from tests.services.providers.razorpay.case import (
    PAYMENT,
    captured,
    id_of,
    order_of,
    proof_of,
    provider_of,
    refund_of,
)
from tests.services.providers.razorpay.fake import FAULTS, FakeRazorpay

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("statuses", "expected"),
    [
        ([], AwaitingPayment()),
        (["created"], AwaitingPayment()),
        (["failed", "created"], AwaitingPayment()),
        (["failed"], "declined"),
        (["failed", "failed"], "declined"),
        (["captured"], "captured"),
        (["failed", "captured"], "captured"),
        (["captured", "failed"], "captured"),
        (["authorized"], "captured"),
    ],
)
async def test_what_the_attempts_say_is_the_verdict(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, statuses: list[str], expected: object
) -> None:
    attempts = [fake.pay(order_of(opened), status) for status in statuses]
    verdict = await razorpay.settle(opened, None)
    match expected:
        case "declined":
            assert verdict == PaymentDeclined(attempts[-1], "payment_failed", "Your bank declined it.")
        case "captured":
            taken = next(a for a in attempts if fake.payments[a]["status"] == "captured")
            assert verdict == captured(taken)
        case _:
            assert verdict == expected


async def test_money_that_went_back_was_captured(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened), "refunded", captured=True)
    assert await razorpay.settle(opened, None) == captured(attempt)


async def test_money_that_went_back_before_it_was_captured_was_not(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    attempt = fake.pay(order_of(opened), "refunded", captured=False)
    verdict = await razorpay.settle(opened, None)
    assert isinstance(verdict, PaymentDeclined)
    assert (verdict.attempt, verdict.code) == (attempt, "not_captured")


async def test_what_was_captured_is_told_as_it_is(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened), amount=100, currency="USD")
    verdict = await razorpay.settle(opened, None)
    assert verdict == replace(captured(attempt), amount=Money(100, "USD"))


async def test_a_payment_whose_reference_was_lost_is_found_by_its_receipt(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    attempt = fake.pay(order_of(opened))
    assert await razorpay.settle(PAYMENT, None) == captured(attempt)
    assert await razorpay.settle(replace(PAYMENT, id=id_of("never opened")), None) == AwaitingPayment()


@pytest.mark.parametrize("fault", ["timeout after", "reset after"])
async def test_a_capture_that_nobody_heard_of_is_found_done(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, fault: str
) -> None:
    attempt = fake.pay(order_of(opened), "authorized")
    fake.fail(fault, "capture")
    assert await razorpay.settle(opened, None) == Unreachable(None, 2)
    assert await razorpay.settle(opened, None) == captured(attempt)
    assert len([call for call in fake.calls if "capture" in call]) == 1


@pytest.mark.parametrize(("fault", "is_taken"), [("refused before", False), ("refused after", True)])
async def test_a_refused_capture_is_looked_up(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, fault: str, is_taken: bool
) -> None:
    attempt = fake.pay(order_of(opened), "authorized")
    fake.fail(fault, "capture")
    assert await razorpay.settle(opened, None) == (captured(attempt) if is_taken else Processing(attempt, 2))


async def test_a_proof_whose_attempt_is_not_listed_yet_is_under_way(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    assert await razorpay.settle(opened, proof_of(fake, opened, "pay_9")) == Processing("pay_9", 2)
    attempt = fake.pay(order_of(opened), "created")
    assert await razorpay.settle(opened, proof_of(fake, opened, attempt)) == Processing(attempt, 2)
    fake.payments[attempt] |= {"status": "captured"}
    assert await razorpay.settle(opened, proof_of(fake, opened, attempt)) == captured(attempt)


@pytest.mark.parametrize("path", ["payments", "orders"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_an_outage_while_settling_is_no_verdict(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, fault: str, path: str
) -> None:
    attempt = fake.pay(order_of(opened))
    path = f"{order_of(opened)}/payments" if path == "payments" else f"/v1/orders/{order_of(opened)}"
    proof = proof_of(fake, opened, attempt)
    fake.fail(fault, path)
    verdict = await razorpay.settle(opened, proof)
    assert verdict == Unreachable(attempt, 7 if fault == "429" else 2)
    fake.fail(fault, path)
    with pytest.raises(ProviderUnavailable):
        await razorpay.inspect(opened)
    assert await razorpay.settle(opened, proof) == captured(attempt)


async def test_every_method_ends_by_its_deadline(fake: FakeRazorpay, opened: Payment) -> None:
    slow = provider_of(fake, deadline_s=0.01)
    for ask in (slow.open(PAYMENT, INSTALLATION), slow.inspect(opened), slow.find(order_of(opened))):
        fake.fail("hang")
        with pytest.raises(ProviderUnavailable):
            await ask
    fake.fail("hang")
    assert await slow.settle(opened, None) == Unreachable(None, 2)
    fake.fail("hang")
    with pytest.raises(ProviderUnavailable):
        await slow.refund(replace(opened, attempt="pay_1"), refund_of())
    await slow.close()


async def test_an_inspection_changes_nothing(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened), "authorized")
    assert (await razorpay.inspect(opened)).verdict == Processing(attempt, 2)
    assert fake.payments[attempt]["status"] == "authorized"


async def test_the_attempt_in_our_books_stays_the_one_that_brought_the_money(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    first, second = [fake.pay(order_of(opened)) for _ in range(2)]
    assert await razorpay.settle(opened, None) == captured(first)
    assert await razorpay.settle(replace(opened, attempt=second), None) == captured(second)
