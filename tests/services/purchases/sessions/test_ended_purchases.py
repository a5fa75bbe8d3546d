"""What was held before a purchase ended is recorded with it; what was held since is refused, with what to do."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from db.tables import PurchaseRow
from gateway.services.core.model.outcomes import InvalidInput
from gateway.services.core.model.sessions.outcomes import PurchaseEnded, SessionRecorded
from gateway.services.core.model.values import Course, OnExisting, Payment, Purchase, Purpose
from tests.service import Service
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)

End = Callable[[Shop, Course, Payment, Purchase], Awaitable[object]]


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def expire(shop: Shop, _course: Course, _payment: Payment, purchase: Purchase) -> None:
    assert purchase.access.expires_at is not None
    shop.service.clock.now = purchase.access.expires_at
    await shop.sweep()


async def lapse(shop: Shop, _course: Course, _payment: Payment, purchase: Purchase) -> None:
    """Its time is over, and no sweep came by yet."""
    assert purchase.access.expires_at is not None
    shop.service.clock.now = purchase.access.expires_at


async def revoke(shop: Shop, _course: Course, _payment: Payment, purchase: Purchase) -> None:
    await shop.service.revoke(purchase)


async def refund(shop: Shop, _course: Course, payment: Payment, _purchase: Purchase) -> None:
    await shop.refund(payment)


async def upgrade(shop: Shop, course: Course, _payment: Payment, _purchase: Purchase) -> None:
    await shop.paid(course, "STANDARD")


async def renew(shop: Shop, course: Course, _payment: Payment, _purchase: Purchase) -> None:
    await shop.paid(course, purpose=Purpose.RENEWAL)


async def replace_it(shop: Shop, course: Course, _payment: Payment, _purchase: Purchase) -> None:
    await shop.service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)


ENDS: dict[str, tuple[End, str]] = {
    "expired": (expire, "EXPIRED"),
    "lapsed": (lapse, "ACTIVE"),
    "revoked": (revoke, "REVOKED"),
    "refunded": (refund, "REFUNDED"),
    "upgraded": (upgrade, "SUPERSEDED"),
    "renewed": (renew, "SUPERSEDED"),
    "replaced": (replace_it, "SUPERSEDED"),
}


@pytest.mark.parametrize("how", ENDS)
async def test_an_ended_purchase_takes_what_was_held_before_its_end_and_nothing_later(
    service: Service, shop: Shop, how: str
) -> None:
    end, status = ENDS[how]
    course = await service.save_course()
    payment, purchase = await shop.paid(course)
    service.clock.advance(days=3)
    held_at = service.clock.now - HOUR
    await end(shop, course, payment, purchase)
    ended_at = service.clock.now
    service.clock.advance(minutes=30)
    [row] = service.stored(PurchaseRow, id=purchase.id)
    assert row.status == status

    before = service.everything()
    for late in (None, ended_at):
        refused = await service.record(purchase, 1, late)
        assert isinstance(refused, PurchaseEnded)
        assert (refused.purchase.id, refused.ended_at) == (purchase.id, ended_at)
        assert (refused.active is not None) is (status == "SUPERSEDED")
    assert service.everything() == before

    outcome = await service.recorded(purchase, 1, held_at)
    assert (outcome.already_processed, outcome.purchase.access.sessions_used) == (False, 1)
    assert outcome.purchase.status == status
    assert await service.record(purchase, 1) == SessionRecorded(outcome.purchase, outcome.session, True)
    assert shop.broken() == []
    assert (await service.withdrawn(purchase, 1)).purchase.access.sessions_used == 0
    assert shop.broken() == []


async def test_what_was_recorded_before_the_end_is_repeated_after_it_without_harm(service: Service, shop: Shop) -> None:
    payment, purchase = await shop.paid(await service.save_course())
    first = await service.recorded(purchase, 1)
    await shop.refund(payment)
    again = await service.recorded(purchase, 1)
    assert (again.already_processed, again.session) == (True, first.session)


async def test_an_expired_purchase_that_is_extended_has_the_sessions_left_that_were_not_held(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    payment, purchase = await shop.paid(course)
    await service.hold(purchase, 1)
    await expire(shop, course, payment, purchase)
    await service.recorded(purchase, 2, purchase.created_at)
    await service.extend(purchase, service.clock.now + timedelta(days=30))
    assert service.used(purchase) == (2, 4)
    assert (await service.recorded(purchase, 3)).purchase.access.sessions_left == 1
    assert shop.broken() == []


async def test_a_student_who_bought_anew_after_a_refund_has_all_sessions_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    payment, old = await shop.paid(course)
    await service.hold(old, 3)
    service.clock.advance(hours=2)
    await shop.refund(payment)
    _, new = await shop.paid(course)
    assert isinstance(await service.record(new, 5), InvalidInput)
    await service.recorded(new, 1)  # of its own numbers
    await service.recorded(old, 4, service.clock.now - HOUR)
    assert (service.used(old), service.used(new)) == ((4, 4), (1, 4))
    assert shop.broken() == []
