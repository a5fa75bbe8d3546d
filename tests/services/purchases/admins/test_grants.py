"""What a grant comes to."""

import datetime as dt
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.job_tables import JobRow
from db.tables import AuditEntryRow, PaymentRow, PurchaseRow, StudentAccessRow
from gateway.services.core.model.metadata import Label, TimeSlot
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    Created,
    Difference,
    InvalidInput,
    MetadataConflict,
    NotFound,
)
from gateway.services.core.model.values import Money, OnExisting, PurchaseStatus, Tier, TierChoice
from tests.service import BASIC, METADATA, Service, student

pytestmark = pytest.mark.anyio

REPLACE = OnExisting.REPLACE


async def test_a_granted_purchase_is_stored_with_its_access_and_why(service: Service) -> None:
    course = await service.save_course()
    outcome = await service.create(course, tier="STANDARD", reason="won a prize")
    assert isinstance(outcome, Created)
    assert (outcome.already_processed, outcome.replaced) == (False, None)
    now = service.clock.now
    [purchase] = service.stored(PurchaseRow)
    assert (purchase.id, purchase.student_id, purchase.course_id) == (outcome.purchase.id, "student-1", course.id)
    assert (purchase.tier, purchase.status, purchase.origin) == ("STANDARD", "ACTIVE", "ADMIN")
    assert (purchase.created_by_id, purchase.created_by_role, purchase.payment_id) == ("admin-1", "ADMIN", None)
    [access] = service.stored(StudentAccessRow)
    assert (access.status, access.sessions_total, access.sessions_used) == ("GRANTED", 12, 0)
    assert (access.starts_at, access.expires_at) == (now, now + timedelta(days=180))
    [entry] = service.stored(AuditEntryRow, subject_id=purchase.id)
    assert (entry.action, entry.actor_id, entry.reason) == ("purchase.created", "admin-1", "won a prize")
    given = {"sessionsTotal": 12, "expiryDate": (now + timedelta(days=180)).isoformat()}
    whose = {"studentId": "student-1", "courseId": str(course.id)}
    assert (entry.at, entry.changes) == (now, {"tier": "STANDARD", **whose, **given})
    assert (service.stored(PaymentRow), service.stored(JobRow)) == ([], [])


async def test_the_same_tier_with_the_same_metadata_is_the_purchase_that_stands(service: Service) -> None:
    course = await service.save_course()
    metadata = replace(METADATA, labels=(Label("a", "1"), Label("b", "2")))
    standing = await service.created(course, metadata=metadata)
    before = service.everything()
    same = replace(metadata, labels=(Label("b", "2"), Label("a", "1")))
    assert await service.create(course, metadata=same) == Created(standing, already_processed=True)
    assert await service.create(course, metadata=same, on_existing=REPLACE) == Created(standing, already_processed=True)
    assert service.everything() == before


async def test_a_paid_purchase_that_stands_is_answered_as_well(service: Service) -> None:
    course = await service.save_course()
    _, purchase = await service.paid(student(), course)
    assert await service.create(course) == Created(purchase, already_processed=True)


@pytest.mark.parametrize("on_existing", list(OnExisting))
async def test_the_same_tier_with_other_metadata_conflicts_and_names_each_field(
    service: Service, on_existing: OnExisting
) -> None:
    course = await service.save_course()
    standing = await service.created(course)
    other = replace(
        METADATA,
        is_sunday_only=False,
        session_duration=90,
        slot=TimeSlot(dt.time(18, 0), "Europe/Berlin"),
        date=dt.date(2026, 12, 7),
        labels=(Label("a", "1"),),
    )
    before = service.everything()
    outcome = await service.create(course, metadata=other, on_existing=on_existing)
    assert isinstance(outcome, MetadataConflict)
    assert outcome.existing == standing
    assert [difference.field for difference in outcome.differences] == [
        "isSundayOnly",
        "sessionDuration",
        "timeSlot.start",
        "timeSlot.timeZone",
        "date",
        "labels",
    ]
    assert service.everything() == before


async def test_an_expiry_that_is_asked_for_must_be_the_one_that_stands(service: Service) -> None:
    course = await service.save_course()
    expiry = datetime(2027, 6, 1, tzinfo=UTC)
    standing = await service.created(course, expiry_date=expiry)
    assert standing.access.expires_at == expiry
    for same in (None, expiry, expiry.astimezone(dt.timezone(timedelta(hours=5, minutes=30)))):
        assert await service.create(course, expiry_date=same) == Created(standing, already_processed=True)
    outcome = await service.create(course, expiry_date=expiry + timedelta(days=1))
    assert outcome == MetadataConflict(
        (Difference("expiryDate", "2027-06-01T00:00:00+00:00", "2027-06-02T00:00:00+00:00"),), standing
    )


