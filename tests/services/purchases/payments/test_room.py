"""Sessions that cannot take place are not sold: before money moves it is said how many can, and what would help."""

import datetime as dt
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from db.tables import PurchaseRow
from gateway.services.core.model.metadata import TimeSlot
from gateway.services.core.model.outcomes import Confirmed, Created, InvalidInput, Opened, Outcome
from gateway.services.core.model.values import Course, Money, OnExisting, Purpose, Tier, TierChoice
from tests.service import METADATA, Service, student
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio

MONTH = Tier("MONTH", 24, Money(899_900, "INR"), 30, 2)
FEW = Tier("FEW", 4, Money(199_900, "INR"), 30, 1)
WEEK = Tier("WEEK", 8, Money(99_900, "INR"), 7, 3)
SUNDAYS = METADATA
DAILY = replace(METADATA, is_sunday_only=False)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course(FEW, MONTH, WEEK)


IN_BERLIN = replace(SUNDAYS, slot=TimeSlot(dt.time(17, 30), "Europe/Berlin"))


def refused(outcome: Outcome) -> tuple[str, str]:
    assert isinstance(outcome, InvalidInput), outcome
    [problem] = outcome.fields
    return ".".join(problem.path), problem.message


async def test_more_sundays_than_there_are_before_the_end_are_not_sold(service: Service, course: Course) -> None:
    before = service.everything()
    assert refused(await service.open(student(), course, "MONTH")) == (
        "metadata.isSundayOnly",
        "only 4 of 24 sessions can take place before the access ends, 2026-12-23 14:30; daily sessions would fit; "
        "with this metadata fit: FEW (4 sessions)",
    )
    assert service.everything() == before
    for tier, metadata in (("MONTH", DAILY), ("FEW", SUNDAYS)):
        assert isinstance(await service.open(student(), course, tier, metadata=metadata), Opened)


@pytest.mark.parametrize(
    ("choice", "path"), [(TierChoice("WEEK", None), "tier"), (TierChoice(None, 8), "sessionCount")], ids=str
)
async def test_a_tier_that_no_schedule_could_hold_is_named_as_the_caller_named_it(
    service: Service, course: Course, choice: TierChoice, path: str
) -> None:
    field, message = refused(await service.open(student(), course, choice, metadata=DAILY))
    assert field == path
    assert message == (
        "only 7 of 8 sessions can take place before the access ends, 2026-11-30 14:30; a tier with fewer sessions or a "
        "longer validity is needed; with this metadata fit: FEW (4 sessions), MONTH (24 sessions)"
    )


async def test_a_first_day_counts_and_so_does_the_hour(service: Service, course: Course) -> None:
    """Thirty days from a Sunday's slot on hold five Sundays; thirty days from after it hold four."""
    await service.save_course(replace(FEW, session_count=5), course_id=course.id)
    dated = replace(SUNDAYS, date=dt.date(2026, 11, 29))
    assert isinstance(await service.open(student(), course, "FEW", metadata=dated), Opened)
    service.clock.now = datetime(2026, 11, 29, 12, 0, 1, tzinfo=UTC)
    assert refused(await service.open(student(), course, "FEW", metadata=dated))[0] == "metadata.isSundayOnly"


async def test_the_clocks_neither_give_nor_take_a_session(service: Service, course: Course) -> None:
    """Four Sundays in 28 days, whether an hour is left out of them or comes twice."""
    await service.save_course(
        replace(FEW, validity_days=28), replace(MONTH, session_count=5, validity_days=28), course_id=course.id
    )
    for now in (datetime(2026, 3, 15, 16, 0, tzinfo=UTC), datetime(2026, 10, 4, 16, 0, tzinfo=UTC)):
        service.clock.now = now
        assert isinstance(await service.open(student(), course, "FEW", metadata=IN_BERLIN), Opened)
        assert refused(await service.open(student(), course, "MONTH", metadata=IN_BERLIN))[0] == "metadata.isSundayOnly"


