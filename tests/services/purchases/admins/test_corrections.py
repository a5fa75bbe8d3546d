"""What an admin's call to put a purchase's metadata right, or to take a purchase back, comes to."""

import datetime as dt
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from db.job_tables import JobRow
from db.tables import AuditEntryRow, IdempotencyRecordRow, PaymentRow, PurchaseRow, RefundRow, StudentAccessRow
from gateway.services.core.model.metadata import Label, TimeSlot
from gateway.services.core.model.outcomes import (
    Confirmed,
    Corrected,
    Created,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    Revoked,
)
from gateway.services.core.model.values import AccessStatus, OnExisting, PurchaseStatus
from gateway.services.rows.lookups import PURCHASE_BY_ID
from tests.service import METADATA, Service, student
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio

SUNDAY = dt.date(2026, 12, 6)
ITS_SLOT = datetime(2026, 12, 6, 12, 0, tzinfo=UTC)
DAILY_AT_SIX = replace(
    METADATA,
    is_sunday_only=False,
    session_duration=90,
    slot=TimeSlot(dt.time(18, 0), "Europe/Berlin"),
    labels=(Label("a", "1"),),
)


async def test_corrected_metadata_takes_the_place_of_what_stood_and_the_audit_has_both(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    await service.hold(purchase, 2)
    service.clock.advance(days=5)
    outcome = await service.correct(purchase, DAILY_AT_SIX, "the slot was a slip")
    access = replace(purchase.access, sessions_used=2, sessions_recorded=2)
    assert outcome == Corrected(replace(purchase, metadata=DAILY_AT_SIX, access=access), already_processed=False)
    stored = await service.find(PURCHASE_BY_ID, purchase.id)
    assert (stored.metadata, stored.access) == (DAILY_AT_SIX, access)
    [entry] = service.stored(AuditEntryRow, action="purchase.corrected")
    assert (entry.subject_id, entry.actor_id, entry.reason) == (purchase.id, "admin-1", "the slot was a slip")
    assert entry.changes == {
        "isSundayOnly": ["true", "false"],
        "sessionDuration": ["60", "90"],
        "timeSlot.start": ["17:30", "18:00"],
        "timeSlot.timeZone": ["Asia/Kolkata", "Europe/Berlin"],
        "labels": ["none", "a=1"],
    }


async def test_after_a_correction_the_corrected_metadata_is_what_stands(service: Service) -> None:
    course = await service.save_course()
    payment, purchase = await service.paid(student(), course)
    corrected = await service.correct(purchase, DAILY_AT_SIX)
    assert isinstance(corrected, Corrected)
    assert await service.create(course, metadata=DAILY_AT_SIX) == Created(corrected.purchase, already_processed=True)
    assert isinstance(await service.create(course), MetadataConflict)
    # What the payment was opened with is another matter, and stays.
    again = await service.confirm(student(), payment, metadata=METADATA)
    assert isinstance(again, Confirmed)
    assert again.purchase == corrected.purchase


@pytest.mark.parametrize("key", [None, "k"])
async def test_the_same_correction_again_changes_nothing(service: Service, key: str | None) -> None:
    purchase = await service.created(await service.save_course())
    first = await service.correct(purchase, DAILY_AT_SIX, key=key)
    assert isinstance(first, Corrected)
    before = service.everything()
    assert await service.correct(purchase, DAILY_AT_SIX, key=key) == replace(first, already_processed=True)
    assert service.everything() == before


async def test_a_key_stands_for_one_correction_and_one_revocation(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    await service.correct(purchase, DAILY_AT_SIX, key="k")
    assert await service.correct(purchase, METADATA, key="k") == IdempotencyKeyReused("k")
    await service.correct(purchase, DAILY_AT_SIX, key="of what stood already")
    assert isinstance(await service.revoke(purchase, key="k"), Revoked)  # a key is one operation's own
    assert await service.revoke(purchase, "another reason", key="k") == IdempotencyKeyReused("k")
    assert isinstance(await service.revoke(purchase, "a test", key="k"), Revoked)
    await service.revoke(purchase, key="of what was revoked already")
    assert {(row.operation, row.key): row.result_id for row in service.stored(IdempotencyRecordRow)} == {
        ("correctPurchaseMetadata", "k"): purchase.id,
        ("correctPurchaseMetadata", "of what stood already"): purchase.id,
        ("revokePurchase", "k"): purchase.id,
        ("revokePurchase", "of what was revoked already"): purchase.id,
    }


async def test_a_new_first_day_moves_the_start_and_not_the_end(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    outcome = await service.correct(purchase, replace(METADATA, date=SUNDAY))
    assert isinstance(outcome, Corrected)
    assert (outcome.purchase.access.starts_at, outcome.purchase.access.expires_at) == (
        ITS_SLOT,
        purchase.access.expires_at,
    )
    [row] = service.stored(StudentAccessRow)
    assert row.starts_at == ITS_SLOT
    [entry] = service.stored(AuditEntryRow, action="purchase.corrected")
    assert entry.changes == {
        "date": ["none", "2026-12-06"],
        "startsAt": [purchase.access.starts_at.isoformat(), ITS_SLOT.isoformat()],
    }


async def test_another_slot_moves_a_start_that_is_still_to_come(service: Service) -> None:
    purchase = await service.created(await service.save_course(), metadata=replace(METADATA, date=SUNDAY))
    earlier = replace(METADATA, date=SUNDAY, slot=TimeSlot(dt.time(9, 30), "Asia/Kolkata"))
    outcome = await service.correct(purchase, earlier)
    assert isinstance(outcome, Corrected)
    assert outcome.purchase.access.starts_at == ITS_SLOT - timedelta(hours=8)


@pytest.mark.parametrize("day", [None, dt.date(2026, 11, 22)])
async def test_without_a_first_day_to_come_an_access_begins_now_at_the_latest(
    service: Service, day: dt.date | None
) -> None:
    course = await service.save_course()
    waiting = await service.created(course, metadata=replace(METADATA, date=SUNDAY))
    begun = await service.created(course, "student-2")
    began = service.clock.now
    service.clock.advance(hours=1)
    for purchase, starts_at in ((waiting, service.clock.now), (begun, began)):
        outcome = await service.correct(purchase, replace(METADATA, session_duration=90, date=day))
        assert isinstance(outcome, Corrected)
        assert outcome.purchase.access.starts_at == starts_at


async def test_an_access_may_not_begin_after_it_ends(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    before = service.everything()
    outcome = await service.correct(purchase, replace(METADATA, date=dt.date(2027, 2, 28)))
    ends = "must be before the access ends, 2027-02-21T09:00:00+00:00; extend the purchase first"
    assert outcome == InvalidInput((FieldProblem(("metadata", "date"), ends),))
    assert service.everything() == before


async def test_a_first_day_may_be_any_where_the_access_has_no_end(service: Service) -> None:
    purchase = await service.created(await service.save_course(), tier="PREMIUM")
    assert isinstance(await service.correct(purchase, replace(METADATA, date=dt.date(2090, 1, 1))), Corrected)


async def test_metadata_is_held_to_the_same_rules_as_everywhere(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    wrong = replace(METADATA, session_duration=14, date=dt.date(2026, 12, 7))
    outcome = await service.correct(purchase, wrong, " ", key="k" * 256)
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [
        ("idempotencyKey",),
        ("reason",),
        ("metadata", "sessionDuration"),
        ("metadata", "date"),
    ]


async def test_a_revoked_purchase_and_its_access_are_over_and_the_sessions_used_stay(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    await service.hold(purchase, 3)
    service.clock.advance(days=5)
    outcome = await service.revoke(purchase, "shared their login")
    assert isinstance(outcome, Revoked)
    assert (outcome.purchase.status, outcome.purchase.ended_at) == (PurchaseStatus.REVOKED, service.clock.now)
    [row] = service.stored(PurchaseRow)
    assert (row.status, row.ended_at) == ("REVOKED", service.clock.now)
    [access] = service.stored(StudentAccessRow)
    assert (access.status, access.sessions_used) == (AccessStatus.REVOKED.value, 3)
    [entry] = service.stored(AuditEntryRow, action="purchase.revoked")
    assert (entry.subject_id, entry.actor_id, entry.reason) == (purchase.id, "admin-1", "shared their login")
    assert entry.changes == {"status": ["ACTIVE", "REVOKED"]}


async def test_revoking_twice_revokes_once(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    first = await service.revoke(purchase)
    assert isinstance(first, Revoked)
    before = service.everything()
    service.clock.advance(days=1)
    assert await service.revoke(purchase, "another reason") == replace(first, already_processed=True)
    assert service.everything() == before


async def test_a_revoked_purchase_stays_paid_until_its_money_is_refunded(service: Service) -> None:
    shop = open_shop(service)
    payment, purchase = await shop.paid(await service.save_course())
    await service.revoke(purchase)
    [row] = service.stored(PaymentRow)
    assert (row.status, row.fulfilment, service.stored(RefundRow), service.stored(JobRow)) == (
        "SUCCEEDED",
        "FULFILLED",
        [],
        [],
    )
    await shop.refund(payment)
    assert [row.status for row in service.stored(PaymentRow)] == ["REFUNDED"]
    assert shop.purchases() == [("BASIC", "REVOKED")]


async def test_after_a_revocation_the_student_may_buy_the_course_again(service: Service) -> None:
    course = await service.save_course()
    _, old = await service.paid(student(), course)
    await service.revoke(old)
    _, new = await service.paid(student(), course)
    assert (new.id != old.id, new.supersedes) == (True, None)
    assert sorted(row.status for row in service.stored(PurchaseRow)) == ["ACTIVE", "REVOKED"]


@pytest.mark.parametrize("was_noticed", [False, True])
async def test_what_has_ended_is_neither_corrected_nor_revoked(service: Service, was_noticed: bool) -> None:
    course = await service.save_course()
    superseded = await service.created(course)
    lapsed = await service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)
    service.clock.advance(days=181)
    if was_noticed:
        await open_shop(service).sweep()
    before = service.everything()
    for purchase, status in ((superseded, "SUPERSEDED"), (lapsed, "EXPIRED")):
        for outcome, done in (
            (await service.correct(purchase, DAILY_AT_SIX), "corrected"),
            (await service.revoke(purchase), "revoked"),
        ):
            assert outcome == InvalidInput(
                (FieldProblem(("purchaseId",), f"is {status}; only an ACTIVE purchase is {done}"),)
            )
    assert service.everything() == before
