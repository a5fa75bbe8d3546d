"""The schedule: which days, at which instants, across every change of the clocks."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.values import Access, AccessStatus, Terms
from gateway.services.core.rules.access import granted
from gateway.services.core.rules.schedule import sessions as schedule
from gateway.services.core.rules.schedule.sessions import (
    SUNDAY,
    Session,
    is_sunday,
    room,
    sessions,
    slot_end,
    slot_instant,
)
from tests.draws import many
from tests.services.core.examples import ACCESS, metadata_at


def access_from(starts_at: str, total: int = 100, expires_at: str | None = None) -> Access:
    ends = None if expires_at is None else datetime.fromisoformat(expires_at)
    return replace(ACCESS, sessions_total=total, starts_at=datetime.fromisoformat(starts_at), expires_at=ends)


def starts(metadata: Metadata, access: Access, first: int = 3) -> list[str]:
    return [f"{session.starts_at:%Y-%m-%dT%H:%MZ}" for session in sessions(metadata, access, first)]


CLOCK_CHANGES = [
    # Clocks go forward: the same wall clock is an earlier instant from that day on.
    ("America/New_York", "2026-03-07", "17:30", ["2026-03-07T22:30Z", "2026-03-08T21:30Z", "2026-03-09T21:30Z"]),
    ("Europe/Berlin", "2026-03-28", "17:30", ["2026-03-28T16:30Z", "2026-03-29T15:30Z", "2026-03-30T15:30Z"]),
    ("Australia/Lord_Howe", "2026-10-03", "17:30", ["2026-10-03T07:00Z", "2026-10-04T06:30Z", "2026-10-05T06:30Z"]),
    # Clocks go back.
    ("America/New_York", "2026-10-31", "17:30", ["2026-10-31T21:30Z", "2026-11-01T22:30Z", "2026-11-02T22:30Z"]),
    ("Europe/Berlin", "2026-10-24", "17:30", ["2026-10-24T15:30Z", "2026-10-25T16:30Z", "2026-10-26T16:30Z"]),
    ("Australia/Lord_Howe", "2026-04-04", "17:30", ["2026-04-04T06:30Z", "2026-04-05T07:00Z", "2026-04-06T07:00Z"]),
]

GAPS = [
    # What the day skips is as much later as the clocks jump: 02:30 is 03:30, and on Lord Howe 02:15 is 02:45.
    ("America/New_York", "2026-03-07", "02:30", ["2026-03-07T07:30Z", "2026-03-08T07:30Z", "2026-03-09T06:30Z"]),
    ("Europe/Berlin", "2026-03-28", "02:30", ["2026-03-28T01:30Z", "2026-03-29T01:30Z", "2026-03-30T00:30Z"]),
    ("Australia/Lord_Howe", "2026-10-03", "02:15", ["2026-10-02T15:45Z", "2026-10-03T15:45Z", "2026-10-04T15:15Z"]),
]

OVERLAPS = [
    # What the day has twice is taken the first time.
    ("America/New_York", "2026-10-31", "01:30", ["2026-10-31T05:30Z", "2026-11-01T05:30Z", "2026-11-02T06:30Z"]),
    ("Europe/Berlin", "2026-10-24", "02:30", ["2026-10-24T00:30Z", "2026-10-25T00:30Z", "2026-10-26T01:30Z"]),
    ("Australia/Lord_Howe", "2026-04-04", "01:45", ["2026-04-03T14:45Z", "2026-04-04T14:45Z", "2026-04-05T15:15Z"]),
]

LINES = [
    # The last and the first places to begin a day.
    ("Pacific/Pago_Pago", "2026-12-06", "23:30", ["2026-12-07T10:30Z", "2026-12-08T10:30Z", "2026-12-09T10:30Z"]),
    ("Pacific/Kiritimati", "2026-12-06", "00:30", ["2026-12-05T10:30Z", "2026-12-06T10:30Z", "2026-12-07T10:30Z"]),
]


@pytest.mark.parametrize(("zone", "day", "slot", "expected"), CLOCK_CHANGES + GAPS + OVERLAPS + LINES)
def test_daily_sessions_are_at_the_slot_by_the_wall_clock(zone: str, day: str, slot: str, expected: list[str]) -> None:
    metadata = metadata_at(slot, zone, date=date.fromisoformat(day))
    assert starts(metadata, access_from("2026-01-01T00:00Z")) == expected


def test_sunday_sessions_are_weekly_from_the_date_across_a_clock_change() -> None:
    metadata = metadata_at("17:30", "America/New_York", date=date(2026, 10, 25), is_sunday_only=True)
    expected = ["2026-10-25T21:30Z", "2026-11-01T22:30Z", "2026-11-08T22:30Z"]
    assert starts(metadata, access_from("2026-01-01T00:00Z")) == expected


def test_without_a_date_sunday_sessions_begin_on_the_first_sunday_of_the_access() -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata", is_sunday_only=True)
    expected = ["2026-11-29T12:00Z", "2026-12-06T12:00Z", "2026-12-13T12:00Z"]
    assert starts(metadata, access_from("2026-11-23T09:00Z")) == expected


@pytest.mark.parametrize(
    ("zone", "begun", "first"),
    [
        ("Pacific/Kiritimati", "2026-11-28T11:00Z", "2026-11-29T06:00Z"),  # there it is Sunday 01:00 already
        ("Pacific/Kiritimati", "2026-11-29T10:30Z", "2026-12-06T06:00Z"),  # there it is Monday already
        ("Pacific/Pago_Pago", "2026-11-30T10:30Z", "2026-12-07T07:00Z"),  # there Sunday's slot is over
        ("Pacific/Pago_Pago", "2026-11-30T06:59Z", "2026-11-30T07:00Z"),  # there it is Sunday 19:59 still
    ],
)
def test_a_sunday_is_the_zones_own_sunday_not_utcs(zone: str, begun: str, first: str) -> None:
    metadata = metadata_at("20:00", zone, is_sunday_only=True)
    assert starts(metadata, access_from(begun), 1) == [first]


def test_a_slot_that_is_over_when_the_access_begins_waits_for_the_next_day() -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata")
    assert starts(metadata, access_from("2026-11-23T12:00Z"), 1) == ["2026-11-23T12:00Z"]
    assert starts(metadata, access_from("2026-11-23T12:00:01Z"), 1) == ["2026-11-24T12:00Z"]


def test_no_session_lies_before_the_access_even_where_the_date_does() -> None:
    """A payment captured weeks after the first day that it was opened for still has all its sessions."""
    metadata = metadata_at("17:30", "Asia/Kolkata", date=date(2026, 12, 6), is_sunday_only=True)
    access = granted(Terms("BASIC", 1, 4, 90), metadata, datetime(2027, 1, 10, 13, 0, tzinfo=UTC))
    expected = ["2027-01-17T12:00Z", "2027-01-24T12:00Z", "2027-01-31T12:00Z", "2027-02-07T12:00Z"]
    assert starts(metadata, access, 100) == expected


def test_the_expiry_cuts_a_session_that_would_begin_with_it_and_keeps_one_a_second_before() -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata")
    at = access_from("2026-11-23T09:00Z", expires_at="2026-11-25T12:00:00Z")
    after = access_from("2026-11-23T09:00Z", expires_at="2026-11-25T12:00:01Z")
    assert starts(metadata, at, 10) == ["2026-11-23T12:00Z", "2026-11-24T12:00Z"]
    assert starts(metadata, after, 10) == ["2026-11-23T12:00Z", "2026-11-24T12:00Z", "2026-11-25T12:00Z"]


def test_an_access_that_expires_before_its_first_slot_has_no_session() -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata")
    assert starts(metadata, access_from("2026-11-23T09:00Z", expires_at="2026-11-23T11:00Z")) == []


@pytest.mark.parametrize(("first", "total", "expected"), [(1, 4, 1), (4, 4, 4), (100, 4, 4), (100, 1, 1)])
def test_there_are_as_many_sessions_as_asked_for_and_never_more_than_in_total(
    first: int, total: int, expected: int
) -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata")
    listed = sessions(metadata, access_from("2026-11-23T09:00Z", total=total), first)
    assert [session.number for session in listed] == list(range(1, expected + 1))


@pytest.mark.parametrize("status", [AccessStatus.EXPIRED, AccessStatus.REVOKED])
def test_an_access_that_has_ended_has_no_sessions_to_come(status: AccessStatus) -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata")
    assert sessions(metadata, replace(access_from("2026-11-23T09:00Z"), status=status), 10) == []


def test_a_session_across_a_clock_change_lasts_its_duration_in_real_time() -> None:
    metadata = metadata_at("00:30", "Europe/Berlin", date=date(2026, 10, 25), session_duration=180)
    [session] = sessions(metadata, access_from("2026-01-01T00:00Z"), 1)
    assert session == Session(1, datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC))


@pytest.mark.parametrize(
    ("start", "minutes", "end"),
    [("17:30", 60, "18:30"), ("23:30", 30, "00:00"), ("23:30", 90, "01:00"), ("20:00", 480, "04:00")],
)
def test_a_slots_end_past_midnight_begins_again_at_zero(start: str, minutes: int, end: str) -> None:
    assert slot_end(TimeSlot(time.fromisoformat(start), "UTC"), minutes) == time.fromisoformat(end)


@pytest.mark.parametrize(("day", "is_one"), [("2026-12-05", False), ("2026-12-06", True), ("2026-12-07", False)])
def test_a_sunday_is_told_from_its_neighbours(day: str, is_one: bool) -> None:
    assert is_sunday(date.fromisoformat(day)) is is_one


def test_a_schedule_ends_where_the_calendar_does() -> None:
    metadata = metadata_at("17:30", "Asia/Kolkata", is_sunday_only=True)
    last = sessions(metadata, access_from("9998-12-01T00:00Z"), 100)
    assert last[-1].starts_at.year == 9998
    assert len(last) == 4


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


ZONES = (
    *("America/New_York", "America/Havana", "America/Nuuk", "Europe/Berlin", "Africa/Cairo", "Asia/Kolkata"),
    *("Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Kiritimati", "Pacific/Pago_Pago", "UTC"),
)
METADATA = st.builds(
    Metadata,
    is_sunday_only=st.booleans(),
    session_duration=st.integers(15, 480),
    slot=st.builds(TimeSlot, st.builds(time, st.integers(0, 23), st.integers(0, 59)), st.sampled_from(ZONES)),
    date=st.none() | st.dates(date(2026, 1, 1), date(2030, 12, 31)),
)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001
ACCESSES = st.builds(
    lambda total, begun, days: replace(
        ACCESS,
        sessions_total=total,
        starts_at=begun,
        expires_at=None if days is None else begun + timedelta(days),
    ),
    st.integers(1, 120),
    INSTANTS,
    st.none() | st.integers(1, 400),
)


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(METADATA, ACCESSES, st.integers(1, 100))
@example(
    metadata_at("02:30", "America/New_York", date=date(2026, 3, 8), is_sunday_only=True),
    access_from("2026-03-01T00:00Z", total=4),
    4,
)
def test_every_schedule_holds_to_its_slot_its_days_and_its_access(
    metadata: Metadata, access: Access, first: int
) -> None:
    listed = sessions(metadata, access, first)
    zone = ZoneInfo(metadata.slot.time_zone)
    assert len(listed) <= min(first, access.sessions_total)
    assert [session.number for session in listed] == list(range(1, len(listed) + 1))
    assert all(one.starts_at < other.starts_at for one, other in pairwise(listed))
    for session in listed:
        local = session.starts_at.astimezone(zone)
        day = local.date()
        assert session.starts_at.tzinfo is UTC
        assert session.ends_at - session.starts_at == timedelta(minutes=metadata.session_duration)
        assert access.starts_at <= session.starts_at
        assert access.expires_at is None or session.starts_at < access.expires_at
        assert metadata.date is None or day >= metadata.date
        if local.time() != metadata.slot.start:
            day = skipped_day(session.starts_at, metadata.slot)
        assert not metadata.is_sunday_only or day.weekday() == SUNDAY


@settings(derandomize=True, max_examples=many(150), deadline=None)
@given(METADATA, INSTANTS, st.timedeltas(timedelta(0), timedelta(days=400)))
@example(metadata_at("02:30", "Europe/Berlin"), instant("2026-03-28T02:00Z"), timedelta(days=1, hours=1))
@example(metadata_at("02:30", "Europe/Berlin"), instant("2026-10-25T01:00Z"), timedelta(days=1))
@example(metadata_at("23:30", "Asia/Beirut"), instant("2026-10-24T20:45Z"), timedelta(hours=2))
@example(metadata_at("00:00", "America/Havana"), instant("2026-11-01T04:30Z"), timedelta(days=1))
def test_the_room_is_just_the_sessions_that_would_be_listed(
    metadata: Metadata, begun: datetime, lasts: timedelta
) -> None:
    access = replace(ACCESS, sessions_total=10_000, starts_at=begun, expires_at=begun + lasts)
    assert room(metadata, begun, begun + lasts) == len(sessions(metadata, access, 10_000))


def test_room_is_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred years of it costs as many looks at the calendar as a day."""
    looks: list[date] = []

    def looked(day: date, slot: TimeSlot) -> datetime:
        looks.append(day)
        return slot_instant(day, slot)

    monkeypatch.setattr(schedule, "slot_instant", looked)
    begun = instant("2026-11-23T09:00Z")
    assert room(metadata_at("17:30", "Asia/Kolkata"), begun, begun + timedelta(days=36_500)) == 36_500
    assert len(looks) < 10


