"""What makes metadata right, at the edges of each bound, and in which fields two of them differ."""

import unicodedata
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.outcomes import Difference
from gateway.services.core.rules.inputs.metadata import as_text, date_has_passed, differences, problems
from gateway.services.core.rules.inputs.texts import text_problem
from gateway.services.core.rules.schedule.zones import is_time_zone
from tests.draws import many
from tests.services.core.examples import METADATA, metadata_at

SUNDAY, MONDAY = date(2026, 12, 6), date(2026, 12, 7)


def paths(metadata: Metadata) -> list[str]:
    return [".".join(problem.path) for problem in problems(metadata)]


def labelled(*pairs: tuple[str, str]) -> Metadata:
    return replace(METADATA, labels=tuple(Label(key, value) for key, value in pairs))


def numbered(count: int) -> Sequence[tuple[str, str]]:
    return [(f"key {number}", "value") for number in range(count)]


@pytest.mark.parametrize(
    ("minutes", "found"), [(14, True), (15, False), (480, False), (481, True), (0, True), (-60, True)]
)
def test_a_session_lasts_15_to_480_minutes(minutes: int, found: bool) -> None:
    assert paths(replace(METADATA, session_duration=minutes)) == ["sessionDuration"] * found


@pytest.mark.parametrize(
    "zone", ["Asia/Kolkata", "UTC", "America/Argentina/Buenos_Aires", "Etc/GMT+12", "Asia/Calcutta"]
)
def test_a_name_of_the_iana_database_is_a_time_zone(zone: str) -> None:
    assert is_time_zone(zone)
    assert paths(metadata_at("17:30", zone)) == []


@pytest.mark.parametrize(
    "zone",
    [
        *("", " ", "IST", "+05:30", "asia/kolkata", "Asia/Kolkata ", "Asia/Kolkata\x00", "Asia/Bombay_"),
        *("../../etc/passwd", "/etc/localtime", "posixrules", "posix/Asia/Kolkata", "tzdata.zi", "Asia"),
        *("localtime", "Factory"),  # what they mean is each machine's own affair
    ],
    ids=ascii,
)
def test_whatever_else_a_machine_may_know_is_no_time_zone(zone: str) -> None:
    assert not is_time_zone(zone)
    assert paths(metadata_at("17:30", zone)) == ["timeSlot.timeZone"]


@pytest.mark.parametrize(
    ("day", "is_sunday_only", "found"),
    [
        (None, True, []),
        (None, False, []),
        (SUNDAY, True, []),
        (SUNDAY, False, []),
        (MONDAY, False, []),
        (MONDAY, True, ["date"]),
        (date(1999, 12, 31), False, ["date"]),
        (date(2000, 1, 1), False, []),
        (date(2100, 12, 31), False, []),
        (date(2101, 1, 1), False, ["date"]),
        (date(2000, 1, 2), True, []),
        (date(2100, 12, 26), True, []),
        (date.max, False, ["date"]),
        (date.min, True, ["date"]),
    ],
)
def test_a_date_is_of_this_century_and_a_sunday_where_sessions_are(
    day: date | None, is_sunday_only: bool, found: list[str]
) -> None:
    assert paths(replace(METADATA, date=day, is_sunday_only=is_sunday_only)) == found


def test_a_date_that_is_no_sunday_is_told_its_weekday() -> None:
    [problem] = problems(replace(METADATA, date=MONDAY))
    assert problem.message == "must be a Sunday when isSundayOnly is true; 2026-12-07 is a Monday"


@pytest.mark.parametrize(("count", "found"), [(0, []), (20, []), (21, ["labels"]), (5_000, ["labels"])])
def test_there_are_at_most_20_labels(count: int, found: list[str]) -> None:
    assert paths(labelled(*numbered(count))) == found


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("k", "v", []),
        ("k" * 64, "v" * 500, []),
        ("k" * 65, "v", ["labels.0.key"]),
        ("k", "v" * 501, ["labels.0.value"]),
        ("", "v", ["labels.0.key"]),
        ("k", "", ["labels.0.value"]),
        (" ", "\u2003", ["labels.0.key", "labels.0.value"]),
        ("योग 🧘‍♀️", "नमस्ते", []),
        ("__proto__", "'; DROP TABLE purchase; --", []),
        ("<script>", "${jndi:ldap://x}", []),
        ("nul\x00", "v", ["labels.0.key"]),
        ("k", "line\nbreak", ["labels.0.value"]),
        ("k", "\x1b[31mred", ["labels.0.value"]),
        ("k", "\x85", ["labels.0.value"]),
        ("k", "half \ud83e a pair", ["labels.0.value"]),
    ],
    ids=ascii,
)
def test_a_label_is_text_that_can_be_stored_and_shown(key: str, value: str, found: list[str]) -> None:
    assert paths(labelled((key, value))) == found


def test_a_label_that_comes_twice_is_named_at_its_second_place() -> None:
    assert paths(labelled(("a", "1"), ("b", "1"), ("a", "2"))) == ["labels.2.key"]


def test_all_that_is_wrong_is_told_at_once() -> None:
    wrong = replace(labelled(("", "")), session_duration=0, slot=TimeSlot(time(0), "Mars"), date=MONDAY)
    assert paths(wrong) == ["sessionDuration", "timeSlot.timeZone", "date", "labels.0.key", "labels.0.value"]


