"""What an extension comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from db.tables import AuditEntryRow, IdempotencyRecordRow, PurchaseRow, StudentAccessRow
from gateway.services.core.commands.amend_purchase import ExtendPurchase
from gateway.services.core.model.outcomes import (
    ActivePurchaseExists,
    Confirmed,
    Created,
    Extended,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
    RefundRequested,
)
from gateway.services.core.model.values import AccessStatus, OnExisting, Purchase, PurchaseStatus
from gateway.services.rows.lookups import COURSE_BY_ID
from tests.service import ADMIN, METADATA, Service, student
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio

DAY = timedelta(days=1)


def end_of(purchase: Purchase) -> datetime:
    assert purchase.access.expires_at is not None
    return purchase.access.expires_at


async def expired(service: Service) -> Purchase:
    """A purchase whose time was up a day ago, and which was ended since."""
    purchase = await service.created(await service.save_course())
    await service.hold(purchase, 3)
    service.clock.advance(days=91)
    await open_shop(service).sweep()
    assert [row.status for row in service.stored(PurchaseRow)] == ["EXPIRED"]
    return purchase


async def test_an_extended_purchase_ends_later_and_the_audit_says_why_and_from_when(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    until = end_of(purchase) + 30 * DAY
    await service.hold(purchase, 2)
    service.clock.advance(days=5)
    outcome = await service.extend(purchase, until, "was ill")
    access = replace(purchase.access, expires_at=until, sessions_used=2, sessions_recorded=2)
    assert outcome == Extended(replace(purchase, access=access), already_processed=False)
    [row] = service.stored(StudentAccessRow)
    assert (row.status, row.sessions_used, row.expires_at) == ("GRANTED", 2, until)
    [entry] = service.stored(AuditEntryRow, action="purchase.extended")
    assert (entry.subject_id, entry.actor_id, entry.reason, entry.at) == (
        purchase.id,
        "admin-1",
        "was ill",
        service.clock.now,
    )
    assert entry.changes == {"expiryDate": [end_of(purchase).isoformat(), until.isoformat()]}


async def test_asking_twice_extends_once(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    until = end_of(purchase) + DAY
    first = await service.extend(purchase, until)
    assert isinstance(first, Extended)
    before = service.everything()
    assert await service.extend(purchase, until, "another reason") == replace(first, already_processed=True)
    assert service.everything() == before


async def test_a_key_stands_for_one_extension(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    until = end_of(purchase) + DAY
    await service.extend(purchase, until, key="k")
    further = await service.extend(purchase, until + DAY)
    assert isinstance(further, Extended)
    assert await service.extend(purchase, until, key="k") == replace(further, already_processed=True)
    assert await service.extend(purchase, until + DAY, key="k") == IdempotencyKeyReused("k")
    [record] = service.stored(IdempotencyRecordRow, operation="extendPurchase")
    assert record.result_id == purchase.id
    await service.extend(purchase, until + DAY, key="of what stood already")
    assert len(service.stored(IdempotencyRecordRow, operation="extendPurchase")) == 2


async def test_a_purchase_that_lapsed_unnoticed_goes_on_without_an_end_between(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    service.clock.advance(days=91)
    outcome = await service.extend(purchase, service.clock.now + DAY)
    assert isinstance(outcome, Extended)
    assert service.actions(purchase.id) == ["purchase.created", "purchase.extended"]
    assert [row.status for row in service.stored(PurchaseRow)] == ["ACTIVE"]


async def test_an_expired_purchase_is_active_again_with_the_sessions_it_had_left(service: Service) -> None:
    purchase = await expired(service)
    until = service.clock.now + 30 * DAY
    outcome = await service.extend(purchase, until)
    assert isinstance(outcome, Extended)
    again = outcome.purchase
    assert (again.status, again.ended_at, again.access.sessions_left) == (PurchaseStatus.ACTIVE, None, 1)
    assert (again.access.status, again.access.expires_at) == (AccessStatus.GRANTED, until)
    [row] = service.stored(PurchaseRow)
    assert (row.status, row.ended_at) == ("ACTIVE", None)
    [entry] = service.stored(AuditEntryRow, action="purchase.extended")
    assert entry.changes["status"] == ["EXPIRED", "ACTIVE"]
    course = await service.find(COURSE_BY_ID, purchase.course_id)
    assert await service.create(course) == Created(again, already_processed=True)


async def test_an_expired_purchase_stays_so_where_the_student_has_another_by_now(service: Service) -> None:
    old = await expired(service)
    course = await service.find(COURSE_BY_ID, old.course_id)
    new = await service.created(course)
    before = service.everything()
    assert await service.extend(old, service.clock.now + DAY) == ActivePurchaseExists(new)
    assert service.everything() == before


async def test_an_expired_purchase_takes_the_place_of_one_that_has_lapsed_since(service: Service) -> None:
    old = await expired(service)
    course = await service.find(COURSE_BY_ID, old.course_id)
    new = await service.created(course, expiry_date=service.clock.now + DAY)
    service.clock.advance(days=2)
    assert isinstance(await service.extend(old, service.clock.now + DAY), Extended)
    assert {row.id: row.status for row in service.stored(PurchaseRow)} == {old.id: "ACTIVE", new.id: "EXPIRED"}
    assert service.actions(new.id) == ["purchase.created", "purchase.expired"]


async def test_an_extension_and_a_grant_in_one_turn_leave_one_active_purchase(service: Service) -> None:
    old = await expired(service)
    course = await service.find(COURSE_BY_ID, old.course_id)
    command = ExtendPurchase(ADMIN, old.id, service.clock.now + DAY, "a test")
    created, refused = await service.together(service.creating(course), command)
    assert isinstance(created, Created)
    assert refused == ActivePurchaseExists(created.purchase)
    assert [row.id for row in service.stored(PurchaseRow, status="ACTIVE")] == [created.purchase.id]


async def test_what_was_refunded_after_it_expired_is_not_extended(service: Service) -> None:
    shop = open_shop(service)
    payment, purchase = await shop.paid(await service.save_course())
    service.clock.advance(days=91)
    await shop.sweep()
    await shop.refund(payment)
    assert [row.status for row in service.stored(PurchaseRow)] == ["EXPIRED"]
    outcome = await service.extend(purchase, service.clock.now + DAY)
    assert outcome == InvalidInput(
        (FieldProblem(("purchaseId",), "was refunded in full; grant the course anew with createPurchase"),)
    )


async def test_a_refund_under_way_ends_an_expired_purchase_that_was_extended_meanwhile(service: Service) -> None:
    shop = open_shop(service)
    payment, purchase = await shop.paid(await service.save_course())
    service.clock.advance(days=91)
    await shop.sweep()
    assert isinstance(await service.refund(payment), RefundRequested)
    assert isinstance(await service.extend(purchase, service.clock.now + DAY), Extended)
    await shop.run_jobs()
    assert shop.purchases() == [("BASIC", "REFUNDED")]


async def test_a_paid_purchase_is_extended_as_well_and_confirms_as_before(service: Service) -> None:
    payment, purchase = await service.paid(student(), await service.save_course())
    extended = await service.extend(purchase, end_of(purchase) + DAY)
    assert isinstance(extended, Extended)
    again = await service.confirm(student(), payment)
    assert isinstance(again, Confirmed)
    assert (again.purchase, again.already_processed) == (extended.purchase, True)


@pytest.mark.parametrize(
    ("until", "words"),
    [
        (datetime(2026, 11, 23, 9, 0, tzinfo=UTC), "must be in the future"),
        (datetime(2027, 2, 21, 8, 59, tzinfo=UTC), "must be later than 2027-02-21T09:00:00+00:00"),
        (datetime(2101, 1, 1, tzinfo=UTC), "must be before the end of 2100"),
    ],
)
async def test_an_end_that_is_none_later_is_refused(service: Service, until: datetime, words: str) -> None:
    purchase = await service.created(await service.save_course())
    before = service.everything()
    outcome = await service.extend(purchase, until)
    assert isinstance(outcome, InvalidInput)
    assert [(problem.path, words in problem.message) for problem in outcome.fields] == [(("expiryDate",), True)]
    assert service.everything() == before


async def test_what_never_ends_is_not_extended(service: Service) -> None:
    purchase = await service.created(await service.save_course(), tier="PREMIUM")
    outcome = await service.extend(purchase, service.clock.now + DAY)
    assert outcome == InvalidInput((FieldProblem(("purchaseId",), "never ends, so there is nothing to extend"),))


async def test_what_ended_otherwise_than_by_its_time_is_not_extended(service: Service) -> None:
    course = await service.save_course()
    superseded = await service.created(course)
    revoked = await service.created(course, tier="STANDARD", on_existing=OnExisting.REPLACE)
    await service.revoke(revoked)
    for purchase, status in ((superseded, "SUPERSEDED"), (revoked, "REVOKED")):
        outcome = await service.extend(purchase, service.clock.now + 400 * DAY)
        assert outcome == InvalidInput(
            (FieldProblem(("purchaseId",), f"is {status}; only what is ACTIVE or EXPIRED is extended"),)
        )


async def test_a_purchase_that_does_not_exist_is_missing(service: Service) -> None:
    purchase = await service.created(await service.save_course())
    nowhere = replace(purchase, id=UUID(int=7))
    assert await service.extend(nowhere, service.clock.now + DAY) == NotFound("purchase")
    assert await service.correct(nowhere, METADATA) == NotFound("purchase")
    assert await service.revoke(nowhere) == NotFound("purchase")
