"""When and how the sessions of a course take place."""

import datetime as dt
from dataclasses import dataclass
from datetime import time

from gateway.services.core.frozen import quick


@quick
@dataclass(frozen=True, slots=True)
class TimeSlot:
    """A wall-clock start in an IANA time zone; the end follows from the session's duration."""

    start: time
    time_zone: str


@quick
@dataclass(frozen=True, slots=True)
class Label:
    """A free entry of the caller's: stored, never interpreted."""

    key: str
    value: str


@quick
@dataclass(frozen=True, slots=True)
class Metadata:
    """When and how the sessions take place; the same for both flows.

    `session_duration` is in minutes. `date` is the day of the first session; `None` leaves it to the start of
    the access.
    """

    is_sunday_only: bool
    session_duration: int
    slot: TimeSlot
    date: dt.date | None = None
    labels: tuple[Label, ...] = ()
