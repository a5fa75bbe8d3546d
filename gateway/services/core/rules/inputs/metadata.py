"""The rules for metadata, and the comparison of two."""

import json
import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gateway.services.core.frozen import replace
from gateway.services.core.model.metadata import Label, Metadata
from gateway.services.core.model.outcomes import Difference, FieldProblem
from gateway.services.core.rules.inputs.texts import text_problem
from gateway.services.core.rules.schedule.sessions import is_sunday
from gateway.services.core.rules.schedule.zones import canonical, is_time_zone

SHORTEST_SESSION_MIN = 15
LONGEST_SESSION_MIN = 480
MOST_LABELS = 20
LONGEST_LABEL_KEY = 64
LONGEST_LABEL_VALUE = 500
LATEST_YEAR = 2100
"""Later dates are typing errors, and sums with them would leave the calendar."""


def problems(metadata: Metadata) -> list[FieldProblem]:
    """What is wrong with the metadata in itself, field by field; empty where nothing is."""
    return [*_session_problems(metadata), *_date_problems(metadata), *_label_problems(metadata.labels)]


def date_has_passed(metadata: Metadata, now: datetime) -> bool:
    """Whether the first session's day is over, in the slot's own time zone."""
    return metadata.date is not None and metadata.date < now.astimezone(ZoneInfo(metadata.slot.time_zone)).date()


def differences(stored: Metadata, given: Metadata) -> tuple[Difference, ...]:
    """Each field in which the two differ, by its name in the API. Values are compared, not their spelling; the given
    spelling is shown."""
    before, after = as_text(stored), as_text(given)
    one, other = as_text(in_canonical_words(stored)), as_text(in_canonical_words(given))
    return tuple(Difference(field, before[field], after[field]) for field in before if one[field] != other[field])


def in_canonical_words(metadata: Metadata) -> Metadata:
    """The same metadata with each value in its canonical spelling.

    Only time zones have several spellings: days, times and numbers are values already. Labels are never interpreted, so
    they are compared to the letter.
    """
    return replace(metadata, slot=replace(metadata.slot, time_zone=canonical(metadata.slot.time_zone)))


def as_text(metadata: Metadata) -> dict[str, str]:
    """Each field by its name in the API, as a person would read it."""
    return {
        "isSundayOnly": "true" if metadata.is_sunday_only else "false",
        "sessionDuration": str(metadata.session_duration),
        "timeSlot.start": f"{metadata.slot.start:%H:%M}",
        "timeSlot.timeZone": metadata.slot.time_zone,
        "date": "none" if metadata.date is None else metadata.date.isoformat(),
        "labels": ", ".join(sorted(f"{_quoted(each.key)}={_quoted(each.value)}" for each in metadata.labels)) or "none",
    }


def _quoted(text: str) -> str:
    """The text, in quotes where it contains a separator: so different labels never read the same."""
    return json.dumps(text, ensure_ascii=False) if re.search('[=,"]', text) else text


def _session_problems(metadata: Metadata) -> list[FieldProblem]:
    found = []
    if not SHORTEST_SESSION_MIN <= metadata.session_duration <= LONGEST_SESSION_MIN:
        found.append(
            FieldProblem(
                ("sessionDuration",),
                f"must be {SHORTEST_SESSION_MIN} to {LONGEST_SESSION_MIN} minutes; this is {metadata.session_duration}",
            )
        )
    if not is_time_zone(metadata.slot.time_zone):
        found.append(FieldProblem(("timeSlot", "timeZone"), "must be an IANA time zone, such as Asia/Kolkata"))
    return found


def _date_problems(metadata: Metadata) -> list[FieldProblem]:
    day = metadata.date
    if day is None:
        return []
    if not 2000 <= day.year <= LATEST_YEAR:
        return [FieldProblem(("date",), f"must be between 2000-01-01 and {LATEST_YEAR}-12-31")]
    if metadata.is_sunday_only and not is_sunday(day):
        return [FieldProblem(("date",), f"must be a Sunday when isSundayOnly is true; {day} is a {_weekday(day)}")]
    return []


def _label_problems(labels: tuple[Label, ...]) -> list[FieldProblem]:
    found = []
    if len(labels) > MOST_LABELS:
        found.append(FieldProblem(("labels",), f"must be at most {MOST_LABELS}; these are {len(labels)}"))
    earlier: set[str] = set()
    for index, label in enumerate(labels[:MOST_LABELS]):
        for name, text, longest in (
            ("key", label.key, LONGEST_LABEL_KEY),
            ("value", label.value, LONGEST_LABEL_VALUE),
        ):
            if problem := text_problem(text, longest):
                found.append(FieldProblem(("labels", str(index), name), problem))
        if label.key in earlier:
            found.append(FieldProblem(("labels", str(index), "key"), "must be given once only"))
        earlier.add(label.key)
    return found


def _weekday(day: date) -> str:
    return ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")[day.weekday()]