def skipped_day(start: datetime, slot: TimeSlot) -> date:
    """The day whose slot falls into a gap of the clocks and so is shifted to `start`; there must be one."""
    local = start.astimezone(ZoneInfo(slot.time_zone))
    for day in (local.date(), local.date() - timedelta(days=1)):
        wall = datetime.combine(day, slot.start, tzinfo=local.tzinfo)
        returned = wall.astimezone(UTC).astimezone(local.tzinfo)
        if slot_instant(day, slot) == start and returned.replace(tzinfo=None) != wall.replace(tzinfo=None):
            return day
    raise AssertionError(f"{local} is neither at the slot nor shifted by a gap")


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(METADATA, ACCESSES)
def test_no_day_that_could_have_a_session_is_left_out(metadata: Metadata, access: Access) -> None:
    listed = sessions(metadata, access, 100)
    zone = ZoneInfo(metadata.slot.time_zone)
    begun = max(access.starts_at.astimezone(zone).date(), metadata.date or date.min)
    days = [begun + timedelta(days=number) for number in range(8 if metadata.is_sunday_only else 2)]
    possible = [
        start
        for day in days
        if (not metadata.is_sunday_only or is_sunday(day))
        and (start := slot_instant(day, metadata.slot)) >= access.starts_at
        and (access.expires_at is None or start < access.expires_at)
    ]
    assert [session.starts_at for session in listed[:1]] == possible[:1]
    step = timedelta(days=7 if metadata.is_sunday_only else 1)
    assert all(abs(other.starts_at - one.starts_at - step) <= timedelta(hours=2) for one, other in pairwise(listed))
