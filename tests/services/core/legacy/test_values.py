"""The single values that the old callers wrote: each way to write one, and what is refused."""

import datetime as dt

import pytest

from gateway.services.core.legacy.body import read_expiry
from tests.services.core.legacy.test_body import SUNDAY, TYPED, problems, read


@pytest.mark.parametrize(
    ("slot", "start", "minutes"),
    [
        ("17:30", "17:30", 60),
        (" 17:30:00 ", "17:30", 60),
        ("9:05", "09:05", 60),
        ("5:30 PM", "17:30", 60),
        ("5:30 pm", "17:30", 60),
        ("5.30 p.m.", "17:30", 60),
        ("5PM", "17:00", 60),
        ("5:30\u202fPM", "17:30", 60),
        ("12:15 AM", "00:15", 60),
        ("12:15 PM", "12:15", 60),
        ("17:30-18:15", "17:30", 45),
        ("17:30 – 18:15", "17:30", 45),
        ("5:30 PM - 6:30 PM", "17:30", 60),
        ("5:30 PM to 7 PM", "17:30", 90),
        ("11:30 AM-12:30 PM", "11:30", 60),
        ("23:30-00:30", "23:30", 60),
        ("23:00-24:00", "23:00", 60),
        ({"start": "17:30"}, "17:30", 60),
        ({"start": "17:30", "end": "18:15", "timeZone": None}, "17:30", 45),
    ],
)
def test_a_slot_may_be_written_in_many_ways(slot: object, start: str, minutes: int | None) -> None:
    found = read(timeSlot=slot, sessionDuration=minutes)
    assert (f"{found.slot.start:%H:%M}", found.session_duration) == (start, minutes)


@pytest.mark.parametrize(
    "slot",
    [
        *("17", "25:00", "17:60", "24:00", "13:30 PM", "0:30 AM", "evening", "17:30-", "-", "17:30-18:30-19:30"),
        *("17:30:15", "5:30 - 6:30 PM", "17:30-17:30", "١٧:٣٠", "1" * 65, 1730, 17.5, True, ["17:30"]),
        *({}, {"start": "x"}, {"end": "17:30"}, {"start": "17:30", "until": "18:30"}, {"start": {"start": "17:30"}}),
        {"start": "5:30 PM", "end": "18:30"},
    ],
)
def test_a_slot_that_could_be_guessed_only_is_refused(slot: object) -> None:
    ((path, _),) = problems(timeSlot=slot)
    assert path.split(".")[0] == "timeSlot"


@pytest.mark.parametrize("duration", [60, "60", " 60 ", 60.0])
def test_a_duration_may_be_digits(duration: object) -> None:
    assert read(sessionDuration=duration) == TYPED


@pytest.mark.parametrize("duration", ["1h", "60.0", "-60", "9" * 10, 60.5, True, [60], 10**9, float("inf"), 14, 481])
def test_a_duration_that_is_none_is_refused(duration: object) -> None:
    assert [path for path, _ in problems(sessionDuration=duration)] == ["sessionDuration"]


@pytest.mark.parametrize(("said", "meant"), [(True, True), ("true", True), ("False ", False), (False, False)])
def test_sunday_only_may_be_a_word(said: object, meant: bool) -> None:
    assert read(isSundayOnly=said).is_sunday_only is meant


@pytest.mark.parametrize("said", [None, "", 1, 0, "yes", [True]])
def test_sunday_only_is_needed_and_nothing_else_is_taken_for_it(said: object) -> None:
    assert [path for path, _ in problems(isSundayOnly=said)] == ["isSundayOnly"]


@pytest.mark.parametrize("said", ["2026-11-29", "2026-11-29T00:00:00.000Z", "2026-11-28T18:30:00Z", "2026-11-29T23:59"])
def test_a_date_is_a_day_by_the_slots_clock(said: str) -> None:
    assert read(date=said).date == SUNDAY


@pytest.mark.parametrize("said", ["2026-02-30", "29/11/2026", "0001-01-01T00:00:00+14:00", 20261129, "2026-W48-7"])
def test_a_date_that_is_none_is_refused(said: object) -> None:
    assert [path for path, _ in problems(date=said)] == ["date"]


@pytest.mark.parametrize(
    ("said", "instant"),
    [
        (None, None),
        ("", None),
        ("2027-01-31", dt.datetime(2027, 1, 31, 18, 30, tzinfo=dt.UTC)),
        ("2027-01-31T18:30:00.000Z", dt.datetime(2027, 1, 31, 18, 30, tzinfo=dt.UTC)),
        ("2027-02-01T00:00:00+05:30", dt.datetime(2027, 1, 31, 18, 30, tzinfo=dt.UTC)),
    ],
)
def test_an_expiry_is_an_instant_or_the_end_of_a_day_where_the_slot_is(said: object, instant: object) -> None:
    assert read_expiry({"expiryDate": said}, "Asia/Kolkata") == instant


@pytest.mark.parametrize(
    ("zone", "day", "end"),
    [
        ("UTC", "2026-12-31", "2027-01-01T00:00Z"),
        ("Pacific/Kiritimati", "2026-12-31", "2026-12-31T10:00Z"),
        ("Europe/Berlin", "2026-03-28", "2026-03-28T23:00Z"),
        ("Europe/Berlin", "2026-03-29", "2026-03-29T22:00Z"),  # a day of 23 hours
        ("Europe/Berlin", "2026-10-25", "2026-10-25T23:00Z"),  # and one of 25
        ("America/Havana", "2026-03-07", "2026-03-08T05:00Z"),  # the next day has no midnight: it begins at one o'clock
        ("America/Havana", "2026-10-31", "2026-11-01T04:00Z"),  # the next day has two: it begins with the first
        ("Asia/Beirut", "2026-03-28", "2026-03-28T22:00Z"),
        (
            "Asia/Beirut",
            "2026-10-24",
            "2026-10-24T22:00Z",
        ),  # the clocks go back as the day ends: its last hour is twice
    ],
)
def test_a_day_ends_at_the_first_instant_of_the_next_whatever_the_clocks_do(zone: str, day: str, end: str) -> None:
    assert read_expiry({"expiryDate": day}, zone) == dt.datetime.fromisoformat(end)


@pytest.mark.parametrize(
    "said", ["2027-01-31T18:30", "2027-02-30", "soon", 1_800_000_000_000, {}, "0001-01-01T00:00+14:00"]
)
def test_an_expiry_that_is_none_is_refused(said: object) -> None:
    found = read_expiry({"expiryDate": said}, "Asia/Kolkata")
    assert isinstance(found, list)
    assert [problem.path for problem in found] == [("expiryDate",)]