async def test_a_renewal_is_judged_by_all_that_the_student_would_hold(service: Service, course: Course) -> None:
    """The sessions left and the new ones, until the new end."""
    await service.paid(student(), course, "MONTH", metadata=DAILY)
    service.clock.advance(days=20)
    path, message = refused(await service.open(student(), course, "MONTH", metadata=DAILY, purpose=Purpose.RENEWAL))
    assert (path, message.split(";")[0]) == (
        "tier",
        "only 40 of 48 sessions can take place before the access ends, 2027-01-22 14:30",
    )
    [purchase] = service.stored(PurchaseRow)
    await service.hold(purchase, 16)
    opened = await service.open(student(), course, "MONTH", metadata=DAILY, purpose=Purpose.RENEWAL)
    assert isinstance(opened, Opened)


async def test_an_upgrade_is_judged_by_the_sessions_that_are_not_used_yet(service: Service, course: Course) -> None:
    await service.save_course(FEW, replace(MONTH, session_count=8), course_id=course.id)
    _, old = await service.paid(student(), course, "FEW")
    assert refused(await service.open(student(), course, "MONTH"))[0] == "metadata.isSundayOnly"
    await service.hold(old, 4)
    assert isinstance(await service.open(student(), course, "MONTH"), Opened)


async def test_a_first_day_behind_the_end_of_a_renewal_is_the_field_at_fault(service: Service, course: Course) -> None:
    """A first day further ahead than a year does not move the end with it."""
    await service.paid(student(), course, "FEW")
    far = replace(SUNDAYS, date=dt.date(2099, 12, 6))
    path, message = refused(await service.open(student(), course, "FEW", metadata=far, purpose=Purpose.RENEWAL))
    assert path == "metadata.date"
    assert message.startswith("only 0 of 8 sessions can take place")
    assert "name an earlier day, or none" in message


async def test_a_grant_is_refused_likewise_unless_its_end_is_named(service: Service, course: Course) -> None:
    before = service.everything()
    assert refused(await service.create(course, tier="MONTH"))[0] == "metadata.isSundayOnly"
    assert refused(await service.create(course, tier="WEEK", metadata=DAILY))[0] == "purchaseTier"
    assert service.everything() == before
    end = datetime(2026, 12, 1, tzinfo=UTC)
    assert isinstance(await service.create(course, tier="MONTH", expiry_date=end), Created)


async def test_a_replacement_is_refused_likewise_and_what_stands_already_is_no_new_sale(
    service: Service, course: Course
) -> None:
    purchase = await service.created(course, tier="FEW")
    refusal = await service.create(course, tier="MONTH", on_existing=OnExisting.REPLACE)
    assert refused(refusal)[0] == "metadata.isSundayOnly"
    service.clock.advance(days=20)  # what is left of it would be too short by now
    assert await service.create(course, tier="FEW") == Created(purchase, already_processed=True)


async def test_where_money_may_have_moved_already_nothing_is_refused_for_want_of_room(
    service: Service, course: Course
) -> None:
    """At the old door, and for checkouts that were opened elsewhere or before."""
    assert isinstance(await service.create(course, "student-2", "MONTH", may_fall_short=True), Created)
    shop = open_shop(service)
    said = {"isSundayOnly": "true", "sessionDuration": "60", "timeSlot": "17:30", "purchaseTier": "MONTH"}
    shop.books.book(MONTH.price, {**said, "studentId": "student-1", "courseId": str(course.id)}, "pi_old")
    shop.books.pay("pi_old")
    await shop.receive("pi_old")
    assert shop.purchases() == [("MONTH", "ACTIVE")] * 2


async def test_what_fitted_when_it_was_opened_is_given_when_it_is_paid_late(service: Service, course: Course) -> None:
    await service.save_course(replace(FEW, session_count=5), course_id=course.id)
    opened = await service.opened(student(), course, "FEW", metadata=replace(SUNDAYS, date=dt.date(2026, 11, 29)))
    service.clock.advance(days=10)
    assert isinstance(await service.confirm(student(), opened), Confirmed)


async def test_an_access_without_end_has_room_for_all(service: Service, course: Course) -> None:
    await service.save_course(replace(MONTH, session_count=10_000, validity_days=None), course_id=course.id)
    assert isinstance(await service.open(student(), course, "MONTH"), Opened)
