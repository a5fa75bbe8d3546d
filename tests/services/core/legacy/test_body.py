"""What the old callers wrote, and what it means; what cannot be meant is named, and nothing they send raises."""

import datetime as dt
import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services.core.legacy.body import BESIDE, read_expiry, read_metadata, read_tier
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.values import TierChoice
from gateway.services.core.rules.inputs import metadata as rules
from gateway.services.core.rules.schedule.sessions import slot_end
from tests.draws import many

KOLKATA = "Asia/Kolkata"
SUNDAY = dt.date(2026, 11, 29)
RAW: dict[str, object] = {"isSundayOnly": True, "sessionDuration": 60, "timeSlot": "17:30"}
TYPED = Metadata(True, 60, TimeSlot(dt.time(17, 30), KOLKATA))
KNOWN = ("isSundayOnly", "sessionDuration", "timeSlot", "timeZone", "date", *sorted(BESIDE))

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=80)
json_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
)
times = st.from_regex(r"[0-9]{1,2}[:.][0-9]{2}( ?[AaPp][Mm])?", fullmatch=True)
likely = (
    times
    | st.tuples(times, times).map(" - ".join)
    | st.sampled_from(["true", "FALSE", "60", "2026-11-29", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
    | st.sampled_from([KOLKATA, "Asia/Nowhere", "../etc/passwd", "\ud800", "\x00", "9" * 5000])
    | st.fixed_dictionaries({}, optional={"start": times, "end": times, "timeZone": st.just(KOLKATA)})
    | json_values
)
objects = st.fixed_dictionaries({}, optional=dict.fromkeys(KNOWN, likely)).flatmap(
    lambda known: st.dictionaries(st.text(max_size=70), json_values, max_size=5).map(lambda other: other | known)
)


def read(**changes: object) -> Metadata:
    found = read_metadata({**RAW, **changes})
    assert isinstance(found, Metadata), found
    return found


def problems(**changes: object) -> list[tuple[str, str]]:
    found = read_metadata({**RAW, **changes})
    assert isinstance(found, list), found
    return [(".".join(problem.path), problem.message) for problem in found]


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(objects)
def test_any_json_is_metadata_by_the_rules_or_named_problems(raw: dict[str, object]) -> None:
    found = read_metadata(raw)
    if isinstance(found, Metadata):
        assert rules.problems(found) == []
    else:
        assert found
        assert all(problem.message for problem in found)
        assert all(len(part) <= 64 for problem in found for part in problem.path)


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(objects)
def test_any_json_is_a_tier_and_an_expiry_or_named_problems(raw: dict[str, object]) -> None:
    tier, expiry = read_tier(raw), read_expiry(raw, KOLKATA)
    assert tier not in ([], TierChoice(None, None))
    assert expiry != []
    assert not isinstance(expiry, dt.datetime) or expiry.tzinfo is dt.UTC


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(
    st.booleans(),
    st.integers(15, 480),
    st.times().map(lambda time: time.replace(second=0, microsecond=0)),
    st.none() | st.dates(dt.date(2000, 1, 2), dt.date(2100, 12, 31)),
    st.sampled_from(
        ["{start:%H:%M}", "{start:%H:%M}-{end:%H:%M}", "{start:%I:%M %p} - {end:%I:%M %p}", "{start:%I:%M %p}"]
    ),
)
def test_all_that_can_be_meant_can_be_written_loosely(
    is_sunday_only: bool, minutes: int, start: dt.time, day: dt.date | None, shape: str
) -> None:
    if is_sunday_only and day is not None:
        day -= dt.timedelta(days=(day.weekday() + 1) % 7)
    meant = Metadata(is_sunday_only, minutes, TimeSlot(start, "Europe/Berlin"), day, (Label("a", "b"),))
    assert (
        read_metadata(
            {
                "isSundayOnly": json.dumps(is_sunday_only),
                "sessionDuration": str(minutes),
                "timeSlot": shape.format(start=start, end=slot_end(meant.slot, minutes)),
                "timeZone": "Europe/Berlin",
                "date": day.isoformat() if day else "",
                "a": "b",
            }
        )
        == meant
    )


@settings(derandomize=True, max_examples=many(100), deadline=None)
@given(st.dates(dt.date(2000, 1, 2), dt.date(2100, 12, 31)), st.sampled_from([KOLKATA, "America/New_York", "UTC"]))
def test_the_callers_own_midnight_in_utc_is_the_callers_day(day: dt.date, time_zone: str) -> None:
    midnight = dt.datetime.combine(day, dt.time(), ZoneInfo(time_zone)).astimezone(dt.UTC)
    sent = midnight.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert read(isSundayOnly=False, date=sent, timeZone=time_zone).date == day


def test_a_ranges_length_is_the_duration_where_none_is_given_and_must_agree_where_one_is() -> None:
    assert read(timeSlot="17:30-18:15", sessionDuration=None).session_duration == 45
    assert read(timeSlot="17:30-18:15", sessionDuration="45").session_duration == 45
    assert problems(timeSlot="17:30-18:15") == [
        ("sessionDuration", "is 60, but the range in timeSlot is 45 minutes long")
    ]
    assert [path for path, _ in problems(timeSlot="17:30-17:35", sessionDuration="")] == ["timeSlot"]
    assert [path for path, _ in problems(sessionDuration=None)] == ["sessionDuration"]
    assert problems(timeSlot="00:00-24:00", sessionDuration=None)[0][1].endswith("this is 1440")
    assert problems(sessionDuration=10**5000) == [("sessionDuration", "must be a whole number")]


def test_the_rules_of_everybodys_metadata_hold_here_too() -> None:
    assert problems(date="2026-11-30") == [
        ("date", "must be a Sunday when isSundayOnly is true; 2026-11-30 is a Monday")
    ]
    assert [path for path, _ in problems(timeZone="Asia/Nowhere")] == ["timeZone"]
    slot = {"start": "17:30", "timeZone": "Asia/Nowhere"}
    assert [path for path, _ in problems(timeSlot=slot)] == ["timeSlot.timeZone"]


def test_a_time_zone_is_the_slots_or_the_one_beside_it_or_the_platforms() -> None:
    slot = {"start": "17:30", "timeZone": "Europe/Berlin"}
    assert read(timeSlot=slot).slot.time_zone == "Europe/Berlin"
    assert read(timeZone="Europe/Berlin").slot.time_zone == "Europe/Berlin"
    assert read().slot.time_zone == KOLKATA
    other = read_metadata(RAW, "Asia/Tokyo")
    assert isinstance(other, Metadata)
    assert other.slot.time_zone == "Asia/Tokyo"
    assert [path for path, _ in problems(timeSlot=slot, timeZone="Asia/Tokyo")] == ["timeZone"]


def test_a_time_zone_that_is_said_twice_by_two_of_its_names_is_said_once() -> None:
    """What stands in the slot is kept as it was written."""
    slot = {"start": "17:30", "timeZone": "Asia/Calcutta"}
    assert read(timeSlot=slot, timeZone="Asia/Kolkata").slot.time_zone == "Asia/Calcutta"


def test_entries_of_unknown_names_are_kept_as_labels_in_order() -> None:
    found = read(source="web", batch=7, vip=True, seat={"row": 2, "col": [1]}, note=None, blank=" ", purchaseTier="X")
    assert found.labels == (
        Label("batch", "7"),
        Label("seat", '{"col":[1],"row":2}'),
        Label("source", "web"),
        Label("vip", "true"),
    )


def test_a_label_out_of_bounds_is_refused_by_its_own_name() -> None:
    assert problems(source="x" * 501) == [("source", "must have at most 500 characters; this has 501")]
    assert problems(**{"k" * 65: "x"}) == [("k" * 64, "its name must have at most 64 characters; this has 65")]
    assert problems(note="a\x00b") == [("note", "must not have control characters or broken Unicode in it")]
    assert problems(**{f"k{n}": "x" for n in range(21)}) == [
        ("", "the entries of your own must be at most 20; these are 21")
    ]
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    assert [path for path, _ in problems(deep=deep)] == ["deep"]


def test_every_problem_is_named_at_once() -> None:
    found = read_metadata({"timeSlot": "noon", "date": "soon", "note": "\x00", "timeZone": "Asia/Nowhere"})
    assert isinstance(found, list)
    assert {problem.path[0] for problem in found} == {"isSundayOnly", "timeSlot", "date", "note", "timeZone"}


@pytest.mark.parametrize(
    ("raw", "choice"),
    [
        ({"purchaseTier": " STANDARD "}, TierChoice("STANDARD", None)),
        ({"purchaseTier": "12"}, TierChoice("12", None)),
        ({"sessionCount": 12}, TierChoice(None, 12)),
        ({"sessionCount": "12", "purchaseTier": ""}, TierChoice(None, 12)),
        ({"sessionCount": 12.0, "purchaseTier": "STANDARD"}, TierChoice("STANDARD", 12)),
    ],
)
def test_a_tier_is_named_by_code_or_by_sessions(raw: dict[str, object], choice: TierChoice) -> None:
    assert read_tier(raw) == choice


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({}, "purchaseTier"),
        ({"purchaseTier": None, "sessionCount": " "}, "purchaseTier"),
        ({"purchaseTier": 12}, "purchaseTier"),
        ({"purchaseTier": "X" * 65}, "purchaseTier"),
        ({"purchaseTier": "\ud800"}, "purchaseTier"),
        ({"sessionCount": 0}, "sessionCount"),
        ({"sessionCount": 10_001}, "sessionCount"),
        ({"sessionCount": "twelve"}, "sessionCount"),
        ({"sessionCount": True}, "sessionCount"),
    ],
)
def test_a_tier_that_is_not_named_is_refused(raw: dict[str, object], field: str) -> None:
    found = read_tier(raw)
    assert isinstance(found, list)
    assert [problem.path for problem in found] == [(field,)]
