"""The values of old callers' JSON: what may stand for a flag, a number, a slot or a day."""

import datetime as dt
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.services.core.model.metadata import TimeSlot
from gateway.services.core.rules.schedule.sessions import end_of_day, slot_end
from gateway.services.core.rules.schedule.zones import is_time_zone

LONGEST_TEXT = 64
"""Longer than any slot, day or tier code there is."""
LARGEST_NUMBER = 10**9
"""Beyond any duration or number of sessions, and still short enough to be quoted."""

_DIGITS = re.compile(r"[0-9]{1,9}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
# \s takes the narrow no-break space as well, which browsers put before AM and PM.
_CLOCK = re.compile(r"([0-9]{1,2})(?:[:.]([0-9]{2})(?::00)?)?\s*(?:([AaPp])\.?[Mm]\.?)?")
_DASH = re.compile(r"\s*[-–—]\s*|\s+[Tt][Oo]\s+")
_SLOT = 'must be a time such as "17:30" or "5:30 PM", or a range such as "17:30-18:30"'
_CLOCK_WANTED = 'must be a time such as "17:30" or "5:30 PM"'
_DAY_MINUTES = 24 * 60

Value = TypeVar("Value")


class Unclear(Exception):
    """A value that cannot be read; `path` leads further into it."""

    def __init__(self, message: str, *path: str) -> None:
        self.path = path
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Span:
    """A slot as the caller wrote it; `minutes` where it was a range."""

    start: dt.time
    minutes: int | None = None
    time_zone: str | None = None


def is_blank(value: object) -> bool:
    """Whether it counts as not given."""
    return value is None or (isinstance(value, str) and not value.strip())


def text(value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unclear(f"must be text of at most {LONGEST_TEXT} characters")
    return value.strip()


def flag(value: object) -> bool:
    given = value.strip().lower() if isinstance(value, str) else value
    if given is True or given == "true":
        return True
    if given is False or given == "false":
        return False
    raise Unclear("must be true or false")


def whole(value: object) -> int:
    """A whole number, also as digits in a text, and as 12.0, which JSON does not tell from 12."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST_NUMBER:
        return value
    raise Unclear("must be a whole number")


def label_text(value: object) -> str:
    """A text as it is; anything else as its JSON."""
    if isinstance(value, str):
        return value
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    except (TypeError, ValueError, RecursionError):  # what JSON cannot hold, or nested without end
        raise Unclear("cannot be kept: it is nested too deep, or no JSON") from None


def slot(value: object) -> Span:
    """`"17:30"`, `"5:30 PM"`, a range of two such, or `{start, end, timeZone}`, of which the last two are optional."""
    if isinstance(value, Mapping):
        return _slot_of_parts(value)
    parts = _DASH.split(value.strip()) if isinstance(value, str) and len(value) <= LONGEST_TEXT else []
    try:
        match parts:
            case [start]:
                return Span(_clock(start))
            case [start, end]:
                return Span(_clock(start), _length(start, end))
    except _NoClock:
        pass
    raise Unclear(_SLOT)


def written_slot(slot: TimeSlot, session_duration: int) -> str:
    """The range as old callers read one: `17:30-18:30`."""
    return f"{slot.start:%H:%M}-{slot_end(slot, session_duration):%H:%M}"


def day(value: object, time_zone: str) -> dt.date:
    """A day, or the day of an instant in the slot's time zone: midnight in a browser in India is the evening before in
    UTC. An instant without an offset is in that time zone already."""
    wanted = "must be a day such as 2026-11-29, or an ISO 8601 instant"
    given = value.strip() if isinstance(value, str) else ""
    try:
        if _DATE.fullmatch(given):
            return dt.date.fromisoformat(given)
        if _INSTANT.fullmatch(given):
            instant = dt.datetime.fromisoformat(given.upper())
            is_placed = instant.tzinfo is not None and is_time_zone(time_zone)
            return (instant.astimezone(ZoneInfo(time_zone)) if is_placed else instant).date()
    except (ValueError, OverflowError):  # a 31 February, or an instant beyond the calendar
        raise Unclear(wanted) from None
    raise Unclear(wanted)


def instant(value: object, time_zone: str) -> dt.datetime:
    """An instant in UTC, at which something ends. A day without a time means its end in the slot's time zone; in UTC,
    if that time zone is not valid, which is refused elsewhere."""
    wanted = "must be an ISO 8601 instant with its offset, such as 2026-12-31T18:30:00Z, or a day"
    given = value.strip() if isinstance(value, str) else ""
    try:
        if _DATE.fullmatch(given):
            return end_of_day(dt.date.fromisoformat(given), time_zone if is_time_zone(time_zone) else "UTC")
        if (found := _INSTANT.fullmatch(given)) and found[3]:
            return dt.datetime.fromisoformat(given.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise Unclear(wanted) from None
    raise Unclear(wanted)


class _NoClock(Unclear):
    """Not a wall-clock time at all."""


def _slot_of_parts(parts: Mapping[str, object]) -> Span:
    if parts.keys() - {"start", "end", "timeZone"}:
        raise Unclear("must have no other entries than start, end and timeZone")
    start = _part(parts, "start", _clock)
    if start is None:
        raise Unclear("is required", "start")
    minutes = _part(parts, "end", lambda end: _length(parts["start"], end))
    return Span(start, minutes, _part(parts, "timeZone", text))


def _part(parts: Mapping[str, object], name: str, read: Callable[[object], Value]) -> Value | None:
    try:
        return None if is_blank(parts.get(name)) else read(parts[name])
    except Unclear as unclear:
        raise Unclear(str(unclear), name) from None


def _length(start: object, end: object) -> int:
    """The minutes from one wall-clock time to the other, past midnight where the end is the earlier."""
    (begin, is_begin_halved), (finish, is_finish_halved) = _minutes(start), _minutes(end, is_end=True)
    if is_begin_halved is not is_finish_halved:
        raise Unclear("must say AM or PM of both ends, or of none")
    if begin == finish:
        raise Unclear("must end at another time than it starts")
    return (finish - begin) % _DAY_MINUTES or _DAY_MINUTES


def _clock(value: object) -> dt.time:
    minutes, _ = _minutes(value)
    return dt.time(minutes // 60, minutes % 60)


def _minutes(value: object, *, is_end: bool = False) -> tuple[int, bool]:
    """A wall-clock time in minutes from midnight, and whether it was written with AM or PM; an end may be 24:00."""
    found = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= LONGEST_TEXT else None
    if found is None:
        raise _NoClock(_CLOCK_WANTED)
    hour, minute, half = int(found[1]), int(found[2] or 0), (found[3] or "").lower()
    if half:
        is_right = 1 <= hour <= 12
        hour = hour % 12 + (12 if half == "p" else 0)
    else:
        is_right = found[2] is not None and (hour < 24 or (is_end and (hour, minute) == (24, 0)))
    if not is_right or minute > 59:
        raise _NoClock(_CLOCK_WANTED)
    return hour * 60 + minute, bool(half)
