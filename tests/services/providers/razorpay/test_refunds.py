"""Razorpay gives each refund once, whatever the network does, and tells what went back."""

from dataclasses import replace

import pytest

from gateway.services.core.model.values import Money, Payment, RefundStatus
from gateway.services.core.model.verdicts import RefundRecord, RefundRejected, RefundSucceeded
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.razorpay.provider import Razorpay
from tests.services.providers.razorpay.case import PRICE, captured, id_of, order_of, refund_of
from tests.services.providers.razorpay.fake import FAULTS, FakeRazorpay

pytestmark = pytest.mark.anyio


@pytest.fixture
def paid(fake: FakeRazorpay, opened: Payment) -> Payment:
    """A payment whose money is captured, as our books have it."""
    return replace(opened, attempt=fake.pay(order_of(opened)), captured=PRICE)


def attempt_of(payment: Payment) -> str:
    assert payment.attempt is not None
    return payment.attempt


@pytest.mark.parametrize("heeds_keys", [True, False], ids=["key heeded", "key ignored"])
@pytest.mark.parametrize("call", ["refunds", "/refund"])
@pytest.mark.parametrize("fault", FAULTS)
async def test_no_fault_gives_money_back_twice(
    fake: FakeRazorpay, razorpay: Razorpay, paid: Payment, fault: str, call: str, heeds_keys: bool
) -> None:
    fake.heeds_refund_keys = heeds_keys
    half = refund_of("half", 99_950)
    fake.fail(fault, "GET" if call == "refunds" else "POST")
    with pytest.raises(ProviderUnavailable):
        await razorpay.refund(paid, half)
    first, again = [await razorpay.refund(paid, half) for _ in range(2)]
    [given] = fake.refunds
    assert first == again == RefundSucceeded(given)
    assert fake.refunded_minor(attempt_of(paid)) == 99_950


async def test_two_refunds_of_the_same_amount_are_two(fake: FakeRazorpay, razorpay: Razorpay, paid: Payment) -> None:
    for name in ("one", "two"):
        assert isinstance(await razorpay.refund(paid, refund_of(name, 99_950)), RefundSucceeded)
    assert fake.refunded_minor(attempt_of(paid)) == 199_900
    provider_record = await razorpay.inspect(paid)
    assert provider_record.verdict == captured(attempt_of(paid))
    assert {record.refund_id for record in provider_record.refunds} == {id_of("one"), id_of("two")}


async def test_more_than_is_left_is_refused_for_good(fake: FakeRazorpay, razorpay: Razorpay, paid: Payment) -> None:
    await razorpay.refund(paid, refund_of("all"))
    refused = await razorpay.refund(paid, refund_of("more"))
    assert refused == RefundRejected("BAD_REQUEST_ERROR", "The payment has been fully refunded already")
    assert len(fake.refunds) == 1


async def test_a_refusal_of_what_was_done_is_no_refusal(fake: FakeRazorpay, razorpay: Razorpay, paid: Payment) -> None:
    fake.fail("refused after", "POST")
    assert isinstance(await razorpay.refund(paid, refund_of()), RefundSucceeded)


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("refused: Your account does not have enough balance to carry it out", "enough balance"),
        ("refused: Authentication failed", "Authentication failed"),
        ("403", "Forbidden"),
    ],
)
async def test_what_an_operator_can_put_right_is_asked_for_again(
    fake: FakeRazorpay, razorpay: Razorpay, paid: Payment, fault: str, why: str
) -> None:
    fake.fail(fault, "POST")
    with pytest.raises(ProviderUnavailable, match=why):
        await razorpay.refund(paid, refund_of())
    assert isinstance(await razorpay.refund(paid, refund_of()), RefundSucceeded)


async def test_a_refund_that_failed_there_is_rejected(fake: FakeRazorpay, razorpay: Razorpay, paid: Payment) -> None:
    await razorpay.refund(paid, refund_of())
    [given] = fake.refunds.values()
    given["status"] = "failed"
    rejected = await razorpay.refund(paid, refund_of())
    assert isinstance(rejected, RefundRejected)
    assert rejected.code == "refund_failed"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [("pending", RefundStatus.PENDING), ("processed", RefundStatus.SUCCEEDED), ("failed", RefundStatus.FAILED)],
)
async def test_an_inspection_tells_every_refund(
    fake: FakeRazorpay, razorpay: Razorpay, paid: Payment, theirs: str, ours: RefundStatus
) -> None:
    await razorpay.refund(paid, refund_of("ours", 100_000))
    by_hand = fake.give_back(attempt_of(paid), 500)
    [mine, other] = fake.refunds.values()
    mine["status"] = theirs
    assert (await razorpay.inspect(paid)).refunds == (
        RefundRecord(str(mine["id"]), id_of("ours"), Money(100_000, "INR"), ours),
        RefundRecord(by_hand, None, Money(500, "INR"), RefundStatus.SUCCEEDED),
    )
    assert other["notes"] == []


@pytest.mark.parametrize(
    ("notes", "reason"),
    [
        ({"comment": "paid twice"}, "paid twice"),
        ({"reason": "requested_by_student", "comment": "x"}, "requested by student"),
        ({"other": "x"}, None),
        ([], None),
    ],
)
async def test_a_refund_says_why_where_its_notes_do(
    fake: FakeRazorpay, razorpay: Razorpay, paid: Payment, notes: object, reason: str | None
) -> None:
    fake.give_back(attempt_of(paid), 500, notes=notes, status="pending")
    [record] = (await razorpay.inspect(paid)).refunds
    assert (record.status, record.is_dispute, record.reason) == (
        RefundStatus.PENDING,
        False,
        reason,
    )


async def test_a_payment_that_nobody_paid_has_no_refunds(razorpay: Razorpay, opened: Payment) -> None:
    assert (await razorpay.inspect(opened)).refunds == ()
