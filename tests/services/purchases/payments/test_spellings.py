"""One value in another spelling is the same value: by whichever door it comes, and with a key or without."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from db.tables import AuditEntryRow, IdempotencyRecordRow, PurchaseRow
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.outcomes import (
    Confirmed,
    Corrected,
    Created,
    IdempotencyKeyReused,
    MetadataConflict,
    Opened,
)
from gateway.services.core.model.values import TierChoice
from gateway.services.core.rules.idempotency import fingerprint_as_spelt
from tests.service import BASIC, METADATA, STANDARD, Service, student

pytestmark = pytest.mark.anyio


def by(time_zone: str) -> Metadata:
    return replace(METADATA, slot=TimeSlot(METADATA.slot.start, time_zone))


CALCUTTA, KOLKATA, COLOMBO = by("Asia/Calcutta"), by("Asia/Kolkata"), by("Asia/Colombo")
BY_CODE, BY_SESSIONS, BY_BOTH = (
    TierChoice("BASIC", None),
    TierChoice(None, BASIC.session_count),
    TierChoice("BASIC", BASIC.session_count),
)


async def test_a_grant_with_the_time_zone_by_its_other_name_is_the_purchase_that_stands(service: Service) -> None:
    course = await service.save_course()
    purchase = await service.created(course, metadata=CALCUTTA)
    assert await service.create(course, metadata=KOLKATA) == Created(purchase, already_processed=True)
    assert [row.time_zone for row in service.stored(PurchaseRow)] == ["Asia/Calcutta"]
    other = await service.create(course, metadata=COLOMBO)
    assert isinstance(other, MetadataConflict)
    [field] = other.differences
    assert (field.field, field.stored, field.given) == ("timeSlot.timeZone", "Asia/Calcutta", "Asia/Colombo")


async def test_a_confirmation_with_the_time_zone_by_its_other_name_agrees(service: Service) -> None:
    payment = await service.opened(student(), await service.save_course(), metadata=KOLKATA)
    assert isinstance(await service.confirm(student(), payment, metadata=COLOMBO), MetadataConflict)
    confirmed = await service.confirm(student(), payment, metadata=CALCUTTA)
    assert isinstance(confirmed, Confirmed)
    assert confirmed.purchase.metadata == KOLKATA


async def test_flow_two_after_flow_one_with_the_time_zone_by_its_other_name_is_the_same_purchase(
    service: Service,
) -> None:
    course = await service.save_course()
    _, purchase = await service.paid(student(), course, metadata=CALCUTTA)
    assert await service.create(course, student().id, metadata=KOLKATA) == Created(purchase, already_processed=True)


async def test_a_correction_to_the_other_name_of_the_zone_that_stands_is_none(service: Service) -> None:
    """Nothing is told to anybody, for nothing takes place otherwise than before."""
    purchase = await service.created(await service.save_course(), metadata=CALCUTTA)
    assert await service.correct(purchase, KOLKATA) == Corrected(purchase, already_processed=True)
    assert service.stored(AuditEntryRow, action="purchase.corrected") == []
    longer = replace(KOLKATA, session_duration=90)
    corrected = await service.correct(purchase, longer)
    assert isinstance(corrected, Corrected)
    assert corrected.purchase.metadata == longer
    [entry] = service.stored(AuditEntryRow, action="purchase.corrected")
    assert entry.changes == {"sessionDuration": ["60", "90"]}


async def test_a_key_stands_for_the_wish_however_its_zone_is_named(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, metadata=CALCUTTA, key="k")
    again = await service.open(student(), course, metadata=KOLKATA, key="k")
    assert isinstance(again, Opened)
    assert (again.payment.id, again.already_processed) == (payment.id, True)
    assert await service.open(student(), course, metadata=COLOMBO, key="k") == IdempotencyKeyReused("k")
    purchase = await service.created(course, "student-2", metadata=KOLKATA, key="k")
    assert await service.create(course, "student-2", metadata=CALCUTTA, key="k") == Created(purchase, True)
    assert isinstance(await service.correct(purchase, COLOMBO, key="k"), Corrected)
    assert isinstance(await service.correct(purchase, by("Asia/Colombo"), key="k"), Corrected)


async def test_a_key_of_before_a_zone_was_renamed_still_stands_for_the_wish_to_the_letter(service: Service) -> None:
    course = await service.save_course()
    command = service.creating(course, metadata=CALCUTTA, key="k")
    await service.purchases.submit(command)
    [record] = service.stored(IdempotencyRecordRow)
    with service.beside() as connection:
        table = IdempotencyRecordRow.__table__  # type: ignore[attr-defined]  # SQLModel's
        connection.execute(table.update().values(fingerprint=fingerprint_as_spelt(command.compared_fields())))
    assert service.stored(IdempotencyRecordRow) != [record]
    assert isinstance(await service.purchases.submit(command), Created)


@pytest.mark.parametrize("first", [BY_CODE, BY_SESSIONS, BY_BOTH], ids=["code", "sessions", "both"])
@pytest.mark.parametrize("again", [BY_CODE, BY_SESSIONS, BY_BOTH], ids=["code", "sessions", "both"])
async def test_a_key_stands_for_the_wish_however_its_tier_is_named(
    service: Service, first: TierChoice, again: TierChoice
) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, first, key="k")
    purchase = await service.created(course, "student-2", first, key="k")
    # By what was sold, and not by what the catalogue has since.
    await service.save_course(replace(BASIC, session_count=5), replace(STANDARD, session_count=4), course_id=course.id)
    replayed = await service.open(student(), course, again, key="k")
    assert isinstance(replayed, Opened)
    assert (replayed.payment.id, replayed.already_processed) == (payment.id, True)
    assert await service.create(course, "student-2", again, key="k") == Created(purchase, already_processed=True)
    for other in (TierChoice("STANDARD", None), TierChoice(None, 12), TierChoice("BASIC", 5), TierChoice(None, None)):
        assert await service.open(student(), course, other, key="k") == IdempotencyKeyReused("k")
        assert await service.create(course, "student-2", other, key="k") == IdempotencyKeyReused("k")


async def test_an_expiry_counts_as_the_instant_that_it_is(service: Service) -> None:
    course = await service.save_course()
    expiry = datetime(2027, 1, 31, 18, 30, tzinfo=UTC)
    there = expiry.astimezone(timezone(timedelta(hours=5, minutes=30)))
    purchase = await service.created(course, expiry_date=expiry, key="k")
    for key in ("k", None):
        assert await service.create(course, expiry_date=there, key=key) == Created(purchase, already_processed=True)


async def test_labels_count_without_their_order_and_otherwise_to_the_letter(service: Service) -> None:
    course = await service.save_course()
    labels = (Label("a", "1"), Label("b", "Zo\u00eb"))
    purchase = await service.created(course, metadata=replace(METADATA, labels=labels), key="k")
    turned = replace(METADATA, labels=labels[::-1])
    for key in ("k", None):
        assert await service.create(course, metadata=turned, key=key) == Created(purchase, already_processed=True)
    decomposed = replace(METADATA, labels=(Label("a", "1"), Label("b", "Zoe\u0308")))
    assert isinstance(await service.create(course, metadata=decomposed), MetadataConflict)
