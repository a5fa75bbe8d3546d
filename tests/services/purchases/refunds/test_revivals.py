"""What a refund brings back: the purchase below an upgrade or a renewal, if its own money is still here."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from uuid_utils.compat import uuid7

from db.tables import PurchaseRow, StudentAccessRow
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.outcomes import InvalidInput, RefundRequested
from gateway.services.core.model.values import Course, OnExisting, Payment, Purchase, Purpose, Refund
from gateway.services.core.model.verdicts import RefundSucceeded
from tests.service import ADMIN, HELD, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

TIERS = ("BASIC", "STANDARD", "PREMIUM")


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def chain(shop: Shop, course: Course, tiers: Sequence[str] = TIERS) -> list[tuple[Payment, Purchase]]:
    """Payments of which each one upgraded the one before."""
    return [await shop.paid(course, tier) for tier in tiers]


async def test_what_an_upgrade_superseded_holds_again_as_it_was_with_the_sessions_used_since(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    _, below = await shop.paid(course, "BASIC")
    await service.hold(below, 1)
    service.clock.advance(days=10)
    payment, upgrade = await shop.paid(course, "STANDARD")
    await service.hold(upgrade, 3)
    await shop.refund(payment)

    [row], [access] = service.stored(PurchaseRow, id=below.id), service.stored(StudentAccessRow, purchase_id=below.id)
    assert (row.status, row.ended_at) == ("ACTIVE", None)
    assert (access.status, access.sessions_total, access.sessions_used) == ("GRANTED", 4, 3)
    assert (access.starts_at, access.expires_at) == (below.access.starts_at, below.access.expires_at)
    [ended] = service.stored(StudentAccessRow, purchase_id=upgrade.id)
    assert (ended.status, ended.sessions_used) == ("REVOKED", 3)
    assert service.actions(below.id) == ["purchase.created", HELD, "purchase.superseded", "purchase.revived"]
    assert service.actions(upgrade.id) == ["purchase.created", HELD, HELD, "purchase.refunded"]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_no_more_sessions_count_as_used_than_the_revived_purchase_has(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    (_, below), (payment, upgrade) = await chain(shop, course, TIERS[:2])
    await service.hold(upgrade, 12)
    await shop.refund(payment)
    [access] = service.stored(StudentAccessRow, purchase_id=below.id)
    assert (access.sessions_total, access.sessions_used) == (4, 4)


async def test_what_a_renewal_superseded_holds_again_with_the_sessions_of_both_used(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    _, below = await shop.paid(course)
    await service.hold(below, 1)
    payment, renewal = await shop.paid(course, purpose=Purpose.RENEWAL)
    await service.hold(renewal, 2)
    await shop.refund(payment)
    [access] = service.stored(StudentAccessRow, purchase_id=below.id)
    assert (access.status, access.sessions_used, access.expires_at) == ("GRANTED", 3, below.access.expires_at)
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "ACTIVE"), ("BASIC", "REFUNDED")], [])


async def test_what_an_admin_granted_holds_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    await service.created(course, tier="BASIC", expiry_date=datetime(2030, 1, 1, tzinfo=UTC))
    payment, _ = await shop.paid(course, "STANDARD")
    await shop.refund(payment)
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "ACTIVE"), ("STANDARD", "REFUNDED")], [])


async def test_what_was_itself_refunded_does_not_hold_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    (first, _), (second, _) = await chain(shop, course, TIERS[:2])
    await shop.refund(first)
    assert shop.purchases() == [("BASIC", "REFUNDED"), ("STANDARD", "ACTIVE")]
    await shop.refund(second)
    assert shop.purchases() == [("BASIC", "REFUNDED"), ("STANDARD", "REFUNDED")]
    _, again = await shop.paid(course)
    assert (again.supersedes, again.access.sessions_used) == (None, 0)
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_what_was_refunded_in_part_is_still_paid_for_and_holds_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    (first, _), (second, _) = await chain(shop, course, TIERS[:2])
    await shop.refund(first, 100_000)
    await shop.refund(second)
    assert shop.purchases() == [("BASIC", "ACTIVE"), ("STANDARD", "REFUNDED")]
    await shop.refund(first)
    assert shop.purchases() == [("BASIC", "REFUNDED"), ("STANDARD", "REFUNDED")]
    assert (shop.agrees(), shop.broken()) == (True, [])


@pytest.mark.parametrize(("left", "expected"), [(timedelta(microseconds=1), "ACTIVE"), (timedelta(), "SUPERSEDED")])
async def test_what_has_expired_meanwhile_does_not_hold_again(
    service: Service, shop: Shop, left: timedelta, expected: str
) -> None:
    course = await service.save_course()
    (_, below), (payment, _) = await chain(shop, course, TIERS[:2])
    assert below.access.expires_at is not None
    service.clock.now = below.access.expires_at - left
    await shop.refund(payment)
    assert shop.purchases() == [("BASIC", expected), ("STANDARD", "REFUNDED")]
    assert shop.broken() == []


async def test_after_a_refund_that_revived_nothing_the_student_buys_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    [_, (payment, _)] = await chain(shop, course, TIERS[:2])
    service.clock.advance(days=90)
    await shop.refund(payment)
    _, again = await shop.paid(course)
    assert (again.status, again.supersedes) == ("ACTIVE", None)
    assert shop.broken() == []


async def test_a_part_of_an_upgrades_money_revives_nothing(service: Service, shop: Shop) -> None:
    [_, (payment, _)] = await chain(shop, await service.save_course(), TIERS[:2])
    await shop.refund(payment, 1)
    assert shop.purchases() == [("BASIC", "SUPERSEDED"), ("STANDARD", "ACTIVE")]


@pytest.mark.parametrize(
    ("first", "second", "between"),
    [
        (2, 1, ["ACTIVE", "REFUNDED", "REFUNDED"]),
        (1, 2, ["ACTIVE", "REFUNDED", "REFUNDED"]),
        (2, 0, ["REFUNDED", "ACTIVE", "REFUNDED"]),
        (0, 2, ["REFUNDED", "ACTIVE", "REFUNDED"]),
        (1, 0, ["REFUNDED", "REFUNDED", "ACTIVE"]),
        (0, 1, ["REFUNDED", "REFUNDED", "ACTIVE"]),
    ],
)
async def test_of_two_upgrades_the_highest_that_is_still_paid_holds_whichever_refund_comes_first(
    service: Service, shop: Shop, first: int, second: int, between: list[str]
) -> None:
    links = await chain(shop, await service.save_course())
    for which in (first, second):
        await shop.refund(links[which][0])
        assert shop.broken() == []
    assert [status for _, status in shop.purchases()] == between
    [last] = {0, 1, 2} - {first, second}
    await shop.refund(links[last][0])
    assert [status for _, status in shop.purchases()] == ["REFUNDED"] * 3
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_each_refund_of_a_chain_steps_down_by_one(service: Service, shop: Shop) -> None:
    links = await chain(shop, await service.save_course())
    seen = []
    for payment, _ in reversed(links):
        await shop.refund(payment)
        seen.append([status for _, status in shop.purchases()])
    assert seen == [
        ["SUPERSEDED", "ACTIVE", "REFUNDED"],
        ["ACTIVE", "REFUNDED", "REFUNDED"],
        ["REFUNDED", "REFUNDED", "REFUNDED"],
    ]


async def test_money_back_for_a_superseded_purchase_keeps_its_successor_as_it_is(service: Service, shop: Shop) -> None:
    (first, below), (_, upgrade) = await chain(shop, await service.save_course(), TIERS[:2])
    [before] = service.stored(StudentAccessRow, purchase_id=upgrade.id)
    service.clock.advance(days=1)
    await shop.refund(first)
    assert service.stored(StudentAccessRow, purchase_id=upgrade.id) == [before]
    [ended] = service.stored(PurchaseRow, id=below.id)
    assert (ended.status, ended.ended_at) == ("REFUNDED", upgrade.created_at)
    assert service.actions(below.id) == ["purchase.created", "purchase.superseded", "purchase.refunded"]
    assert shop.broken() == []


async def test_money_back_for_what_an_admin_replaced_keeps_the_admins(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    payment, _ = await shop.paid(course)
    await service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)
    await shop.refund(payment)
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "REFUNDED"), ("STANDARD", "ACTIVE")], [])


async def test_what_was_revived_can_be_upgraded_and_revived_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, below = await shop.paid(course)
    for _ in range(2):
        payment, upgrade = await shop.paid(course, "STANDARD")
        assert upgrade.supersedes == below.id
        await shop.refund(payment)
    assert [status for _, status in shop.purchases()] == ["ACTIVE", "REFUNDED", "REFUNDED"]
    assert service.actions(below.id) == ["purchase.created", *["purchase.superseded", "purchase.revived"] * 2]
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_an_upgrades_refund_heard_of_often_revives_once(service: Service, shop: Shop) -> None:
    (first, below), (second, _) = await chain(shop, await service.save_course(), TIERS[:2])
    shop.books.refund_at_dashboard(shop.capture(second))
    for _ in range(3):
        await shop.receive(second, first)
    assert shop.purchases() == [("BASIC", "ACTIVE"), ("STANDARD", "REFUNDED")]
    assert service.actions(below.id).count("purchase.revived") == 1
    outcome = await service.refund(second)
    assert isinstance(outcome, InvalidInput)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_chain_that_is_refunded_in_one_turn_leaves_nothing(
    service: Service, shop: Shop, order: tuple[int, int]
) -> None:
    links = await chain(shop, await service.save_course(), TIERS[:2])
    refunds = [await own_pending(service, links[which][0]) for which in order]
    await service.together(*(SettleRefund(refund.id, RefundSucceeded(f"re_{refund.id}")) for refund in refunds))
    assert [status for _, status in shop.purchases()] == ["REFUNDED", "REFUNDED"]
    assert shop.broken() == []


async def test_an_upgrade_in_the_same_turn_as_the_refund_below_it_stands(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    first, _ = await shop.paid(course)
    second = await service.opened(student(), course, "STANDARD")
    refund = await own_pending(service, first)
    await service.together(SettleRefund(refund.id, RefundSucceeded("re_1")), service.confirming(second))
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "REFUNDED"), ("STANDARD", "ACTIVE")], [])


async def own_pending(service: Service, payment: Payment) -> Refund:
    outcome = await service.purchases.submit(RefundPayment(ADMIN, uuid7(), payment.id, None, "a test"))
    assert isinstance(outcome, RefundRequested)
    return outcome.refund


async def test_sessions_used_under_a_renewed_upgrade_stay_used(service: Service, shop: Shop) -> None:
    """BASIC, its upgrade, the upgrade's renewal; both upper ones refunded, the lower of the two first."""
    course = await service.save_course()
    _, basic = await shop.paid(course, "BASIC")
    upgrade, standard = await shop.paid(course, "STANDARD")
    await service.hold(standard, 2)
    renewal, again = await shop.paid(course, "STANDARD", purpose=Purpose.RENEWAL)
    await service.hold(again, 1)
    await shop.refund(upgrade)
    await shop.refund(renewal)
    [access] = service.stored(StudentAccessRow, purchase_id=basic.id)
    assert (access.status, access.sessions_used) == ("GRANTED", 3)


