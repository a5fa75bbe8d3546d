"""An intent that took money more than once: what was taken once more is a payment of its own, and goes back."""

import pytest

from db.tables import AuditEntryRow, PaymentRow, RefundRow
from gateway.services.core.model.outcomes import Reconciled
from gateway.services.core.model.values import Course, Payment, RefundStatus
from gateway.services.core.model.verdicts import Captured, ExtraCapture, Processing, RefundRecord
from tests.service import BASIC, Service, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


def extras(service: Service, payment: Payment) -> list[PaymentRow]:
    return service.stored(PaymentRow, extra_of=payment.id)


async def test_what_a_checkout_took_once_more_is_a_duplicate_and_goes_back_in_full(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, purchase = await shop.paid(course)
    again = shop.books.capture_again(reference_of(payment))
    await shop.receive(payment)
    [extra] = extras(service, payment)
    assert (extra.fulfilment, extra.duplicate_of, extra.reference) == ("DUPLICATE", purchase.id, again.id)
    assert (extra.status, extra.refunded_minor) == ("REFUNDED", BASIC.price.amount_minor)
    assert shop.books.left(again) == 0
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert service.actions(extra.id) == [
        "payment.captured",
        "payment.duplicate",
        "payment.refund_requested",
        "payment.refunded",
    ]
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_it_is_found_by_the_sweep_where_no_webhook_came(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    again = shop.books.capture_again(reference_of(payment))
    service.clock.advance(minutes=6)
    await shop.sweep()
    assert len(extras(service, payment)) == 1
    assert shop.books.left(again) == 0
    assert shop.agrees()


async def test_it_is_refunded_once_however_often_it_is_heard_of(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    shop.books.capture_again(reference_of(payment))
    for _ in range(3):
        await shop.receive(payment)
    assert (len(extras(service, payment)), len(service.stored(RefundRow)), len(shop.books.returns)) == (1, 1, 1)


async def test_which_of_two_paid_is_what_our_books_say_by_the_time_of_the_commit(
    service: Service, course: Course
) -> None:
    """Two webhooks at once: the one that heard of both commits last, and had taken the other one's for paid."""
    payment = await service.opened(student(), course)
    by_first, by_second = (Captured(f"attempt-{number}", BASIC.price) for number in (1, 2))
    heard_of_both = service.reconciling(payment, verdict=by_first, extra=(ExtraCapture(by_second),))
    await service.purchases.submit(service.reconciling(payment, verdict=by_second))
    for _ in range(2):
        await service.purchases.submit(heard_of_both)
        [extra] = extras(service, payment)
        [refund] = service.stored(RefundRow)
        assert (extra.reference, extra.fulfilment) == ("attempt-1", "DUPLICATE")
        assert (refund.payment_id, refund.amount_minor) == (extra.id, BASIC.price.amount_minor)


async def test_each_of_several_goes_back_by_itself(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    taken = [shop.books.capture_again(reference_of(payment)) for _ in range(3)]
    await shop.receive(payment)
    assert [shop.books.left(each) for each in taken] == [0, 0, 0]
    assert shop.books.left(shop.capture(payment)) == BASIC.price.amount_minor
    assert {row.status for row in extras(service, payment)} == {"REFUNDED"}


async def test_both_captures_of_a_duplicate_go_back(service: Service, shop: Shop, course: Course) -> None:
    first, second = [await service.opened(student(), course) for _ in range(2)]
    shop.pay(first)
    await service.confirm(student(), first)
    shop.pay(second)
    again = shop.books.capture_again(reference_of(second))
    await shop.receive(second)
    [extra] = extras(service, second)
    assert extra.fulfilment == "DUPLICATE"
    assert (shop.books.left(shop.capture(second)), shop.books.left(again)) == (0, 0)
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_both_captures_of_what_cannot_be_fulfilled_go_back(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    await service.save_course(*[tier for tier in course.tiers if tier.code != "BASIC"], course_id=course.id)
    shop.pay(payment)
    again = shop.books.capture_again(reference_of(payment))
    await shop.receive(payment)
    [extra] = extras(service, payment)
    assert (extra.fulfilment, extra.failure_code) == ("UNFULFILLABLE", "paid_twice")
    assert (shop.books.left(shop.capture(payment)), shop.books.left(again)) == (0, 0)
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_it_went_back_at_the_dashboard_before_we_heard_of_it(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    again = shop.books.capture_again(reference_of(payment))
    shop.books.refund_at_dashboard(again)
    await shop.receive(payment)
    [extra] = extras(service, payment)
    assert (extra.status, extra.refunded_minor) == ("REFUNDED", BASIC.price.amount_minor)
    assert len(shop.books.returns) == 1
    assert [(row.origin, row.status) for row in service.stored(RefundRow)] == [
        ("GATEWAY", "FAILED"),
        ("PROVIDER", "SUCCEEDED"),
    ]
    assert service.count("job", "state = 'FAILED'") == 0
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_it_is_not_judged_before_the_first_one_is(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    extra = ExtraCapture(Captured("attempt-2", payment.amount))
    before = service.count("payment"), service.count("refund")
    told = service.reconciling(payment, verdict=Processing("attempt-1", 2), extra=(extra,))
    assert isinstance(await service.purchases.submit(told), Reconciled)
    assert (service.count("payment"), service.count("refund")) == before
    assert shop.payment(payment) == ("PROCESSING", "PENDING", 0)


async def test_told_twice_at_once_it_is_one_payment(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    extra = ExtraCapture(Captured("attempt-2", payment.amount))
    outcomes = await service.together(*(service.reconciling(payment, extra=(extra,)) for _ in range(3)))
    assert {type(each) for each in outcomes} == {Reconciled}
    assert len(extras(service, payment)) == 1
    assert service.stored(AuditEntryRow, action="payment.duplicate")
    assert service.count("refund") == 1


async def test_an_answer_that_took_the_paying_attempt_for_the_extra_one_changes_nothing(
    service: Service, shop: Shop, course: Course
) -> None:
    """As where an older attempt is captured late, and the provider was asked before our books knew which one paid."""
    payment, _ = await shop.paid(course)
    paid = shop.capture(payment)
    before = service.everything()
    same = ExtraCapture(Captured(paid.id, paid.amount))
    outcome = await service.purchases.submit(service.reconciling(payment, extra=(same,)))
    assert isinstance(outcome, Reconciled)
    assert outcome.payment.id == payment.id
    refunded = RefundRecord("re_1", None, payment.amount, RefundStatus.SUCCEEDED)
    another = Captured("another attempt", payment.amount)
    await service.purchases.submit(service.reconciling(payment, refunded, verdict=another))
    assert service.everything() == before
