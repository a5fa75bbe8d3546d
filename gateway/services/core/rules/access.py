"""What a purchase lets a student use: how an access begins, carries over, and ends.

An access that is paid already never pauses: what takes its place may name a first day that is still to come, and then
its sessions begin on that day and its validity counts from there, but what the student has goes on meanwhile.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Access, AccessStatus, Payment, Role, Terms
from gateway.services.core.rules.inputs.metadata import LATEST_YEAR
from gateway.services.core.rules.schedule.sessions import slot_instant

MOST_DAYS_AHEAD = 366
"""How far ahead a first day moves the end of an access that goes on until then. Nobody holds a course for decades, at
the price of one renewal, by naming a first day that is decades away."""

LAST_END = datetime(9998, 1, 1, tzinfo=UTC)
"""Year 9999 is where dates end."""


def granted(terms: Terms, metadata: Metadata, now: datetime, expiry: datetime | None = None) -> Access:
    """A fresh access: all the tier's sessions, from the first session's slot or from now, to `expiry` or through
    the end that the terms name, or else the tier's validity."""
    starts_at = start(metadata, now)
    return Access(
        AccessStatus.GRANTED,
        sessions_total=terms.session_count,
        sessions_used=0,
        starts_at=starts_at,
        expires_at=expiry or terms.expires_at or _after(starts_at, terms.validity_days, metadata),
    )


def replacing(old: Access, terms: Terms, metadata: Metadata, now: datetime, expiry: datetime | None = None) -> Access:
    """The access of another tier in place of `old`: the sessions used carry over, and so does the start."""
    counted = _after(_counted_from(metadata, now), terms.validity_days, metadata)
    return Access(
        AccessStatus.GRANTED,
        sessions_total=terms.session_count,
        sessions_used=min(old.sessions_used, terms.session_count),
        starts_at=min(old.starts_at, start(metadata, now)),
        expires_at=expiry or terms.expires_at or counted,
    )


def upgraded(old: Access, terms: Terms, metadata: Metadata, now: datetime) -> Access:
    """The access after a paid upgrade: as one that replaces, but what was held for longer is not cut short."""
    fresh = replacing(old, terms, metadata, now)
    return replace(fresh, expires_at=_later(old.expires_at, fresh.expires_at))


def renewed(old: Access, terms: Terms, metadata: Metadata, now: datetime) -> Access:
    """The access after a renewal: the sessions left and the new ones, the validity counted from the later of now
    and the old expiry, or from its first day where that is later still. What had no end keeps none.

    It starts now, for the sessions used stay behind; where its first day is still to come, it starts when what it goes
    on from did.
    """
    fresh = start(metadata, now)
    starts_at = now if fresh <= now else min(old.starts_at, fresh)
    counted_from = max(_counted_from(metadata, now), old.expires_at) if old.expires_at else None
    return Access(
        AccessStatus.GRANTED,
        sessions_total=old.sessions_left + terms.session_count,
        sessions_used=0,
        starts_at=starts_at,
        expires_at=terms.expires_at or (counted_from and _after(counted_from, terms.validity_days, metadata)),
    )


def extended(old: Access, expiry: datetime) -> Access:
    """The access with a later end; one that was over is granted again, with the sessions it had left."""
    return replace(old, status=AccessStatus.GRANTED, expires_at=expiry)


def corrected(old: Access, metadata: Metadata, now: datetime) -> Access:
    """The access under other metadata: it begins at a first day that is still to come, and else when it did, or now
    where it had not begun. The end stays, whether it was given or came of the tier's validity.

    This alone may put off an access that had begun: an admin says so of one student, for a reason, and the audit has
    both starts. It is how a course that was postponed is put right.
    """
    fresh = start(metadata, now)
    return replace(old, starts_at=fresh if fresh > now else min(old.starts_at, now))


def end_problem(expiry: datetime, now: datetime) -> str | None:
    """Why an access cannot be given this end, or None."""
    if expiry <= now:
        return "must be in the future"
    if expiry.year > LATEST_YEAR:
        return f"must be before the end of {LATEST_YEAR}"
    return None


def start(metadata: Metadata, now: datetime) -> datetime:
    """When an access begins: at the first session's slot, but not before now."""
    if metadata.date is None:
        return now
    return max(now, slot_instant(metadata.date, metadata.slot))


def has_lapsed(access: Access, now: datetime) -> bool:
    return access.expires_at is not None and access.expires_at <= now


def ends_later(was: Access, now: Access) -> bool:
    """Whether it ends later than it did; what has no end does."""
    if was.expires_at is None or now.expires_at is None:
        return was.expires_at is not None
    return now.expires_at > was.expires_at


def ended(access: Access, status: AccessStatus) -> Access:
    """The access after its end; the sessions used stay."""
    return replace(access, status=status)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; none at all is later than any."""
    return None if one is None or other is None else max(one, other)


def _counted_from(metadata: Metadata, now: datetime) -> datetime:
    """From when the validity of what takes an access's place counts."""
    return min(start(metadata, now), now + timedelta(days=MOST_DAYS_AHEAD))


def _after(instant: datetime, days: int | None, metadata: Metadata) -> datetime | None:
    """The same wall-clock time so many days of the calendar later, where the slot's clock hangs: as many Sundays lie
    between as the calendar says, whatever the clocks do. None ends after the calendar does, however often a century is
    renewed."""
    if days is None:
        return None
    there = instant.astimezone(ZoneInfo(metadata.slot.time_zone))
    room = max(0, (LAST_END - instant).days)
    return (there + timedelta(days=min(days, room))).astimezone(UTC)


def may_touch(actor_id: str, role: Role, payment: Payment) -> bool:
    """A student acts on their own payments only; for them no other exists."""
    return role is not Role.STUDENT or payment.student_id == actor_id