async def test_an_expiry_differs_from_no_end_at_all(service: Service) -> None:
    course = await service.save_course()
    standing = await service.created(course, tier="PREMIUM")
    outcome = await service.create(course, tier="PREMIUM", expiry_date=datetime(2027, 6, 1, tzinfo=UTC))
    assert outcome == MetadataConflict((Difference("expiryDate", "none", "2027-06-01T00:00:00+00:00"),), standing)


@pytest.mark.parametrize("wanted", ["BASIC", "PREMIUM"])
async def test_another_tier_is_refused_with_the_purchase_that_stands(service: Service, wanted: str) -> None:
    course = await service.save_course()
    standing = await service.created(course, tier="STANDARD")
    before = service.everything()
    assert await service.create(course, tier=wanted) == ActivePurchaseExists(standing)
    assert service.everything() == before


@pytest.mark.parametrize(("wanted", "total", "used"), [("BASIC", 4, 4), ("PREMIUM", 24, 7)])
async def test_another_tier_replaces_where_that_is_asked_for(
    service: Service, wanted: str, total: int, used: int
) -> None:
    course = await service.save_course()
    began = service.clock.now
    old = await service.created(course, tier="STANDARD")
    await service.hold(old, 7)
    service.clock.advance(days=10)
    outcome = await service.create(course, tier=wanted, on_existing=REPLACE, reason="asked by mail")
    assert isinstance(outcome, Created)
    assert outcome.replaced is not None
    assert (outcome.replaced.id, outcome.replaced.status) == (old.id, PurchaseStatus.SUPERSEDED)

    new, now = outcome.purchase, service.clock.now
    assert (new.supersedes, new.status, new.access.starts_at) == (old.id, PurchaseStatus.ACTIVE, began)
    [ended] = service.stored(PurchaseRow, id=old.id)
    assert (ended.status, ended.ended_at) == ("SUPERSEDED", now)
    [before] = service.stored(StudentAccessRow, purchase_id=old.id)
    assert (before.status, before.sessions_used) == ("REVOKED", 7)
    [after] = service.stored(StudentAccessRow, purchase_id=new.id)
    assert (after.status, after.sessions_total, after.sessions_used) == ("GRANTED", total, used)
    [entry] = service.stored(AuditEntryRow, subject_id=old.id, action="purchase.superseded")
    assert (entry.reason, entry.changes) == ("asked by mail", {"tier": ["STANDARD", wanted]})
    assert service.actions(new.id) == ["purchase.created"]


async def test_a_purchase_replaced_twice_in_one_turn_leaves_one_active(service: Service) -> None:
    course = await service.save_course()
    tiers = ("BASIC", "STANDARD", "PREMIUM")
    outcomes = await service.together(
        *(service.creating(course, tier=tier, on_existing=REPLACE) for tier in tiers),
    )
    assert [outcome.purchase.tier for outcome in outcomes if isinstance(outcome, Created)] == list(tiers)
    assert sorted(row.status for row in service.stored(PurchaseRow)) == ["ACTIVE", "SUPERSEDED", "SUPERSEDED"]
    assert [row.tier for row in service.stored(PurchaseRow, status="ACTIVE")] == ["PREMIUM"]


async def test_many_admins_at_one_instant_grant_one_purchase(service: Service) -> None:
    course = await service.save_course()
    outcomes = await service.together(*(service.creating(course) for _ in range(10)))
    created = [outcome for outcome in outcomes if isinstance(outcome, Created)]
    assert [outcome.already_processed for outcome in created] == [False] + [True] * 9
    assert len({outcome.purchase.id for outcome in created}) == 1
    assert (len(service.stored(PurchaseRow)), len(service.stored(AuditEntryRow, action="purchase.created"))) == (1, 1)


async def test_a_lapsed_purchase_expires_and_a_new_one_begins(service: Service) -> None:
    course = await service.save_course()
    old = await service.created(course)
    service.clock.advance(days=90)
    outcome = await service.create(course, metadata=replace(METADATA, session_duration=90))
    assert isinstance(outcome, Created)
    assert (outcome.already_processed, outcome.purchase.supersedes) == (False, None)
    assert [row.status for row in service.stored(PurchaseRow)] == ["EXPIRED", "ACTIVE"]
    assert [row.status for row in service.stored(StudentAccessRow)] == ["EXPIRED", "GRANTED"]
    assert service.actions(old.id) == ["purchase.created", "purchase.expired"]