async def test_sessions_used_before_a_renewal_stay_used(service: Service, shop: Shop) -> None:
    """BASIC, its renewal, an upgrade; both upper ones refunded, the renewal first."""
    course = await service.save_course()
    _, basic = await shop.paid(course, "BASIC")
    await service.hold(basic, 2)
    renewal, again = await shop.paid(course, "BASIC", purpose=Purpose.RENEWAL)
    await service.hold(again, 1)
    upgrade, _ = await shop.paid(course, "STANDARD")
    await shop.refund(renewal)
    await shop.refund(upgrade)
    [access] = service.stored(StudentAccessRow, purchase_id=basic.id)
    assert (access.status, access.sessions_used) == ("GRANTED", 3)


async def test_what_an_admin_took_away_is_not_revived_because_its_replacement_expired(
    service: Service, shop: Shop
) -> None:
    """PREMIUM without end, replaced by an admin with BASIC for ten days, upgraded by payment, refunded after those."""
    course = await service.save_course()
    await shop.paid(course, "PREMIUM")
    expiry = service.clock.now + timedelta(days=10)
    await service.created(course, tier="BASIC", on_existing=OnExisting.REPLACE, expiry_date=expiry)
    upgrade, _ = await shop.paid(course, "STANDARD")
    service.clock.advance(days=11)
    await shop.refund(upgrade)
    assert [status for _, status in shop.purchases()] == ["SUPERSEDED", "SUPERSEDED", "REFUNDED"]


async def test_a_replaced_renewal_ends_later_again_once_the_refund_below_it_came_back(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    await shop.paid(course)
    _, renewal = await shop.paid(course, purpose=Purpose.RENEWAL)
    at_first = renewal.access.expires_at
    returned = shop.books.refund_at_dashboard(shop.books.captures[0])
    await shop.receive(*shop.books.intents)
    await shop.paid(course, "STANDARD")
    shop.books.come_back(returned)
    await shop.receive(*shop.books.intents)
    [access] = service.stored(StudentAccessRow, purchase_id=renewal.id)
    assert access.expires_at == at_first
    assert service.actions(renewal.id)[-1] == "purchase.recounted"
    assert shop.broken() == []
