"""How often a job commits: once to be claimed, and once with all that came of it."""

from collections.abc import Callable

import pytest

from db.job_tables import JobRow
from gateway.services.core.model.values import Payment
from gateway.services.jobs.sweeps import start_sweeps
from tests.service import Service, ends_of, student
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


def _refund_at_dashboard(shop: Shop, payment: Payment) -> None:
    shop.books.refund_at_dashboard(shop.capture(payment))


def _dispute(shop: Shop, payment: Payment) -> None:
    shop.books.dispute(shop.capture(payment))


def _capture_again(shop: Shop, payment: Payment) -> None:
    shop.books.capture_again(reference_of(payment))


def _capture_again_and_refund(shop: Shop, payment: Payment) -> None:
    shop.books.refund_at_dashboard(shop.books.capture_again(reference_of(payment)))


@pytest.mark.parametrize("happens", [_refund_at_dashboard, _dispute, _capture_again, _capture_again_and_refund])
@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_a_webhooks_job_commits_twice_whatever_it_tells_of(
    service: Service, shop: Shop, happens: Callable[[Shop, Payment], None], is_confirmed: bool
) -> None:
    payment = await service.opened(student(), await service.save_course())
    shop.pay(payment)
    if is_confirmed:
        await service.confirm(student(), payment)
    happens(shop, payment)
    await shop.store(payment)
    with ends_of(service.engine) as ends:
        assert await shop.runner().run_due() == 1
    assert ends.count("commit") == 2
    assert [row.state for row in service.stored(JobRow, kind="webhook.handle")] == ["COMPLETED"]


async def test_an_event_of_several_payments_commits_once_for_each(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    payments = [await service.opened(student(name), course) for name in ("a", "b", "c")]
    for payment in payments:
        shop.pay(payment)
    await shop.store(*payments)
    with ends_of(service.engine) as ends:
        assert await shop.runner().run_due() == 1
    assert ends.count("commit") == 1 + len(payments)
    assert shop.purchases() == [("BASIC", "ACTIVE")] * 3


async def test_a_refunds_job_commits_twice(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment)
    with ends_of(service.engine) as ends:
        assert await shop.runner().run_due() == 1
    assert ends.count("commit") == 2
    assert shop.purchases() == [("BASIC", "REFUNDED")]


async def test_an_ask_by_schedule_is_one_commit_between_those_of_its_round(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(), await service.save_course())
    shop.pay(payment)
    service.clock.advance(minutes=2)
    await service.purchases.submit(start_sweeps(service.purchases.providers.by_name)[0])
    with ends_of(service.engine) as ends:
        assert await shop.runner().run_due() == 1
    assert ends.count("commit") == 3
    assert shop.purchases() == [("BASIC", "ACTIVE")]