@settings(derandomize=True, max_examples=many(100))
@given(st.text(st.characters(), max_size=12))
def test_no_text_passes_that_a_database_refuses_or_a_reader_cannot_see(text: str) -> None:
    numbers = [ord(character) for character in text]
    is_broken = any(number < 32 or 127 <= number < 160 or 0xD800 <= number < 0xE000 for number in numbers)
    is_broken |= any(0x2028 <= number < 0x202F or 0x2066 <= number < 0x206A for number in numbers)
    is_seen = any(unicodedata.category(character) not in ("Cf", "Zs", "Zl", "Zp") for character in text)
    assert (text_problem(text, 10) is None) is (is_seen and len(text) <= 10 and not is_broken)


@pytest.mark.parametrize(
    ("zone", "now", "has_passed"),
    [
        ("Asia/Kolkata", "2026-12-06T18:29:59Z", False),
        ("Asia/Kolkata", "2026-12-06T18:30:00Z", True),
        ("Pacific/Kiritimati", "2026-12-06T09:59:59Z", False),
        ("Pacific/Kiritimati", "2026-12-06T10:00:00Z", True),
        ("Pacific/Pago_Pago", "2026-12-07T10:59:59Z", False),
        ("Pacific/Pago_Pago", "2026-12-07T11:00:00Z", True),
    ],
)
def test_a_date_has_passed_when_the_day_is_over_in_the_slots_zone(zone: str, now: str, has_passed: bool) -> None:
    metadata = metadata_at("17:30", zone, date=SUNDAY)
    assert date_has_passed(metadata, datetime.fromisoformat(now)) is has_passed


def test_metadata_without_a_date_has_none_that_passed() -> None:
    assert not date_has_passed(METADATA, datetime.max.replace(tzinfo=UTC))


STORED = replace(labelled(("b", "2"), ("a", "1")), date=SUNDAY)
CHANGES = {
    "is_sunday_only": (False, [Difference("isSundayOnly", "true", "false")]),
    "session_duration": (90, [Difference("sessionDuration", "60", "90")]),
    "slot": (
        TimeSlot(time(7, 5), "Asia/Tokyo"),
        [
            Difference("timeSlot.start", "17:30", "07:05"),
            Difference("timeSlot.timeZone", "Asia/Kolkata", "Asia/Tokyo"),
        ],
    ),
    "date": (None, [Difference("date", "2026-12-06", "none")]),
    "labels": ((Label("a", "1"),), [Difference("labels", "a=1, b=2", "a=1")]),
}


@pytest.mark.parametrize("name", [field.name for field in fields(Metadata)])
def test_each_field_that_differs_is_named_as_the_api_has_it(name: str) -> None:
    value, expected = CHANGES[name]
    given_metadata = replace(STORED, **{name: value})  # type: ignore[arg-type]  # the field's own type
    assert list(differences(STORED, given_metadata)) == expected


@pytest.mark.parametrize(("one", "other"), [("Asia/Calcutta", "Asia/Kolkata"), ("Europe/Kiev", "Europe/Kyiv")])
def test_a_time_zone_by_another_name_does_not_differ_and_what_does_is_shown_as_it_was_given(
    one: str, other: str
) -> None:
    assert differences(metadata_at("17:30", one), metadata_at("17:30", other)) == ()
    assert differences(metadata_at("17:30", one), metadata_at("17:30", "Asia/Colombo")) == (
        Difference("timeSlot.timeZone", one, "Asia/Colombo"),
    )


def test_all_fields_that_differ_are_named() -> None:
    other = replace(STORED, **{name: value for name, (value, _) in CHANGES.items()})  # type: ignore[arg-type]  # as above
    assert [each.field for each in differences(STORED, other)] == list(as_text(STORED))


def test_the_same_metadata_does_not_differ() -> None:
    assert differences(STORED, replace(STORED)) == ()


def test_labels_are_compared_without_their_order() -> None:
    assert differences(STORED, replace(STORED, labels=STORED.labels[::-1])) == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("a", "b, c=d")], [("a", "b"), ("c", "d")]),
        ([("a=b", "c")], [("a", "b=c")]),
        ([("a", '"b"')], [("a", "b")]),
        ([("a", '"b", "c"="d"')], [("a", "b"), ("c", "d")]),
    ],
    ids=str,
)
def test_labels_that_are_made_to_read_alike_still_differ(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    [difference] = differences(labelled(*one), labelled(*other))
    assert difference.field == "labels"
    assert difference.stored != difference.given


TRICKY = st.text('ab=,"\\ ', min_size=1, max_size=4)
LABELS = st.dictionaries(TRICKY, TRICKY, max_size=3).map(lambda pairs: labelled(*pairs.items()))


@settings(derandomize=True, max_examples=many(150))
@given(LABELS, LABELS)
def test_labels_differ_just_where_they_are_not_the_same_set(one: Metadata, other: Metadata) -> None:
    assert bool(differences(one, other)) is (set(one.labels) != set(other.labels))


@pytest.mark.parametrize("text", ["\u200b\u200d", "a\u202eb", "a\u2028b", "a\u2066b", "\u3000"])
def test_text_that_hides_something_from_its_reader_is_refused(text: str) -> None:
    assert text_problem(text, 100) is not None


@pytest.mark.parametrize("text", ["क्‍ष", "नमस्ते", "شكرًا", "👩‍🏫 yoga"])
def test_every_script_can_be_written(text: str) -> None:
    assert text_problem(text, 100) is None
