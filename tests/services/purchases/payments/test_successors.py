"""What a captured payment makes of a purchase that stands: an upgrade, a renewal, or a new one after a lapse."""

import datetime as dt
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db.job_tables import JobRow
from db.tables import PaymentRow, PurchaseRow, StudentAccessRow
from gateway.services.core.model.outcomes import Confirmed, Created, DuplicatePayment
from gateway.services.core.model.values import AccessStatus, OnExisting, PurchaseStatus, Purpose
from gateway.services.core.rules.schedule.sessions import sessions
from tests.service import BASIC, HELD, METADATA, PREMIUM, STANDARD, Service, student

pytestmark = pytest.mark.anyio


async def test_a_higher_tier_supersedes_in_one_commit_and_carries_the_sessions_used(service: Service) -> None:
    course = await service.save_course()
    began = service.clock.now
    _, old = await service.paid(student(), course, "BASIC")
    await service.hold(old, 3)
    service.clock.advance(days=10)
    payment = await service.opened(student(), course, "STANDARD")
    turns = service.writer.turns
    outcome = await service.confirm(student(), payment)
    assert service.writer.turns == turns + 1
    assert isinstance(outcome, Confirmed)
    new, now = outcome.purchase, service.clock.now
    assert (new.tier, new.status, new.supersedes) == ("STANDARD", PurchaseStatus.ACTIVE, old.id)

    [ended] = service.stored(PurchaseRow, id=old.id)
    assert (ended.status, ended.ended_at) == ("SUPERSEDED", now)
    [before] = service.stored(StudentAccessRow, purchase_id=old.id)
    assert (before.status, before.sessions_total, before.sessions_used) == ("REVOKED", 4, 3)
    [after] = service.stored(StudentAccessRow, purchase_id=new.id)
    assert (after.status, after.sessions_total, after.sessions_used) == ("GRANTED", 12, 3)
    assert (after.starts_at, after.expires_at) == (began, now + timedelta(days=180))
    assert service.actions(old.id) == ["purchase.created", *[HELD] * 3, "purchase.superseded"]
    assert service.actions(new.id) == ["purchase.created"]
    assert service.stored(JobRow) == []
    assert [row.fulfilment for row in service.stored(PaymentRow)] == ["FULFILLED", "FULFILLED"]


async def test_each_payment_of_a_chain_of_upgrades_keeps_its_own_purchase(service: Service) -> None:
    course = await service.save_course()
    chain = [await service.paid(student(), course, tier) for tier in ("BASIC", "STANDARD", "PREMIUM")]
    before = service.everything()
    for payment, purchase in chain:
        again = await service.confirm(student(), payment)
        assert isinstance(again, Confirmed)
        assert (again.purchase.id, again.already_processed) == (purchase.id, True)
    assert service.everything() == before
    assert [row.supersedes for row in service.stored(PurchaseRow)] == [None, chain[0][1].id, chain[1][1].id]


async def test_a_chain_of_upgrades_may_happen_within_one_turn(service: Service) -> None:
    course = await service.save_course()
    payments = [await service.opened(student(), course, tier) for tier in ("BASIC", "STANDARD", "PREMIUM")]
    outcomes = await service.together(*map(service.confirming, payments))
    purchases = [outcome.purchase for outcome in outcomes if isinstance(outcome, Confirmed)]
    rows = {row.id: row for row in service.stored(PurchaseRow)}
    assert [rows[purchase.id].status for purchase in purchases] == ["SUPERSEDED", "SUPERSEDED", "ACTIVE"]
    assert [rows[purchase.id].supersedes for purchase in purchases] == [None, purchases[0].id, purchases[1].id]
    assert len(service.stored(StudentAccessRow, status="GRANTED")) == 1


IN_HALF_A_YEAR = replace(METADATA, date=dt.date(2027, 5, 23))
ITS_SLOT = datetime(2027, 5, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("tier", "purpose"), [("BASIC", Purpose.RENEWAL), ("STANDARD", Purpose.PURCHASE)])
async def test_a_renewal_or_an_upgrade_with_a_first_day_half_a_year_ahead_does_not_pause_what_is_paid(
    service: Service, tier: str, purpose: Purpose
) -> None:
    course = await service.save_course()
    _, old = await service.paid(student(), course)
    service.clock.advance(days=10)
    _, new = await service.paid(student(), course, tier, purpose=purpose, metadata=IN_HALF_A_YEAR)
    assert (new.supersedes, new.access.starts_at) == (old.id, old.access.starts_at)
    [access] = service.stored(StudentAccessRow, status="GRANTED")
    assert (access.purchase_id, access.starts_at) == (new.id, old.access.starts_at)
    assert [session.starts_at for session in sessions(new.metadata, new.access, 1)] == [ITS_SLOT]


