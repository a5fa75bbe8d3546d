"""Money that goes back without us, beside ours, or comes back: whoever moved it, it moves once, and all of it."""

import pytest

from db.job_tables import JobRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.jobs import JobKind, Lease
from tests.service import ADMIN, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.mark.parametrize("is_called_off", [False, True])
async def test_a_full_refund_at_the_dashboard_takes_the_place_of_ours_that_is_promised(
    service: Service, shop: Shop, is_called_off: bool
) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment)
    [job] = service.stored(JobRow)
    if is_called_off:
        await service.purchases.submit(CancelJob(ADMIN, job.id, "done by hand"))
    shop.books.refund_at_dashboard(shop.capture(payment))
    await shop.store(payment)
    for held in await shop.claimed():  # our refund's runner is slower than the webhook's, or there is none
        if held.kind is JobKind.WEBHOOK_HANDLE:
            await service.events.handle(held.subject_id, Lease(held.id, held.fence))
    assert shop.broken() == []  # "No payment gives back more than was captured"


async def test_a_duplicate_that_was_refunded_at_the_dashboard_owes_nothing_more(service: Service, shop: Shop) -> None:
    """Capture and refund are heard of together: our full refund is promised beside the one that was made."""
    course = await service.save_course()
    second = await service.opened(student(), course)
    await shop.paid(course)
    shop.books.refund_at_dashboard(shop.pay(second))
    await shop.receive(second)
    assert shop.payment(second)[0] == "REFUNDED"
    assert [row.state for row in service.stored(JobRow)].count("FAILED") == 0


async def test_a_part_given_at_the_dashboard_leaves_the_rest_of_a_promised_refund_to_be_given(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    second = await service.opened(student(), course)
    await shop.paid(course)
    attempt = shop.pay(second)
    await service.confirm(student(), second)  # a duplicate, all of it is promised
    shop.books.refund_at_dashboard(attempt, 100_000)
    await shop.receive(second)
    assert (shop.payment(second)[0], shop.broken()) == ("REFUNDED", [])


@pytest.mark.parametrize("is_heard_between", [False, True])
async def test_a_dashboard_refund_that_came_back_ends_the_same_whenever_it_was_heard_of(
    service: Service, shop: Shop, is_heard_between: bool
) -> None:
    """The same set of events, and the same end: what nobody here wanted to give back buys the course again."""
    payment, _ = await shop.paid(await service.save_course())
    made = shop.books.refund_at_dashboard(shop.capture(payment))
    if is_heard_between:
        await shop.receive(payment)
    shop.books.come_back(made)
    await shop.receive(payment)
    assert (shop.payment(payment), shop.purchases()) == (("SUCCEEDED", "FULFILLED", 0), [("BASIC", "ACTIVE")])


async def test_a_refund_that_came_back_can_be_sent_again_by_a_retry(service: Service, shop: Shop) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await shop.refund(payment)
    shop.books.come_back(shop.books.returns[0])
    await shop.receive(payment)
    [job] = service.stored(JobRow, state="FAILED")
    await service.purchases.submit(RetryJob(ADMIN, job.id, "a test"))
    await shop.run_jobs()
    assert shop.payment(payment)[0] == "REFUNDED"


async def test_a_purchase_whose_money_came_back_after_its_end_expires_and_its_history_says_so(
    service: Service, shop: Shop
) -> None:
    payment, purchase = await shop.paid(await service.save_course())
    returned = shop.books.refund_at_dashboard(shop.capture(payment))
    await shop.receive(payment)
    service.clock.advance(days=91)
    shop.books.come_back(returned)
    await shop.receive(payment)
    assert shop.purchases() == [("BASIC", "EXPIRED")]
    assert service.actions(purchase.id)[-2:] == ["purchase.reinstated", "purchase.expired"]
    assert shop.broken() == []


async def test_money_that_came_back_while_its_purchase_is_refunded_is_found_by_verify(
    service: Service, shop: Shop
) -> None:
    payment, _ = await shop.paid(await service.save_course())
    await shop.refund(payment)
    shop.books.come_back(shop.books.returns[0])
    await shop.receive(payment)
    assert (shop.payment(payment)[0], shop.purchases()) == ("SUCCEEDED", [("BASIC", "REFUNDED")])
    assert shop.broken() != []
