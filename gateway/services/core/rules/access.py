"""A student's access: how it begins, carries over, and ends.

An access that is paid for never pauses. The purchase that replaces it may have a first day in the future: then its
sessions begin on that day and its validity counts from there, but the student keeps the access until then.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from gateway.services.core.frozen import replace
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Access, AccessStatus, Payment, Role, Terms
from gateway.services.core.rules.inputs.metadata import LATEST_YEAR
from gateway.services.core.rules.schedule.sessions import slot_instant

MOST_DAYS_AHEAD = 366
"""How far a first day in the future may move the end of an access that continues until then: else one renewal, with a
first day decades ahead, would buy decades of access."""

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
    """The access after a paid upgrade: like a replacement, but an end that was later already stays."""
    fresh = replacing(old, terms, metadata, now)
    return replace(fresh, expires_at=_later(old.expires_at, fresh.expires_at))


def renewed(old: Access, terms: Terms, metadata: Metadata, now: datetime) -> Access:
    """The access after a renewal: the sessions left and the new ones, the validity counted from the later of now
    and the old expiry, or from its first day where that is later still. An access without an end keeps none.

    It starts now, as the used sessions stay with the old one; or, where its first day is in the future, when the old
    one started."""
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
    """The access with a later end; one that had ended is granted again, with the sessions that were left."""
    return replace(old, status=AccessStatus.GRANTED, expires_at=expiry)


def corrected(old: Access, metadata: Metadata, now: datetime) -> Access:
    """The access under other metadata. It starts on a first day in the future; otherwise when it did, or now where it
    had not started. The end stays, whether it was given or follows from the tier's validity.

    Only this may postpone an access that had started: an admin does it for one student, with a reason, and the audit
    has both starts. It is how a postponed course is corrected."""
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
    """Whether it ends later than it did; no end is later than any."""
    if was.expires_at is None or now.expires_at is None:
        return was.expires_at is not None
    return now.expires_at > was.expires_at


def ended(access: Access, status: AccessStatus) -> Access:
    """The access after its end; the sessions used stay."""
    return replace(access, status=status)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; no end is later than any."""
    return None if one is None or other is None else max(one, other)


def _counted_from(metadata: Metadata, now: datetime) -> datetime:
    """From when the validity of a replacing access counts."""
    return min(start(metadata, now), now + timedelta(days=MOST_DAYS_AHEAD))


def _after(instant: datetime, days: int | None, metadata: Metadata) -> datetime | None:
    """The same wall-clock time so many calendar days later, in the slot's time zone, so that clock changes do not move
    it. It never passes the end of the calendar, however often a century is renewed."""
    return None if days is None else _days_after(instant.astimezone(UTC), days, metadata.slot.time_zone)


@lru_cache(maxsize=256)
def _days_after(instant: datetime, days: int, time_zone: str) -> datetime:
    """Kept, as what is bought in one turn begins at one moment; of UTC, for elsewhere two moments may compare equal."""
    there = instant.astimezone(ZoneInfo(time_zone))
    room = max(0, (LAST_END - instant).days)
    return (there + timedelta(days=min(days, room))).astimezone(UTC)


def may_touch(actor_id: str, role: Role, payment: Payment) -> bool:
    """A student acts on their own payments only; for them no other exists."""
    return role is not Role.STUDENT or payment.student_id == actor_id