@pytest.mark.parametrize("is_paid", [True, False], ids=["paid", "granted"])
async def test_an_admins_replacement_with_a_first_day_ahead_does_not_pause_what_had_begun(
    service: Service, is_paid: bool
) -> None:
    course = await service.save_course()
    if is_paid:
        _, old = await service.paid(student(), course)
    else:
        old = await service.created(course, student().id)
    service.clock.advance(days=10)
    new = await service.created(
        course, student().id, "STANDARD", metadata=IN_HALF_A_YEAR, on_existing=OnExisting.REPLACE
    )
    assert (new.supersedes, new.access.starts_at) == (old.id, old.access.starts_at)


async def test_an_upgrade_cuts_nothing_short(service: Service) -> None:
    course = await service.save_course()
    expiry = datetime(2030, 1, 1, tzinfo=UTC)
    await service.created(course, tier="BASIC", expiry_date=expiry)
    _, new = await service.paid(student(), course, "STANDARD")
    assert new.access.expires_at == expiry


async def test_tiers_are_compared_by_todays_ranks(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, "STANDARD")
    await service.paid(student(), course, "BASIC")
    await service.save_course(replace(BASIC, rank=2), replace(STANDARD, rank=1), PREMIUM, course_id=course.id)
    assert isinstance(await service.confirm(student(), payment), DuplicatePayment)


async def test_a_tier_that_the_catalogue_has_no_more_keeps_the_rank_it_was_sold_with(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, "PREMIUM")
    await service.paid(student(), course, "STANDARD")
    await service.save_course(PREMIUM, course_id=course.id)
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, Confirmed)
    assert outcome.purchase.supersedes is not None


async def test_a_renewal_adds_sessions_and_counts_its_validity_from_the_old_expiry(service: Service) -> None:
    course = await service.save_course()
    _, old = await service.paid(student(), course)
    await service.hold(old, 3)
    service.clock.advance(days=30)
    _, new = await service.paid(student(), course, purpose=Purpose.RENEWAL)
    assert (new.tier, new.supersedes) == ("BASIC", old.id)
    assert (new.access.sessions_total, new.access.sessions_used) == (1 + 4, 0)
    assert old.access.expires_at is not None
    assert (new.access.starts_at, new.access.expires_at) == (
        service.clock.now,
        old.access.expires_at + timedelta(days=90),
    )
    [before] = service.stored(StudentAccessRow, purchase_id=old.id)
    assert (before.status, before.sessions_used) == ("REVOKED", 3)
    assert service.actions(old.id) == ["purchase.created", *[HELD] * 3, "purchase.superseded"]


async def test_a_renewal_that_begins_after_the_old_expiry_is_counted_from_its_beginning(service: Service) -> None:
    course = await service.save_course()
    _, old = await service.paid(student(), course)
    metadata = replace(METADATA, date=dt.date(2027, 5, 2))
    _, new = await service.paid(student(), course, purpose=Purpose.RENEWAL, metadata=metadata)
    its_first_slot = datetime(2027, 5, 2, 12, 0, tzinfo=UTC)
    assert (new.access.starts_at, new.access.expires_at) == (
        old.access.starts_at,
        its_first_slot + timedelta(days=90),
    )


async def test_a_renewal_of_what_has_no_end_keeps_none(service: Service) -> None:
    course = await service.save_course()
    await service.paid(student(), course, "PREMIUM")
    _, new = await service.paid(student(), course, "PREMIUM", purpose=Purpose.RENEWAL)
    assert (new.access.sessions_total, new.access.expires_at) == (48, None)


