"""The scalars: how instants, days, wall-clock times and codes are written."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, NewType, TypeVar

import strawberry
from graphql import GraphQLError, IntValueNode, ValueNode, value_from_ast_untyped
from strawberry.types.scalar import ScalarDefinition

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR

TimeZone = NewType("TimeZone", str)
Currency = NewType("Currency", str)
PurchaseTier = NewType("PurchaseTier", str)
MinorUnits = NewType("MinorUnits", int)

LONGEST_CODE = 64
"""Longer than any time zone, currency or tier; what is refused should not be carried far."""

_LOCAL_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)


def write_instant(instant: dt.datetime) -> str:
    in_utc = instant if instant.tzinfo is dt.UTC else instant.astimezone(dt.UTC)
    return f"{in_utc.isoformat()[:-6]}Z"


def write_microseconds(since_1970: int) -> str:
    """The same of an instant that is stored as microseconds since 1970. A datetime takes several times as long, both
    to be made and to be written; a list has one or two an item."""
    seconds, microseconds = divmod(since_1970, 1_000_000)
    minutes, second = divmod(seconds, 60)
    day, minute = divmod(minutes, 1440)
    fraction = f".{microseconds:06}" if microseconds else ""
    return f"{_DAYS[day]}{_MINUTES[minute]}{_SECONDS[second]}{fraction}Z"


class _Days(dict[int, str]):
    """Days by their number since 1970, as the beginning of an instant."""

    def __missing__(self, number: int) -> str:
        """Raises: OverflowError, for a day that no calendar has."""
        if len(self) >= MOST_DAYS:
            self.clear()
        written = self[number] = f"{(_EPOCH + dt.timedelta(number)).isoformat()}T"
        return written


_EPOCH = dt.date(1970, 1, 1)
MOST_DAYS = 10_000
_DAYS = _Days()
_MINUTES = [f"{hour:02}:{minute:02}" for hour in range(24) for minute in range(60)]
_SECONDS = [f":{second:02}" for second in range(60)]

OF_STORED: Mapping[object, Mapping[str, Callable[[Any], str]]] = {write_instant: {"microseconds": write_microseconds}}
"""What writes of stored values what a scalar's own function writes of values, by their form."""


def read_instant(value: object) -> dt.datetime:
    return _read(
        value,
        _DATE_TIME,
        lambda text: dt.datetime.fromisoformat(text.upper()).astimezone(dt.UTC),
        "an ISO 8601 instant with its offset, such as 2026-12-31T18:30:00Z",
    )


def read_date(value: object) -> dt.date:
    return _read(value, _DATE, dt.date.fromisoformat, "an ISO 8601 day, such as 2026-12-06")


def read_local_time(value: object) -> dt.time:
    return _read(value, _LOCAL_TIME, dt.time.fromisoformat, 'a 24-hour wall-clock time, such as "17:30"')


Read = TypeVar("Read", dt.datetime, dt.date, dt.time)
Value = TypeVar("Value")


def _read(value: object, pattern: re.Pattern[str], read: Callable[[str], Read], wanted: str) -> Read:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise GraphQLError(f"must be {wanted}")
    try:
        return read(value)
    except (ValueError, OverflowError):  # a 31 February, or an instant before the year 1
        raise GraphQLError(f"must be {wanted}") from None


def _read_code(value: object) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_CODE:
        raise GraphQLError(f"must be text of 1 to {LONGEST_CODE} characters")
    return value


def read_minor_units(value: object) -> int:
    """By Int's rules: a whole number, and no text or truth value that could be read as one."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= HIGHEST_AMOUNT_MINOR:
        whole = int(value)
        if whole == value:
            return whole
    raise GraphQLError(f"must be a whole number of minor units, 0 to {HIGHEST_AMOUNT_MINOR}")


def _read_minor_units_literal(node: ValueNode) -> int:
    """Longer numerals than any amount are not even counted; as for Int, `5.0` is none."""
    if isinstance(node, IntValueNode) and len(node.value) <= len(str(HIGHEST_AMOUNT_MINOR)):
        return read_minor_units(int(node.value))
    return read_minor_units(None)


def _untyped(read: Callable[[object], Value]) -> Callable[[ValueNode], Value]:
    return lambda node: read(value_from_ast_untyped(node))


def _scalar(
    name: str,
    description: str,
    serialize: Callable[[Any], Any],
    parse_value: Callable[[object], Value],
    read_literal: Callable[[ValueNode], Value] | None = None,
    specified_by_url: str | None = None,
) -> ScalarDefinition:
    """A scalar that says of a literal in a document where it stands; of a variable, its path is told already."""
    read_literal = read_literal or _untyped(parse_value)

    def parse_literal(node: ValueNode, _variables: object = None) -> Value:
        try:
            return read_literal(node)
        except GraphQLError as error:
            raise GraphQLError(f"{name} {error.message}", node) from None

    return strawberry.scalar(
        name=name,
        description=description,
        specified_by_url=specified_by_url,
        serialize=serialize,
        parse_value=parse_value,
        parse_literal=parse_literal,
    )


SCALARS: dict[object, ScalarDefinition] = {
    dt.datetime: _scalar(
        name="DateTime",
        description="An instant, ISO 8601. In UTC: `2026-12-31T18:30:00Z`. Read with any offset, never without.",
        specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
        serialize=write_instant,
        parse_value=read_instant,
    ),
    dt.date: _scalar(
        name="Date",
        description="A day of the calendar, ISO 8601: `2026-12-06`.",
        specified_by_url="https://scalars.graphql.org/andimarek/local-date.html",
        serialize=dt.date.isoformat,
        parse_value=read_date,
    ),
    dt.time: _scalar(
        name="LocalTime",
        description="A wall-clock time to the minute, 24 hours: `17:30`. Which instant it is follows from a day and a "
        "time zone.",
        serialize=lambda value: f"{value:%H:%M}",
        parse_value=read_local_time,
    ),
    TimeZone: _scalar(
        name="TimeZone",
        description="A time zone by its IANA name: `Asia/Kolkata`.",
        serialize=str,
        parse_value=_read_code,
    ),
    Currency: _scalar(
        name="Currency",
        description="A currency by its ISO 4217 code: `INR`.",
        serialize=str,
        parse_value=_read_code,
    ),
    PurchaseTier: _scalar(
        name="PurchaseTier",
        description="A tier by its code in the course's own catalogue: `STANDARD`. See `Course.tiers` for those there "
        "are.",
        serialize=str,
        parse_value=_read_code,
    ),
    MinorUnits: _scalar(
        name="MinorUnits",
        description="Whole minor units of a currency, as a number: 49900 of INR are ₹499.00, 499 of JPY are ¥499. Up "
        f"to {HIGHEST_AMOUNT_MINOR} (2⁵³ - 1): `Int` ends sooner, and readers of JSON are exact no further.",
        serialize=int,
        parse_value=read_minor_units,
        read_literal=_read_minor_units_literal,
    ),
}
