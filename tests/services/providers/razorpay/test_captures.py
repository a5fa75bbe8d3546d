"""An order that was paid more than once: one attempt paid it, and every other one is seen with what went back of it."""

from dataclasses import replace
from itertools import permutations

import pytest

from gateway.services.core.model.values import Money, Payment, RefundStatus
from gateway.services.core.model.verdicts import ExtraCapture, ProviderRecord, RefundRecord, RefundSucceeded
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.providers.razorpay.provider import Razorpay
from tests.services.providers.razorpay.case import captured, id_of, order_of, refund_of
from tests.services.providers.razorpay.fake import FAULTS, FakeRazorpay

pytestmark = pytest.mark.anyio


async def test_the_second_capture_of_an_order_is_extra(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    first, second = [fake.pay(order_of(opened)) for _ in range(2)]
    assert await razorpay.inspect(opened) == ProviderRecord(captured(first), (), (ExtraCapture(captured(second)),))


async def test_of_three_captures_two_are_extra_the_oldest_first(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    first, second, third = [fake.pay(order_of(opened)) for _ in range(3)]
    extra = ExtraCapture(captured(second)), ExtraCapture(captured(third))
    assert await razorpay.inspect(opened) == ProviderRecord(captured(first), (), extra)


async def test_what_our_books_have_stays_the_main_one(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    first, second, third = [fake.pay(order_of(opened)) for _ in range(3)]
    provider_record = await razorpay.inspect(replace(opened, attempt=second))
    assert provider_record.verdict == captured(second)
    assert [each.captured for each in provider_record.extra] == [captured(first), captured(third)]


async def test_an_attempt_in_our_books_that_took_nothing_is_not_the_main_one(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    failed, first, second = [fake.pay(order_of(opened), status) for status in ("failed", "captured", "captured")]
    provider_record = await razorpay.inspect(replace(opened, attempt=failed))
    assert provider_record == ProviderRecord(captured(first), (), (ExtraCapture(captured(second)),))


@pytest.mark.parametrize("status", ["created", "authorized", "failed"])
async def test_what_was_not_captured_is_not_extra(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, status: str
) -> None:
    fake.pay(order_of(opened), status)
    paid = fake.pay(order_of(opened))
    fake.pay(order_of(opened), status)
    fake.pay(order_of(opened), "refunded", captured=False)
    assert await razorpay.inspect(opened) == ProviderRecord(captured(paid))


async def test_an_extra_capture_has_its_own_money_and_refunds(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    main = fake.pay(order_of(opened))
    returned = fake.pay(order_of(opened), "refunded", captured=True)
    other = fake.pay(order_of(opened), amount=100, currency="USD")
    of_main, of_returned = fake.give_back(main, 500), fake.give_back(returned, 199_900)
    provider_record = await razorpay.inspect(opened)
    assert provider_record.refunds == (RefundRecord(of_main, None, Money(500, "INR"), RefundStatus.SUCCEEDED),)
    assert provider_record.extra == (
        ExtraCapture(
            captured(returned), (RefundRecord(of_returned, None, Money(199_900, "INR"), RefundStatus.SUCCEEDED),)
        ),
        ExtraCapture(replace(captured(other), amount=Money(100, "USD"))),
    )


async def test_an_extra_capture_goes_back_by_its_own_attempt(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    main, extra = [fake.pay(order_of(opened)) for _ in range(2)]
    given = await razorpay.refund(replace(opened, attempt=extra), refund_of("of the extra"))
    assert isinstance(given, RefundSucceeded)
    assert (fake.refunded_minor(main), fake.refunded_minor(extra)) == (0, 199_900)
    record = RefundRecord(given.reference, id_of("of the extra"), Money(199_900, "INR"), RefundStatus.SUCCEEDED)
    provider_record = await razorpay.inspect(replace(opened, attempt=main))
    assert (provider_record.refunds, provider_record.extra) == ((), (ExtraCapture(captured(extra), (record,)),))


async def test_the_same_books_are_the_same_truth_in_whatever_order_they_are_listed(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    attempts = [fake.pay(order_of(opened), created_at=1_700_000_000) for _ in range(3)]
    fake.give_back(attempts[1], 500)
    expected = await razorpay.inspect(opened)
    assert expected.verdict == captured(attempts[0])
    for order in permutations(attempts):
        fake.payments = {attempt: fake.payments[attempt] for attempt in order}
        assert await razorpay.inspect(opened) == expected


@pytest.mark.parametrize("fault", FAULTS)
async def test_an_outage_at_the_refunds_of_an_extra_capture_is_no_truth(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, fault: str
) -> None:
    _, extra = [fake.pay(order_of(opened)) for _ in range(2)]
    fake.fail(fault, f"{extra}/refunds")
    with pytest.raises(ProviderUnavailable):
        await razorpay.inspect(opened)
    assert len((await razorpay.inspect(opened)).extra) == 1
