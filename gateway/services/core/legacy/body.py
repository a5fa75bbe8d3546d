"""The old callers' JSON, read into typed values, or into a list of the fields that are not valid and why.

Nothing is guessed: what could mean two things is refused, with what to write instead. An entry that is null or blank
counts as not given, because not every sender can leave one out.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TypeVar

from gateway.services.core.legacy import values
from gateway.services.core.legacy.values import Span, Unclear
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.values import TierChoice
from gateway.services.core.rules.inputs import metadata as rules
from gateway.services.core.rules.inputs import texts as inputs_texts
from gateway.services.core.rules.inputs.courses import MOST_SESSIONS
from gateway.services.core.rules.schedule.zones import is_same

PLATFORM_TIME_ZONE = "Asia/Kolkata"
BESIDE = frozenset({"studentId", "courseId", "purchaseTier", "sessionCount", "expiryDate"})
"""Entries that the old payment service also put into the metadata: they say who and what, and are no labels."""

KNOWN = BESIDE | {"isSundayOnly", "sessionDuration", "timeSlot", "timeZone", "date"}
"""The entries that have a meaning; all others are free."""

Value = TypeVar("Value")


def read_metadata(
    raw: Mapping[str, object], default_time_zone: str = PLATFORM_TIME_ZONE
) -> Metadata | list[FieldProblem]:
    """The metadata that an old caller's entries mean, checked by the same rules as all metadata.

    Entries of unknown names become labels, in the order of their names; a value that is no text is kept as its JSON.

    Args:
        default_time_zone: the slot's time zone where the caller gives none.

    Returns:
        The metadata, or each problem by its path within `raw`; an empty path means the whole.
    """
    entries = _Entries(raw)
    is_sunday_only = entries.need("isSundayOnly", values.flag)
    span = entries.need("timeSlot", values.slot)
    duration = _duration(entries, span)
    time_zone = _time_zone(entries, span) or default_time_zone
    metadata = Metadata(
        is_sunday_only=bool(is_sunday_only),
        session_duration=rules.SHORTEST_SESSION_MIN if duration is None else duration,
        slot=TimeSlot(span.start if span else dt.time(), time_zone),
        date=entries.read("date", lambda value: values.day(value, time_zone)),
        labels=_labels(entries, raw),
    )
    for problem in rules.problems(metadata):
        _note_broken_rule(entries, problem, span, metadata.labels)
    return entries.problems or metadata


def read_tier(raw: Mapping[str, object]) -> TierChoice | list[FieldProblem]:
    """The tier that `purchaseTier`, `sessionCount` or both name. A number is never read as a code."""
    entries = _Entries(raw)
    choice = TierChoice(entries.read("purchaseTier", _code), entries.read("sessionCount", _session_count))
    if not entries.problems and choice == TierChoice(None, None):
        entries.note("name a tier by purchaseTier or by sessionCount", "purchaseTier")
    return entries.problems or choice


def read_expiry(raw: Mapping[str, object], time_zone: str) -> dt.datetime | list[FieldProblem] | None:
    """The instant that `expiryDate` means, in UTC; None where it is not given.

    Args:
        time_zone: the slot's: where a day that is given ends.
    """
    entries = _Entries(raw)
    expiry = entries.read("expiryDate", lambda value: values.instant(value, time_zone))
    return entries.problems or expiry


def zone_of(metadata: Metadata | list[FieldProblem], default_time_zone: str = PLATFORM_TIME_ZONE) -> str:
    """The time zone of metadata; the default where they could not be read."""
    return default_time_zone if isinstance(metadata, list) else metadata.slot.time_zone


class _Entries:
    """Reads entries by name and notes each problem, so that one answer names them all."""

    def __init__(self, raw: Mapping[str, object]) -> None:
        self._raw = raw
        self.problems: list[FieldProblem] = []

    def has(self, name: str) -> bool:
        return not values.is_blank(self._raw.get(name))

    def read(self, name: str, read: Callable[[object], Value]) -> Value | None:
        """The entry's value; None where it is not given, and where a problem was noted."""
        try:
            return read(self._raw[name]) if self.has(name) else None
        except Unclear as unclear:
            self.note(str(unclear), name[: rules.LONGEST_LABEL_KEY], *unclear.path)
            return None

    def need(self, name: str, read: Callable[[object], Value]) -> Value | None:
        if not self.has(name):
            self.note("is required", name)
        return self.read(name, read)

    def note(self, message: str, *path: str) -> None:
        self.problems.append(FieldProblem(path, message))


def _duration(entries: _Entries, span: Span | None) -> int | None:
    """The number that is given, or else the length of the range; where both are given, they must agree."""
    given = entries.read("sessionDuration", values.whole)
    length = span.minutes if span else None
    if not entries.has("sessionDuration"):
        if length is None and not (entries.has("timeSlot") and span is None):
            entries.note("is required, in minutes, unless timeSlot is a range", "sessionDuration")
        return length
    if given is not None and length not in (None, given):
        entries.note(f"is {given}, but the range in timeSlot is {length} minutes long", "sessionDuration")
    return given


def _time_zone(entries: _Entries, span: Span | None) -> str | None:
    beside, within = entries.read("timeZone", values.text), span.time_zone if span else None
    if beside and within and not is_same(beside, within):
        entries.note("differs from timeSlot.timeZone; give one of the two", "timeZone")
    return within or beside


def _labels(entries: _Entries, raw: Mapping[str, object]) -> tuple[Label, ...]:
    texts = {name: entries.read(name, values.label_text) for name in sorted(raw.keys() - KNOWN)}
    return tuple(Label(name, text) for name, text in texts.items() if text is not None)


def _note_broken_rule(entries: _Entries, problem: FieldProblem, span: Span | None, labels: tuple[Label, ...]) -> None:
    """Note the problem by the name of the caller's own entry."""
    match problem.path:
        case ("timeSlot", "timeZone") if not (span and span.time_zone):
            entries.note(problem.message, "timeZone")
        case ("sessionDuration",) if not entries.has("sessionDuration"):
            entries.note(f"the length of its range {problem.message}", "timeSlot")
        case ("labels",):
            entries.note(f"the entries of your own {problem.message}")
        case ("labels", index, part):
            what = "its name " if part == "key" else ""
            entries.note(what + problem.message, labels[int(index)].key[: rules.LONGEST_LABEL_KEY])
        case path:
            entries.note(problem.message, *path)


def _code(value: object) -> str:
    if not isinstance(value, str):
        raise Unclear("must be a tier's code as text; a number of sessions goes into sessionCount")
    if problem := inputs_texts.text_problem(value, values.LONGEST_TEXT):
        raise Unclear(problem)
    return value.strip()


def _session_count(value: object) -> int:
    count = values.whole(value)
    if not 1 <= count <= MOST_SESSIONS:
        raise Unclear(f"must be 1 to {MOST_SESSIONS}")
    return count
