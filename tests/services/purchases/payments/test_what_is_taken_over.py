"""A renewal or an upgrade takes over from what it supersedes, and gives that back when that money goes back: it stands
on its own payment. What an admin put in the place of a purchase stays, and an operator is told."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest

from db.job_tables import JobRow
from db.tables import AuditEntryRow, PurchaseRow, StudentAccessRow
from gateway.services.core.commands.jobs.retries import CancelJob
from gateway.services.core.model.job_outcomes import JobChanged
from gateway.services.core.model.values import Course, Money, OnExisting, Payment, Purchase, Purpose, Tier
from tests.service import ADMIN, STANDARD, Service
from tests.simulation.ledger import Return
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio

SESSIONS = STANDARD.session_count
DAYS = timedelta(days=180)
ORDERS = [order for many in (1, 2, 3) for order in permutations(range(3), many)]


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def renewed(shop: Shop, course: Course, times: int, days_between: int = 10) -> list[tuple[Payment, Purchase]]:
    """A purchase of STANDARD, and its renewals some days after each other."""
    links = [await shop.paid(course, "STANDARD")]
    for _ in range(times):
        shop.service.clock.advance(days=days_between)
        links.append(await shop.paid(course, "STANDARD", purpose=Purpose.RENEWAL))
    return links


async def test_a_renewal_stands_on_its_own_payment_when_the_first_is_refunded(
    service: Service, shop: Shop, course: Course
) -> None:
    (first, _), (_, renewal) = await renewed(shop, course, 1)
    assert held(service) == (2 * SESSIONS, 0, first_end(renewal) + DAYS - timedelta(days=10))
    await shop.refund(first)
    assert shop.purchases() == [("STANDARD", "REFUNDED"), ("STANDARD", "ACTIVE")]
    assert held(service) == (SESSIONS, 0, first_end(renewal))
    [entry] = service.stored(AuditEntryRow, action="purchase.recounted")
    assert (entry.subject_id, entry.changes["sessionsTotal"]) == (renewal.id, [2 * SESSIONS, SESSIONS])
    assert (shop.broken(), shop.agrees()) == ([], True)


async def test_so_it_does_when_the_first_is_lost_in_a_dispute(service: Service, shop: Shop, course: Course) -> None:
    (first, _), (_, renewal) = await renewed(shop, course, 1)
    shop.books.decide(shop.books.dispute(shop.capture(first)), is_students=True)
    await shop.receive(first)
    assert held(service) == (SESSIONS, 0, first_end(renewal))


@pytest.mark.parametrize(("used_before", "used_since", "total"), [(3, 0, 12), (3, 5, 12), (0, 15, 15), (12, 12, 12)])
async def test_sessions_that_were_used_stay_counted_and_those_that_were_not_are_given_back(
    service: Service, shop: Shop, course: Course, used_before: int, used_since: int, total: int
) -> None:
    first, purchase = await shop.paid(course, "STANDARD")
    await service.hold(purchase, used_before)
    _, renewal = await shop.paid(course, "STANDARD", purpose=Purpose.RENEWAL)
    assert renewal.access.sessions_total == 2 * SESSIONS - used_before
    await service.hold(renewal, used_since)
    await shop.refund(first)
    assert held(service)[:2] == (total, used_since)


@pytest.mark.parametrize("order", ORDERS)
async def test_of_a_chain_what_stands_is_what_its_standing_payments_bought_whichever_went_back_first(
    service: Service, shop: Shop, course: Course, order: tuple[int, ...]
) -> None:
    links = await renewed(shop, course, 2)
    for which in order:
        await shop.refund(links[which][0])
        assert shop.broken() == []
    standing = [purchase for number, (_, purchase) in enumerate(links) if number not in order]
    assert_stands_on(service, standing)


@pytest.mark.parametrize("order", ORDERS)
async def test_a_refund_that_came_back_gives_back_what_it_had_taken(
    service: Service, shop: Shop, course: Course, order: tuple[int, ...]
) -> None:
    links = await renewed(shop, course, 2)
    made: dict[int, Return] = {}
    for which in (0, 1, 2):
        made[which] = shop.books.refund_at_dashboard(shop.capture(links[which][0]))
        await shop.receive(links[which][0])
    for which in order:
        shop.books.come_back(made[which])
        await shop.receive(links[which][0])
        assert shop.broken() == []
    assert_stands_on(service, [links[which][1] for which in sorted(order)])


async def test_an_upgrade_gives_back_the_longer_validity_that_it_had_kept(service: Service, shop: Shop) -> None:
    course = await service.save_course(STANDARD, dearer(sessions=24, days=30))
    first, _ = await shop.paid(course, "STANDARD")
    service.clock.advance(days=10)
    _, upgrade = await shop.paid(course, "DEARER")
    assert upgrade.access.expires_at == upgrade.created_at + DAYS - timedelta(days=10)
    await shop.refund(first)
    assert held(service) == (24, 0, upgrade.created_at + timedelta(days=30))


async def test_an_upgraded_renewal_gives_back_what_its_upgrade_took_over(service: Service, shop: Shop) -> None:
    course = await service.save_course(STANDARD, dearer(sessions=24, days=30))
    (first, _), (second, _) = await renewed(shop, course, 1)
    _, upgrade = await shop.paid(course, "DEARER")
    for payment in (first, second):
        await shop.refund(payment)
    assert held(service) == (24, 0, upgrade.created_at + timedelta(days=30))


async def test_an_end_that_an_admin_has_named_stays(service: Service, shop: Shop, course: Course) -> None:
    (first, _), (_, renewal) = await renewed(shop, course, 1)
    until = renewal.created_at + timedelta(days=700)
    await service.extend(renewal, until)
    await shop.refund(first)
    assert held(service) == (SESSIONS, 0, until)


async def test_what_was_left_of_an_ended_validity_ends_with_its_money(
    service: Service, shop: Shop, course: Course
) -> None:
    """The renewal's own time is over: the sweep ends it, and the student may buy again."""
    (first, _), _ = await renewed(shop, course, 1)
    service.clock.advance(days=200)
    await shop.refund(first)
    await shop.sweep()
    assert shop.purchases() == [("STANDARD", "REFUNDED"), ("STANDARD", "EXPIRED")]
    await shop.paid(course, "STANDARD")
    assert shop.broken() == []


