"""The scalars: what they write, what they read, and what they refuse with a word on what would be right."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from graphql import GraphQLError, parse_value
from hypothesis import given, settings
from hypothesis import strategies as st
from strawberry.types.scalar import ScalarDefinition

from db.types import microseconds_of
from gateway.schema.conventions.scalars import (
    LONGEST_CODE,
    MOST_DAYS,
    SCALARS,
    Currency,
    MinorUnits,
    PurchaseTier,
    TimeZone,
    read_date,
    read_instant,
    read_local_time,
    write_instant,
    write_microseconds,
)
from tests.draws import many

WRONG_TYPES: list[object] = [None, True, 0, 1_790_000_000, 1.5, [], {}, b"2026-12-06"]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-31T18:30:00Z", "2026-12-31T18:30:00+00:00"),
        ("2026-12-31t18:30:00z", "2026-12-31T18:30:00+00:00"),
        ("2026-12-31T18:30Z", "2026-12-31T18:30:00+00:00"),
        ("2027-01-01T00:00:00+05:30", "2026-12-31T18:30:00+00:00"),
        ("2026-12-31T18:30:00-00:00", "2026-12-31T18:30:00+00:00"),
        ("2026-12-31T08:30:00-10:00", "2026-12-31T18:30:00+00:00"),
        ("2026-12-31T18:30:00.5Z", "2026-12-31T18:30:00.500000+00:00"),
        ("2026-12-31T18:30:00.123456Z", "2026-12-31T18:30:00.123456+00:00"),
        ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00+00:00"),
    ],
)
def test_an_instant_is_read_with_any_offset_and_is_utc(text: str, instant: str) -> None:
    assert read_instant(text) == at(instant)
    assert read_instant(text).tzinfo is dt.UTC


@pytest.mark.parametrize(
    "value",
    [
        *WRONG_TYPES,
        *("", "now", "2026-12-31", "18:30:00Z", "2026-12-31T18:30:00", "2026-12-31 18:30:00Z", "20261231T183000Z"),
        *("2026-02-29T00:00:00Z", "2026-12-31T24:00:00Z", "2026-12-31T23:60:00Z", "2026-12-31T23:59:60Z"),
        *("2026-12-31T18:30:00.1234567Z", "2026-12-31T18:30:00.Z", "2026-12-31T18:30:00,5Z", "2026-W53-4T00:00:00Z"),
        *("2026-12-31T18:30:00+0530", "2026-12-31T18:30:00+24:00", "2026-12-31T18:30:00+05", "2026-12-31T18Z"),
        *("2026-12-31T18:30:00Z\n", " 2026-12-31T18:30:00Z", "٢٠٢٦-12-31T18:30:00Z", "-2026-12-31T18:30:00Z"),
        *("0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "0000-01-01T00:00:00Z"),
    ],
    ids=ascii,
)
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="must be an ISO 8601 instant with its offset, such as"):
        read_instant(value)


@settings(derandomize=True, max_examples=many(100))
@given(st.datetimes(timezones=st.timezones()))
def test_an_instant_that_is_written_is_read_as_the_same(instant: dt.datetime) -> None:
    try:
        utc = instant.astimezone(dt.UTC)
    except OverflowError:
        return  # before the year 1 or past 9999 in UTC
    written = write_instant(instant)
    assert written.endswith("Z")
    assert read_instant(written) == utc


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        ("2026-12-31T18:30:00+00:00", "2026-12-31T18:30:00Z"),
        ("2027-01-01T00:00:00+05:30", "2026-12-31T18:30:00Z"),
        ("2026-12-31T18:30:00.500000+00:00", "2026-12-31T18:30:00.500000Z"),
    ],
)
def test_an_instant_is_written_in_utc(instant: str, text: str) -> None:
    assert write_instant(at(instant)) == text


@pytest.mark.parametrize("text", ["2026-12-06", "2028-02-29", "0001-01-01", "9999-12-31"])
def test_a_date_is_read_and_written_as_the_same(text: str) -> None:
    assert SCALARS[dt.date].serialize(read_date(text)) == text  # type: ignore[misc]  # it has one


@pytest.mark.parametrize(
    "value",
    [
        *WRONG_TYPES,
        *("", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-6", "20261206", "06.12.2026", "2026-W49-7"),
        *("2026-12-06T00:00:00Z", "2026-12-06\n", " 2026-12-06", "٢٠٢٦-12-06", "0000-01-01", "12026-12-06"),
    ],
    ids=ascii,
)
def test_what_is_no_date_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match="must be an ISO 8601 day, such as 2026-12-06"):
        read_date(value)


@pytest.mark.parametrize("text", ["00:00", "07:05", "17:30", "23:59"])
def test_a_local_time_is_read_and_written_as_the_same(text: str) -> None:
    assert SCALARS[dt.time].serialize(read_local_time(text)) == text  # type: ignore[misc]  # it has one


@pytest.mark.parametrize(
    "value",
    [
        *WRONG_TYPES,
        *("", "24:00", "17:60", "7:30", "17:3", "1730", "17.30", "17:30:00", "17:30Z", "17:30+05:30", "5:30 PM"),
        *("17:30\n", " 17:30", "١٧:30", "-1:30", "17:30-18:30"),
    ],
    ids=ascii,
)
def test_what_is_no_local_time_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match='must be a 24-hour wall-clock time, such as "17:30"'):
        read_local_time(value)


def read_by(scalar: object) -> Callable[[Any], Any]:
    read = SCALARS[scalar].parse_value
    assert read is not None
    return read


@pytest.mark.parametrize("scalar", [TimeZone, Currency, PurchaseTier], ids=str)
def test_a_code_is_any_text_of_1_to_64_characters(scalar: object) -> None:
    """Which of them exist is the core's to say, with the names of those that do."""
    read = read_by(scalar)
    assert [read(text) for text in ("X", "ü", "X" * LONGEST_CODE)] == ["X", "ü", "X" * LONGEST_CODE]
    for wrong in ("", "X" * (LONGEST_CODE + 1), *WRONG_TYPES):
        with pytest.raises(GraphQLError, match="must be text of 1 to 64 characters"):
            read(wrong)