@pytest.mark.parametrize("status", [PurchaseStatus.REVOKED, PurchaseStatus.REFUNDED])
async def test_after_an_end_the_course_can_be_granted_again(service: Service, status: PurchaseStatus) -> None:
    course = await service.save_course()
    old = await service.created(course)
    service.change(PurchaseRow, old.id, status=status.value, ended_at=service.clock.now)
    outcome = await service.create(course)
    assert isinstance(outcome, Created)
    assert (outcome.already_processed, outcome.purchase.id != old.id) == (False, True)


async def test_a_given_expiry_wins_over_the_tiers_validity(service: Service) -> None:
    expiry = service.clock.now + timedelta(microseconds=1)
    purchase = await service.created(await service.save_course(), expiry_date=expiry)
    assert purchase.access.expires_at == expiry


@pytest.mark.parametrize(
    ("expiry", "first_day", "words"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), None, "must be in the future"),
        (datetime(2101, 1, 1, tzinfo=UTC), None, "must be before the end of 2100"),
        (datetime(2026, 12, 6, 12, 0, tzinfo=UTC), dt.date(2026, 12, 6), "must be after the first session"),
    ],
)
async def test_an_expiry_that_cannot_be_meant_is_refused(
    service: Service, expiry: datetime, first_day: dt.date | None, words: str
) -> None:
    metadata = replace(METADATA, date=first_day)
    outcome = await service.create(await service.save_course(), expiry_date=expiry, metadata=metadata)
    assert isinstance(outcome, InvalidInput)
    [problem] = outcome.fields
    assert problem.path == ("expiryDate",)
    assert words in problem.message
    assert service.stored(PurchaseRow) == []


async def test_an_admin_may_name_a_first_day_in_the_past_and_the_access_begins_now(service: Service) -> None:
    metadata = replace(METADATA, date=dt.date(2026, 11, 1))
    purchase = await service.created(await service.save_course(), metadata=metadata)
    assert purchase.metadata.date == dt.date(2026, 11, 1)
    assert purchase.access.starts_at == service.clock.now


async def test_an_admin_may_grant_a_free_tier(service: Service) -> None:
    course = await service.save_course(Tier("FREE", 1, Money(0, "INR"), 7, 0), BASIC)
    assert (await service.created(course, tier="FREE")).access.sessions_total == 1


async def test_a_course_that_does_not_exist_is_missing(service: Service) -> None:
    course = await service.save_course()
    assert await service.create(replace(course, id=UUID(int=7))) == NotFound("course")


@pytest.mark.parametrize(
    ("choice", "field"),
    [
        (TierChoice("GOLD", None), "purchaseTier"),
        (TierChoice("BASIC", 12), "sessionCount"),
        (TierChoice(None, 5), "sessionCount"),
        (TierChoice(None, None), "purchaseTier"),
    ],
)
async def test_a_tier_that_is_not_named_well_is_refused_by_the_admins_own_field(
    service: Service, choice: TierChoice, field: str
) -> None:
    outcome = await service.create(await service.save_course(), tier=choice)
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [(field,)]


async def test_a_tier_is_found_by_its_sessions_alone_and_both_in_agreement(service: Service) -> None:
    course = await service.save_course()
    by_sessions = await service.create(course, tier=TierChoice(None, 12))
    assert isinstance(by_sessions, Created)
    assert by_sessions.purchase.tier == "STANDARD"
    assert await service.create(course, tier=TierChoice("STANDARD", 12)) == replace(by_sessions, already_processed=True)


async def test_a_wrong_tier_and_a_passed_expiry_are_named_at_once(service: Service) -> None:
    outcome = await service.create(await service.save_course(), tier="GOLD", expiry_date=service.clock.now)
    assert isinstance(outcome, InvalidInput)
    assert {problem.path for problem in outcome.fields} == {("purchaseTier",), ("expiryDate",)}


async def test_everything_that_is_wrong_is_named_at_once_and_nothing_is_stored(service: Service) -> None:
    course = await service.save_course()
    before = service.everything()
    outcome = await service.create(
        course,
        " ",
        key="k" * 256,
        reason="\ud800",
        metadata=replace(METADATA, session_duration=14),
    )
    assert isinstance(outcome, InvalidInput)
    assert [problem.path for problem in outcome.fields] == [
        ("idempotencyKey",),
        ("studentId",),
        ("reason",),
        ("metadata", "sessionDuration"),
    ]
    assert service.everything() == before
