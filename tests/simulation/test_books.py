"""The tests' own provider: what its books say follows from what the world did, and from nothing else."""

from dataclasses import replace

import pytest
from uuid_utils.compat import uuid7

from gateway.services.core.model import verdicts
from gateway.services.core.model.values import Money, Payment, RefundStatus
from gateway.services.core.model.verdicts import (
    Captured,
    ExtraCapture,
    ProviderRecord,
    RefundRecord,
    RefundRejected,
    RefundSucceeded,
)
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.rows.lookups import PAYMENT_BY_ID
from tests.service import BASIC, Service, student
from tests.services.providers.opening import intent_of
from tests.simulation.books import Fault
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def payment(service: Service, shop: Shop) -> Payment:
    return await service.opened(student(), await service.save_course())


async def test_a_checkout_is_opened_once_and_found_with_what_it_is_for(shop: Shop, payment: Payment) -> None:
    assert (await intent_of(shop.books, payment)).reference == payment.reference
    [intent] = shop.books.intents.values()
    found = await shop.books.find(intent.reference)
    assert found is not None
    assert (found.amount, found.metadata["studentId"]) == (PRICE, "student-1")
    assert await shop.books.find("pi_unknown") is None


async def test_the_verdict_is_of_the_attempts_as_they_stand(shop: Shop, payment: Payment) -> None:
    reference = reference_of(payment)
    assert await shop.books.inspect(payment) == ProviderRecord(verdicts.AwaitingPayment())
    declined = shop.books.decline(reference, code="lost_card")
    assert await shop.books.inspect(payment) == ProviderRecord(
        verdicts.PaymentDeclined(declined.id, "lost_card", "The card was declined.")
    )
    attempt = shop.books.begin(reference)
    assert await shop.books.settle(payment, None) == verdicts.Processing(attempt.id, 7)
    shop.books.pay(reference, attempt)
    mark = await shop.service.purchases.providers.installation()
    captured = Captured(attempt.id, PRICE, payment.student_id, payment.course_id, mark)
    assert await shop.books.settle(payment, None) == captured
    assert await shop.books.inspect(payment) == ProviderRecord(captured)


async def test_a_closed_checkout_is_canceled(shop: Shop, payment: Payment) -> None:
    shop.books.close_intent(reference_of(payment))
    assert await shop.books.inspect(payment) == ProviderRecord(verdicts.Canceled())


async def test_a_second_capture_is_extra_with_what_went_back_of_it(shop: Shop, payment: Payment) -> None:
    first, second = shop.pay(payment), shop.books.capture_again(reference_of(payment), amount=Money(5, "INR"))
    back = shop.books.refund_at_dashboard(second)
    claimed = shop.books.dispute(first, 9)
    provider_record = await shop.books.inspect(payment)
    assert provider_record.refunds == (
        RefundRecord(claimed.id, None, Money(9, "INR"), RefundStatus.PENDING, is_dispute=True),
    )
    mark = await shop.service.purchases.providers.installation()
    extra = Captured(second.id, Money(5, "INR"), payment.student_id, payment.course_id, mark)
    assert provider_record.extra == (
        ExtraCapture(extra, (RefundRecord(back.id, None, extra.amount, RefundStatus.SUCCEEDED),)),
    )


async def test_a_dispute_holds_money_back_until_the_bank_decides(shop: Shop, payment: Payment) -> None:
    attempt = shop.pay(payment)
    disputed = shop.books.dispute(attempt)
    assert shop.books.left(attempt) == 0
    shop.books.decide(disputed, is_students=False)
    assert shop.books.left(attempt) == PRICE.amount_minor


async def test_a_refund_is_made_once_and_never_of_more_than_is_left(shop: Shop, payment: Payment) -> None:
    attempt = shop.pay(payment)
    await shop.service.confirm(student(), payment)
    refund = await shop.refund(payment, 100_000)
    paid = await shop.service.find(PAYMENT_BY_ID, payment.id)
    assert [await shop.books.refund(paid, refund) for _ in range(2)] == [RefundSucceeded("re_2")] * 2
    assert shop.books.left(attempt) == 99_900
    assert isinstance(await shop.books.refund(paid, replace(refund, id=uuid7())), RefundRejected)
    shop.books.come_back(shop.books.returns[0])
    assert isinstance(await shop.books.refund(paid, refund), RefundRejected)


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_line_that_fails_before_or_after_looks_the_same_from_here(
    shop: Shop, payment: Payment, fault: Fault
) -> None:
    shop.books.fault = lambda *_: fault
    with pytest.raises(ProviderUnavailable):
        await shop.books.inspect(payment)
    assert await shop.books.settle(payment, None) == verdicts.Unreachable(None, 7)