async def test_a_renewal_after_the_lapse_is_a_purchase_as_with_none(service: Service) -> None:
    course = await service.save_course()
    _, old = await service.paid(student(), course)
    payment = await service.opened(student(), course, purpose=Purpose.RENEWAL)
    service.clock.advance(days=90)
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, Confirmed)
    assert (outcome.purchase.supersedes, outcome.purchase.access.sessions_total) == (None, 4)
    assert [row.status for row in service.stored(PurchaseRow)] == ["EXPIRED", "ACTIVE"]
    assert old.id != outcome.purchase.id


async def test_a_renewal_of_another_tier_than_stands_by_then_is_a_duplicate(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, "BASIC", purpose=Purpose.RENEWAL)
    _, purchase = await service.paid(student(), course, "STANDARD")
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, DuplicatePayment)
    assert outcome.existing == purchase


async def test_a_renewal_paid_for_a_higher_tier_is_an_upgrade(service: Service) -> None:
    course = await service.save_course()
    _, old = await service.paid(student(), course, "BASIC")
    await service.hold(old, 2)
    _, new = await service.paid(student(), course, "STANDARD", purpose=Purpose.RENEWAL)
    assert (new.access.sessions_total, new.access.sessions_used) == (12, 2)


async def test_a_lapsed_purchase_expires_in_the_commit_of_the_next(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    _, old = await service.paid(student(), course)
    await service.hold(old, 3)
    service.clock.advance(days=90)
    turns = service.writer.turns
    outcome = await service.confirm(student(), payment)
    assert service.writer.turns == turns + 1
    assert isinstance(outcome, Confirmed)
    assert outcome.purchase.supersedes is None
    assert outcome.purchase.access.sessions_used == 0
    [expired] = service.stored(PurchaseRow, id=old.id)
    assert (expired.status, expired.ended_at) == ("EXPIRED", service.clock.now)
    [access] = service.stored(StudentAccessRow, purchase_id=old.id)
    assert (access.status, access.sessions_used) == (AccessStatus.EXPIRED, 3)
    assert service.actions(old.id) == ["purchase.created", *[HELD] * 3, "purchase.expired"]
    assert service.stored(JobRow) == []


async def test_until_its_very_expiry_a_purchase_stands(service: Service) -> None:
    course = await service.save_course()
    first, second = [await service.opened(student(), course) for _ in range(2)]
    await service.confirm(student(), first)
    service.clock.advance(days=90, microseconds=-1)
    assert isinstance(await service.confirm(student(), second), DuplicatePayment)


async def test_where_both_flows_arrive_at_once_the_paid_one_wins_the_row(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    created, confirmed = await service.together(service.creating(course), service.confirming(payment))
    assert isinstance(confirmed, Confirmed)
    assert not confirmed.already_processed
    assert created == Created(confirmed.purchase, already_processed=True)
    [row] = service.stored(PurchaseRow)
    assert (row.payment_id, row.origin) == (payment.id, "PAYMENT")
    assert len(service.stored(StudentAccessRow)) == 1


@pytest.mark.parametrize(
    ("paid_tier", "purpose", "expected"),
    [
        ("STANDARD", Purpose.PURCHASE, DuplicatePayment),
        ("BASIC", Purpose.PURCHASE, DuplicatePayment),
        ("STANDARD", Purpose.RENEWAL, Confirmed),
        ("PREMIUM", Purpose.PURCHASE, Confirmed),
    ],
    ids=["the same tier is a duplicate", "a lower one as well", "a renewal renews", "a higher one upgrades"],
)
async def test_where_the_admins_came_first_the_payment_goes_by_the_rows_above(
    service: Service, paid_tier: str, purpose: Purpose, expected: type[Confirmed | DuplicatePayment]
) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, paid_tier, purpose=purpose)
    granted = await service.created(course, tier="STANDARD")
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, expected)
    kept = outcome.existing.id if isinstance(outcome, DuplicatePayment) else outcome.purchase.supersedes
    assert kept == granted.id
    assert len(service.stored(PurchaseRow, status="ACTIVE")) == 1


async def test_purchases_of_other_courses_and_students_are_left_alone(service: Service) -> None:
    first, second = await service.save_course(), await service.save_course()
    await service.paid(student("student-1"), first)
    await service.paid(student("student-1"), second)
    await service.paid(student("student-2"), first, "STANDARD")
    assert [row.status for row in service.stored(PurchaseRow)] == ["ACTIVE"] * 3
    assert [row.supersedes for row in service.stored(PurchaseRow)] == [None] * 3
