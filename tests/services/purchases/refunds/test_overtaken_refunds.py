"""Refunds of ours that money overtakes which goes back another way: what was to go back goes back, once."""

import pytest

from db.job_tables import JobRow
from db.tables import PaymentRow
from gateway.services.core.model.values import Course, Payment
from tests.service import BASIC, Service, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


@pytest.fixture
async def duplicate(service: Service, shop: Shop, course: Course) -> Payment:
    """A payment that nobody has heard of yet, for a course that its student has already."""
    second = await service.opened(student(), course)
    await shop.paid(course)
    shop.pay(second)
    return second


@pytest.mark.parametrize("parts", [[1], [100_000], [100_000, 50_000], [PRICE - 1]])
async def test_what_is_left_of_a_duplicate_after_parts_went_back_at_the_dashboard_goes_back_too(
    service: Service, shop: Shop, duplicate: Payment, parts: list[int]
) -> None:
    for part in parts:
        shop.books.refund_at_dashboard(shop.capture(duplicate), part)
    await shop.receive(duplicate)
    assert shop.payment(duplicate) == ("REFUNDED", "DUPLICATE", PRICE)
    assert shop.books.left(shop.capture(duplicate)) == 0
    assert service.count("job", "state = 'FAILED'") == 0
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_so_does_what_is_left_of_money_that_a_checkout_took_once_more(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    again = shop.books.capture_again(reference_of(payment))
    shop.books.refund_at_dashboard(again, 1)
    await shop.receive(payment)
    [extra] = service.stored(PaymentRow, extra_of=payment.id)
    assert (extra.status, shop.books.left(again)) == ("REFUNDED", 0)
    assert sorted(shop.refunds(extra.id)) == [(1, "SUCCEEDED"), (PRICE - 1, "SUCCEEDED"), (PRICE, "FAILED")]
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_an_admin_who_gave_all_back_need_not_ask_again_for_the_rest(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course)
    await service.refund(payment)
    shop.books.refund_at_dashboard(shop.capture(payment), 100_000)
    await shop.receive(payment)
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert shop.purchases() == [("BASIC", "REFUNDED")]
    assert (shop.broken(), shop.agrees()) == ([], True)


@pytest.mark.parametrize("is_heard", [True, False], ids=["heard of first", "not heard of"])
async def test_a_part_that_does_not_fit_any_more_is_listed_for_an_admin(
    service: Service, shop: Shop, course: Course, is_heard: bool
) -> None:
    payment, _ = await shop.paid(course)
    await service.refund(payment, 150_000)
    shop.books.refund_at_dashboard(shop.capture(payment), 100_000)
    if is_heard:
        await shop.store(payment)
    await shop.run_jobs()
    await shop.receive(payment)
    assert shop.payment(payment) == ("PARTIALLY_REFUNDED", "FULFILLED", 100_000)
    [job] = service.stored(JobRow, kind="payment.refund")
    assert job.state == "FAILED"
    assert (shop.broken(), shop.agrees()) == ([], True)
