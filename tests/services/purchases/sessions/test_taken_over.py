"""Numbers go on through an upgrade and start again with a renewal; what took a count over counts what comes late."""

from dataclasses import replace
from datetime import timedelta
from itertools import permutations

import pytest

from db.tables import AuditEntryRow, StudentAccessRow
from gateway.services.core.model.outcomes import InvalidInput
from gateway.services.core.model.values import OnExisting, Payment, Purchase, Purpose
from tests.service import METADATA, Service
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


def refused_number(outcome: object) -> str:
    assert isinstance(outcome, InvalidInput), outcome
    [problem] = outcome.fields
    assert problem.path == ("sessionNumber",)
    return problem.message


async def test_an_upgrade_goes_on_with_the_numbers(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, basic = await shop.paid(course)
    first, third = await service.recorded(basic, 1), await service.recorded(basic, 3)
    _, standard = await shop.paid(course, "STANDARD")
    assert service.used(standard) == (2, 12)
    for held in (first, third):
        again = await service.recorded(standard, held.session.number)
        assert (again.already_processed, again.session) == (True, held.session)
        assert again.purchase.id == standard.id
    second = await service.recorded(standard, 2)
    assert (second.already_processed, service.used(standard)) == (False, (3, 12))
    [access] = service.stored(StudentAccessRow, purchase_id=standard.id)
    assert access.sessions_recorded == 1
    # By its own purchase or by the one before: it is the same session.
    assert (await service.recorded(basic, 2)).session == second.session
    assert (service.used(basic), shop.broken()) == ((2, 4), [])


async def test_a_renewal_starts_the_numbers_again(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, first = await shop.paid(course)
    await service.hold(first, 3)
    _, second = await shop.paid(course, purpose=Purpose.RENEWAL)
    assert service.used(second) == (0, 1 + 4)
    assert not (await service.recorded(second, 1)).already_processed
    assert not (await service.recorded(second, 5)).already_processed
    assert refused_number(await service.record(second, 6)) == "must be 1 to 5, as many as the purchase has"
    assert (service.used(second), shop.broken()) == ((2, 5), [])


async def test_a_replacement_by_an_admin_goes_on_with_the_numbers(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, basic = await shop.paid(course)
    await service.hold(basic, 2)
    premium = await service.created(course, tier="PREMIUM", on_existing=OnExisting.REPLACE)
    assert service.used(premium) == (2, 24)
    assert (await service.recorded(premium, 2)).already_processed
    await service.recorded(premium, 3)
    assert (service.used(premium), shop.broken()) == ((3, 24), [])


async def test_what_is_recorded_late_below_an_upgrade_is_used_there_too_and_not_once_it_is_withdrawn(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    _, basic = await shop.paid(course)
    await service.hold(basic, 1)
    _, standard = await shop.paid(course, "STANDARD")
    _, premium = await shop.paid(course, "PREMIUM")
    service.clock.advance(hours=1)
    await service.recorded(basic, 2, basic.created_at - timedelta(minutes=5))
    assert [service.used(each)[0] for each in (basic, standard, premium)] == [2, 2, 2]
    [entry] = service.stored(AuditEntryRow, action="purchase.recounted")
    assert (entry.subject_id, entry.actor_id) == (premium.id, "gateway")
    assert entry.changes == {"sessionsUsed": [1, 2]}
    assert shop.broken() == []
    # Named by the purchase that the student has now, it is withdrawn where it was recorded.
    outcome = await service.withdrawn(premium, 2)
    assert (outcome.purchase.id, outcome.session.purchase_id) == (premium.id, basic.id)
    assert outcome.purchase.access.sessions_used == 1
    assert [service.used(each)[0] for each in (basic, standard, premium)] == [1, 1, 1]
    assert shop.broken() == []


async def test_what_is_recorded_late_below_a_renewal_is_one_less_left_there(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, first = await shop.paid(course)
    service.clock.advance(hours=2)
    _, second = await shop.paid(course, purpose=Purpose.RENEWAL)
    _, upgrade = await shop.paid(course, "STANDARD")
    assert service.used(second) == (0, 8)
    await service.recorded(first, 1, first.created_at)
    assert (service.used(first), service.used(second), service.used(upgrade)) == ((1, 4), (0, 7), (0, 12))
    assert shop.broken() == []
    await service.withdrawn(first, 1)
    assert (service.used(second), shop.broken()) == ((0, 8), [])


async def test_a_renewal_whose_sessions_are_all_used_keeps_them_when_one_more_was_held_before(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    _, first = await shop.paid(course)
    service.clock.advance(hours=2)
    _, second = await shop.paid(course, purpose=Purpose.RENEWAL)
    await service.hold(second, 8)
    await service.recorded(first, 1, first.created_at)
    assert (service.used(second), shop.broken()) == ((8, 8), [])
    await service.withdrawn(second, 8)
    assert (service.used(second), shop.broken()) == ((7, 7), [])
    await service.withdrawn(first, 1)
    assert (service.used(second), shop.broken()) == ((7, 8), [])


async def test_an_upgrade_whose_sessions_are_all_used_has_one_more_when_one_more_was_held_before(
    service: Service, shop: Shop
) -> None:
    course = await service.save_course()
    _, basic = await shop.paid(course)
    service.clock.advance(hours=2)
    _, standard = await shop.paid(course, "STANDARD")
    for number in range(2, 13):
        await service.recorded(standard, number)
    await service.recorded(standard, 1)
    # Number 1 stands already, under the upgrade: it is the same session, and nothing is used twice.
    assert (await service.recorded(basic, 1, basic.created_at)).already_processed
    assert (service.used(standard), shop.broken()) == ((12, 12), [])
    await service.withdrawn(standard, 1)
    await service.recorded(basic, 1, basic.created_at)
    assert (service.used(basic), service.used(standard), shop.broken()) == ((1, 4), (12, 12), [])


async def chain(shop: Shop) -> list[tuple[Payment, Purchase]]:
    """BASIC, its upgrade, and the upgrade's renewal, each with sessions of its own, a day after each other."""
    course = await shop.service.save_course()
    links: list[tuple[Payment, Purchase]] = []
    for tier, purpose, numbers in (
        ("BASIC", Purpose.PURCHASE, (1, 2)),
        ("STANDARD", Purpose.PURCHASE, (3, 4, 5)),
        ("STANDARD", Purpose.RENEWAL, (1, 2)),
    ):
        links.append(await shop.paid(course, tier, purpose=purpose))
        for number in numbers:
            await shop.service.recorded(links[-1][1], number)
        shop.service.clock.advance(days=1)
    return links


async def test_after_a_renewals_refund_what_stands_has_what_was_held_under_it_used(
    service: Service, shop: Shop
) -> None:
    (_, basic), (_, standard), (payment, renewal) = await chain(shop)
    assert service.used(renewal) == (2, 12 - 5 + 12)
    await shop.refund(payment)
    assert (service.used(standard), shop.broken()) == ((5 + 2, 12), [])
    # The two of the renewal have no number here, and so the first ones.
    assert (await service.recorded(standard, 2)).already_processed
    assert refused_number(await service.record(basic, 6)) == "must be 1 to 4, as many as the purchase has"
    await service.recorded(standard, 6)
    # One of the renewal's was not held after all: what came back counts one less.
    await service.withdrawn(renewal, 2)
    assert (service.used(renewal)[0], service.used(standard)) == (1, (7, 12))
    assert shop.broken() == []


async def test_after_an_upgrades_refund_the_numbers_of_both_stay_used(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, basic = await shop.paid(course)
    await service.recorded(basic, 1)
    payment, standard = await shop.paid(course, "STANDARD")
    await service.recorded(standard, 3)
    service.clock.advance(hours=1)
    await shop.refund(payment)
    assert service.used(basic) == (2, 4)
    assert (await service.recorded(basic, 3)).already_processed
    await service.recorded(basic, 2)
    assert service.used(basic) == (3, 4)
    await service.withdrawn(basic, 3)  # recorded under the upgrade, whose money is back
    assert (service.used(standard)[0], service.used(basic), shop.broken()) == (2, (2, 4), [])


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_whatever_is_refunded_first_what_was_held_stays_used_and_comes_back_with_the_money(
    service: Service, shop: Shop, order: tuple[int, ...]
) -> None:
    links = await chain(shop)
    made = []
    for which in order:
        made.append(shop.books.refund_at_dashboard(shop.capture(links[which][0])))
        await shop.receive(links[which][0])
        assert shop.broken() == []
    for returned, which in zip(made, order, strict=True):
        shop.books.come_back(returned)
        await shop.receive(links[which][0])
        assert shop.broken() == []
    recorded = [row.sessions_recorded for row in service.stored(StudentAccessRow)]
    assert recorded == [2, 3, 2]
    used = [service.used(purchase) for _, purchase in links]
    assert used == [(2, 4), (5, 12), (2, 19)]


async def test_sessions_that_came_as_a_number_have_the_first_numbers(service: Service, shop: Shop) -> None:
    course = await service.save_course()
    _, first = await shop.paid(course)
    await service.recorded(first, 1)
    payment, second = await shop.paid(course, purpose=Purpose.RENEWAL)
    await service.hold(second, 2)
    await shop.refund(payment)
    assert service.used(first) == (3, 4)
    assert refused_number(await service.record(first, 2)) == (
        "must be above 2: so many were used before, and taken over by their number alone"
    )
    await service.recorded(first, 3)
    assert refused_number(await service.record(first, 4)) == "is one too many: all 4 sessions are used"


async def test_a_correction_and_an_extension_keep_what_was_held(service: Service, shop: Shop) -> None:
    _, purchase = await shop.paid(await service.save_course())
    await service.recorded(purchase, 2)
    await service.correct(purchase, replace(METADATA, session_duration=90))
    await service.extend(purchase, service.clock.now + timedelta(days=200))
    assert (await service.recorded(purchase, 2)).already_processed
    assert (service.used(purchase), shop.broken()) == ((1, 4), [])