MINOR = "must be a whole number of minor units, 0 to 9007199254740991"


@pytest.mark.parametrize(("given", "amount"), [(0, 0), (5.0, 5), (2**31, 2**31), (2**53 - 1, 2**53 - 1)])
def test_an_amount_is_any_whole_number_that_json_tells_exactly(given: float, amount: int) -> None:
    assert read_by(MinorUnits)(given) == amount
    assert type(read_by(MinorUnits)(given)) is int


@pytest.mark.parametrize(
    "value",
    [-1, 2**53, 4.5, float("nan"), float("inf"), -float("inf"), 10**400, "5", "", True, False, None, [], {}],
    ids=str,
)
def test_what_is_no_amount_is_refused(value: object) -> None:
    with pytest.raises(GraphQLError, match=MINOR):
        read_by(MinorUnits)(value)


@pytest.mark.parametrize(("literal", "amount"), [("0", 0), ("9007199254740991", 2**53 - 1), ("4999", 4999)])
def test_an_amount_is_read_from_a_document(literal: str, amount: int) -> None:
    read = SCALARS[MinorUnits].parse_literal
    assert read is not None
    assert read(parse_value(literal), None) == amount


@pytest.mark.parametrize("literal", ["5.0", "5e3", '"5"', "true", "-1", "9007199254740992", "1" + "0" * 5_000, "[1]"])
def test_what_is_no_amount_in_a_document_is_refused(literal: str) -> None:
    read = SCALARS[MinorUnits].parse_literal
    assert read is not None
    with pytest.raises(GraphQLError, match=MINOR):
        read(parse_value(literal), None)


@pytest.mark.parametrize("scalar", SCALARS.values(), ids=lambda scalar: scalar.name)
def test_what_is_no_value_in_a_document_is_refused_by_its_type_and_place(scalar: ScalarDefinition) -> None:
    node = parse_value("{hour: 7}")
    assert scalar.parse_literal is not None
    with pytest.raises(GraphQLError, match=f"^{scalar.name} must be ") as refused:
        scalar.parse_literal(node, None)
    assert refused.value.nodes == [node]


@pytest.mark.parametrize(
    ("scalar", "read"),
    [(dt.datetime, read_instant), (dt.date, read_date), (dt.time, read_local_time)],
    ids=["DateTime", "Date", "LocalTime"],
)
def test_a_scalar_of_the_schema_reads_by_these_rules(scalar: object, read: object) -> None:
    assert read_by(scalar) is read


@settings(derandomize=True, max_examples=many(100))
@given(st.text(max_size=30) | st.text("0123456789-:TZ+.", max_size=30))
def test_no_text_is_anything_but_read_or_refused(text: str) -> None:
    for read in (read_instant, read_date, read_local_time):
        try:
            read(text)
        except GraphQLError as refused:
            assert refused.message.startswith("must be")  # noqa: PT017  a text may also be right


INSTANTS = st.datetimes(timezones=st.just(dt.UTC))


@settings(derandomize=True)
@given(INSTANTS)
def test_an_instant_is_written_of_its_microseconds_as_it_is_itself(instant: dt.datetime) -> None:
    assert write_microseconds(microseconds_of(instant)) == write_instant(instant)


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", "1970-01-01T00:00:00Z"],
)
def test_the_furthest_instants_are_written_alike(text: str) -> None:
    assert write_microseconds(microseconds_of(at(text))) == write_instant(at(text)) == text


@pytest.mark.parametrize("stored", [None, "2026", 1.5, b"1", 2**63 - 1, -(2**63)])
def test_what_is_no_instant_is_not_written(stored: Any) -> None:
    with pytest.raises((TypeError, OverflowError)):
        write_microseconds(stored)


def test_days_beyond_those_that_are_remembered_are_written_as_well() -> None:
    for number in range(0, 3 * MOST_DAYS, 7):
        day = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(number)
        assert write_microseconds(microseconds_of(day)) == write_instant(day)