@pytest.mark.parametrize("is_dispute", [True, False])
async def test_after_an_admins_replacement_nothing_is_taken_and_an_operator_is_told(
    service: Service, shop: Shop, course: Course, is_dispute: bool
) -> None:
    payment, _ = await shop.paid(course, "BASIC")
    await service.created(course, tier="PREMIUM", on_existing=OnExisting.REPLACE)
    if is_dispute:
        shop.books.decide(shop.books.dispute(shop.capture(payment)), is_students=True)
    else:
        shop.books.refund_at_dashboard(shop.capture(payment))
    for _ in range(2):
        await shop.receive(payment)
    assert shop.purchases() == [("BASIC", "REFUNDED"), ("PREMIUM", "ACTIVE")]
    [case] = service.stored(JobRow, kind="case.review")
    assert (case.state, case.subject_id) == ("FAILED", payment.id)
    for word in ("BASIC", "PREMIUM", "revokePurchase", "cancelJob"):
        assert word in case.last_error
    assert isinstance(await service.purchases.submit(CancelJob(ADMIN, case.id, "kept, a gift")), JobChanged)
    assert service.count("job", "state = 'FAILED'") == 0


async def test_nobody_is_told_where_what_the_admin_put_there_is_over(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _ = await shop.paid(course, "BASIC")
    await service.revoke(await service.created(course, tier="PREMIUM", on_existing=OnExisting.REPLACE))
    await shop.refund(payment)
    assert service.stored(JobRow, kind="case.review") == []


def assert_stands_on(service: Service, standing: list[Purchase]) -> None:
    """One active purchase, the latest of those that are paid, with the sessions and the days of all of them."""
    active = service.stored(PurchaseRow, status="ACTIVE")
    assert [row.id for row in active] == [purchase.id for purchase in standing[-1:]]
    if standing:
        end = standing[0].created_at
        for purchase in standing:
            end = max(end, purchase.created_at) + DAYS
        assert held(service) == (SESSIONS * len(standing), 0, end)


def held(service: Service) -> tuple[int, int, datetime | None]:
    [row] = service.stored(StudentAccessRow, status="GRANTED")
    return row.sessions_total, row.sessions_used, row.expires_at


def first_end(purchase: Purchase) -> datetime:
    return purchase.created_at + DAYS


def dearer(sessions: int, days: int) -> Tier:
    return Tier("DEARER", sessions, Money(999_900, "INR"), days, 9)
