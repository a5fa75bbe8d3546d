"""The sessions that metadata implies, as instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.values import Access, AccessStatus

SUNDAY = 6
"""`date.weekday()` of a Sunday."""

_EARLIEST = datetime(1, 1, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Session:
    """One session of an access; `number` counts from 1."""

    number: int
    starts_at: datetime
    ends_at: datetime


def sessions(metadata: Metadata, access: Access, first: int, after: int = 0) -> list[Session]:
    """The next `first` sessions after number `after`, as UTC instants.

    There are as many as the access has in total, except those that would begin after it ends; an access that has ended
    has none. None begins before the access does, so a payment captured after the metadata's first day still has all its
    sessions. A session lasts its duration in real time, across clock changes. There are none where the time zone is no
    longer known.
    """
    if access.status is not AccessStatus.GRANTED or known_zone(metadata.slot.time_zone) is None:
        return []
    length = timedelta(minutes=metadata.session_duration)
    starts = islice(_starts(metadata, access, after), max(0, min(first, access.sessions_total - after)))
    return [Session(number, start, start + length) for number, start in enumerate(starts, start=after + 1)]


def room(metadata: Metadata, starts_at: datetime, ends_at: datetime) -> int:
    """How many sessions begin from `starts_at` on and before `ends_at`: the length of what `sessions` would list."""
    first = _first_day(metadata, starts_at)
    step = _step(metadata)
    count = max(0, (_day_there(ends_at, metadata) - first) // step)
    # The last session is near the end's day; the slot and clock changes decide whether before or after it.
    while slot_instant(first + count * step, metadata.slot) < ends_at:
        count += 1
    while count and slot_instant(first + (count - 1) * step, metadata.slot) >= ends_at:
        count -= 1
    too_early = 0
    while too_early < count and slot_instant(first + too_early * step, metadata.slot) < starts_at:
        too_early += 1
    return count - too_early


def slot_instant(day: date, slot: TimeSlot) -> datetime:
    """The instant of a slot on a day, UTC.

    A wall-clock time that the day skips is taken as much later as the clocks jump, one that it has twice is taken
    the first time (RFC 5545, 3.3.5).
    """
    return datetime.combine(day, slot.start, tzinfo=ZoneInfo(slot.time_zone)).astimezone(UTC)


def end_of_day(day: date, time_zone: str) -> datetime:
    """The instant at which a day is over in a time zone, UTC: the first instant of the next day, even if clocks change
    at midnight."""
    return slot_instant(day + timedelta(days=1), TimeSlot(time(), time_zone))


def known_zone(name: str) -> ZoneInfo | None:
    """The time zone of that name; None where this machine's database does not have it, or no longer."""
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):  # it looks for a file of that name
        return None


def slot_end(slot: TimeSlot, session_duration: int) -> time:
    """The wall-clock end of a slot on a day without a clock change; after midnight it counts from 00:00 again."""
    minutes = (slot.start.hour * 60 + slot.start.minute + session_duration) % (24 * 60)
    return time(minutes // 60, minutes % 60)


def is_sunday(day: date) -> bool:
    return day.weekday() == SUNDAY


def _starts(metadata: Metadata, access: Access, after: int) -> Iterator[datetime]:
    """From the one after so many on, without a step for each of those."""
    for day in _days(_start_day(metadata, access), _step(metadata), after):
        start = slot_instant(day, metadata.slot)
        if access.expires_at is not None and start >= access.expires_at:
            return
        yield start


def _start_day(metadata: Metadata, access: Access) -> date:
    """The day of the first session."""
    far = date.max.year
    if access.starts_at.year == far or (metadata.date is not None and metadata.date.year == far):
        return date.max
    # In another zone the calendar's first instants are before its first day.
    first = _first_day(metadata, max(access.starts_at, _EARLIEST))
    for day in _days(first, _step(metadata), 0):
        # The access may begin later in the day than the slot does.
        if slot_instant(day, metadata.slot) >= access.starts_at:
            return day
    return date.max


def _days(first: date, step: timedelta, after: int) -> Iterator[date]:
    """Every `step` from a day on, without the first `after` of them."""
    # Year 9999 is where dates end; no access lasts until then.
    if (date.max - first).days <= after * step.days:
        return
    day = first + after * step
    while day.year < date.max.year:
        yield day
        day += step


def _first_day(metadata: Metadata, starts_at: datetime) -> date:
    """The first day that may have a session."""
    day = _day_there(starts_at, metadata)
    if metadata.date is not None:
        day = max(day, metadata.date)
    if metadata.is_sunday_only:
        day += timedelta(days=(SUNDAY - day.weekday()) % 7)
    return day


def _step(metadata: Metadata) -> timedelta:
    return timedelta(days=7 if metadata.is_sunday_only else 1)


def _day_there(instant: datetime, metadata: Metadata) -> date:
    return instant.astimezone(ZoneInfo(metadata.slot.time_zone)).date()
