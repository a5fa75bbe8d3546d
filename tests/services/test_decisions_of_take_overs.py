"""What a renewal, an upgrade or a grant had taken over from an earlier purchase whose money goes back."""

from datetime import timedelta

import pytest

from db.tables import PurchaseRow, StudentAccessRow
from db.work import JobRow
from gateway.services.core.outcomes import Created
from gateway.services.core.values import OnExisting, Purpose
from tests.service import Service
from tests.services.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def test_a_renewal_stands_on_its_own_payment_once_the_first_is_refunded(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course, "STANDARD")
    service.clock.advance(days=10)
    renewed_at = service.clock.now
    _, renewal = await shop.paid(course, "STANDARD", purpose=Purpose.RENEWAL)
    assert renewal.access.sessions_total == 24
    service.clock.advance(days=1)
    await shop.refund(first)

    [access] = service.stored(StudentAccessRow, purchase_id=renewal.id)
    assert (access.status, access.sessions_total, access.sessions_used) == ("GRANTED", 12, 0)
    assert access.expires_at == renewed_at + timedelta(days=180)
    assert service.actions(renewal.id) == ["purchase.created", "purchase.recounted"]
    assert shop.purchases() == [("STANDARD", "REFUNDED"), ("STANDARD", "ACTIVE")]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_sessions_that_were_used_stay_used_when_a_renewal_gives_back(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    _, renewal = await shop.paid(course, purpose=Purpose.RENEWAL)
    service.change(StudentAccessRow, renewal.id, sessions_used=6)
    await shop.refund(first)
    [access] = service.stored(StudentAccessRow, purchase_id=renewal.id)
    assert (access.sessions_total, access.sessions_used) == (6, 6)


async def test_a_renewal_whose_own_time_is_over_expires_when_the_first_is_refunded(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    _, renewal = await shop.paid(course, purpose=Purpose.RENEWAL)
    service.clock.advance(days=100)
    await shop.refund(first)
    [row] = service.stored(PurchaseRow, id=renewal.id)
    assert (row.status, row.ended_at) == ("EXPIRED", service.clock.now)
    assert service.actions(renewal.id) == ["purchase.created", "purchase.recounted", "purchase.expired"]
    assert shop.broken() == []


async def test_an_upgrade_keeps_its_own_end_once_the_longer_one_below_is_refunded(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    second, _ = await shop.paid(course, purpose=Purpose.RENEWAL)
    third, _ = await shop.paid(course, purpose=Purpose.RENEWAL)
    _, upgrade = await shop.paid(course, "STANDARD")
    assert upgrade.access.expires_at == service.clock.now + timedelta(days=270)
    for payment in (second, first, third):
        await shop.refund(payment)
    [access] = service.stored(StudentAccessRow, purchase_id=upgrade.id)
    assert (access.sessions_total, access.expires_at) == (12, service.clock.now + timedelta(days=180))
    assert shop.broken() == []


async def test_an_end_that_an_admin_named_stays_when_a_renewal_gives_back(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    _, renewal = await shop.paid(course, purpose=Purpose.RENEWAL)
    named = service.clock.now + timedelta(days=400)
    service.change(StudentAccessRow, renewal.id, expires_at=named)
    await shop.refund(first)
    [access] = service.stored(StudentAccessRow, purchase_id=renewal.id)
    assert (access.sessions_total, access.expires_at) == (4, named)


async def test_an_operator_is_told_where_an_admin_had_replaced_what_was_lost_and_nothing_is_taken(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    payment, _ = await shop.paid(course)
    granted = await service.create(course, tier="PREMIUM", on_existing=OnExisting.REPLACE)
    assert isinstance(granted, Created)
    await shop.refund(payment)
    await shop.hear(payment)  # heard of again, it is no other case

    assert shop.purchases() == [("BASIC", "REFUNDED"), ("PREMIUM", "ACTIVE")]
    [access] = service.stored(StudentAccessRow, purchase_id=granted.purchase.id)
    assert (access.status, access.sessions_total) == ("GRANTED", 24)
    [case] = service.stored(JobRow, kind="case.review")
    assert (case.state, case.subject_id) == ("FAILED", payment.id)
    for said in ("BASIC", "PREMIUM", "revokePurchase", "cancelJob"):
        assert said in case.last_error
    assert shop.broken() == []


async def test_nobody_is_told_where_what_an_admin_gave_has_ended(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    payment, _ = await shop.paid(course)
    granted = await service.created(course, tier="PREMIUM", on_existing=OnExisting.REPLACE)
    await service.revoke(granted)
    await shop.refund(payment)
    assert service.stored(JobRow, kind="case.review") == []
