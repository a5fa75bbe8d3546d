"""A dispute is money that the student's bank may take back: it stands in our books from the first day to its end."""

import pytest

from db.tables import RefundRow
from gateway.services.core.model.outcomes import Confirmed, InvalidInput
from gateway.services.core.model.values import Course
from tests.service import BASIC, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio
PRICE = BASIC.price.amount_minor


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


def disputes(service: Service) -> list[tuple[str, int, str | None]]:
    return [(row.status, row.amount_minor, row.failure_code) for row in service.stored(RefundRow, origin="DISPUTE")]


async def test_an_open_dispute_takes_nothing_yet_and_leaves_nothing_to_refund(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    shop.books.dispute(shop.capture(payment))
    await shop.receive(payment)
    assert disputes(service) == [("PENDING", PRICE, None)]
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert isinstance(await service.refund(payment), InvalidInput)
    assert shop.broken() == []


async def test_a_lost_dispute_is_a_full_refund(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    disputed = shop.books.dispute(shop.capture(payment))
    await shop.receive(payment)
    shop.books.decide(disputed, is_students=True)
    await shop.receive(payment)
    assert disputes(service) == [("SUCCEEDED", PRICE, None)]
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert shop.purchases() == [("BASIC", "REFUNDED")]
    assert (shop.broken(), shop.agrees()) == ([], True)
    again = await service.opened(student(), course)  # final for the money, not for the student
    shop.pay(again)
    assert isinstance(await service.confirm(student(), again), Confirmed)


async def test_a_won_dispute_leaves_everything_as_it_was(service: Service, shop: Shop, course: Course) -> None:
    payment, _ = await shop.paid(course)
    disputed = shop.books.dispute(shop.capture(payment))
    await shop.receive(payment)
    shop.books.decide(disputed, is_students=False)
    await shop.receive(payment)
    assert disputes(service) == [("FAILED", PRICE, "called_off")]
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    await shop.refund(payment)
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert (shop.broken(), shop.agrees()) == ([], True)


@pytest.mark.parametrize("is_students", [True, False])
async def test_a_dispute_heard_of_only_at_its_end_ends_the_same(
    service: Service, shop: Shop, course: Course, is_students: bool
) -> None:
    payment, _ = await shop.paid(course)
    shop.books.decide(shop.books.dispute(shop.capture(payment)), is_students)
    await shop.receive(payment)
    status = "REFUNDED" if is_students else "ACTIVE"
    assert shop.purchases() == [("BASIC", status)]
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_a_part_that_is_disputed_and_lost_is_a_partial_refund(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    shop.books.decide(shop.books.dispute(shop.capture(payment), 100), is_students=True)
    await shop.receive(payment)
    assert shop.payment(payment) == ("PARTIALLY_REFUNDED", "FULFILLED", 100)
    assert shop.purchases() == [("BASIC", "ACTIVE")]


async def test_a_lost_dispute_of_money_that_went_back_before_does_not_count_twice(
    service: Service, shop: Shop, course: Course
) -> None:
    """The provider took the student's side after our refund: more went out than came in, and the books say where."""
    payment, _ = await shop.paid(course)
    await shop.refund(payment)
    shop.books.decide(shop.books.dispute(shop.capture(payment), PRICE), is_students=True)
    await shop.receive(payment)
    await shop.receive(payment)
    assert disputes(service) == [("FAILED", PRICE, "exceeds_captured")]
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert service.actions(payment.id).count("payment.refunded_beyond") == 1
    assert shop.broken() == []


async def test_a_refund_that_waits_is_owed_no_more_once_the_bank_gave_the_money_back(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    shop.books.fault = lambda question, _: "before" if question == "refund" else None
    await shop.refund(payment)
    shop.books.decide(shop.books.dispute(shop.capture(payment)), is_students=True)
    await shop.receive(payment)
    shop.books.fault = lambda _question, _subject: None
    service.clock.advance(hours=2)
    await shop.run_jobs()
    assert sorted(shop.refunds(payment.id)) == [(PRICE, "FAILED"), (PRICE, "SUCCEEDED")]
    assert service.count("job", "state NOT IN ('COMPLETED')") == 0
    assert (len(shop.books.returns), shop.broken(), shop.agrees()) == (1, [], True)
