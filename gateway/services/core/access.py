"""What a purchase lets a student use: how an access begins, carries over, and ends."""

from dataclasses import replace
from datetime import datetime, timedelta

from gateway.services.core.metadata import LATEST_YEAR
from gateway.services.core.schedule import slot_instant
from gateway.services.core.values import Access, AccessStatus, Metadata, Terms


def granted(terms: Terms, metadata: Metadata, now: datetime, expiry: datetime | None = None) -> Access:
    """A fresh access: all the tier's sessions, from the first session's slot or from now, to `expiry` or through
    the end that the terms name, or else the tier's validity."""
    starts_at = start(metadata, now)
    return Access(
        AccessStatus.GRANTED,
        sessions_total=terms.session_count,
        sessions_used=0,
        starts_at=starts_at,
        expires_at=expiry or terms.expires_at or _after(starts_at, terms.validity_days),
    )


def replacing(old: Access, terms: Terms, metadata: Metadata, now: datetime, expiry: datetime | None = None) -> Access:
    """The access of another tier in place of `old`: the sessions used carry over, and so does a start in the past,
    unless the metadata names a new first day."""
    fresh = granted(terms, metadata, now, expiry)
    return replace(
        fresh,
        sessions_used=min(old.sessions_used, terms.session_count),
        starts_at=fresh.starts_at if metadata.date else min(old.starts_at, fresh.starts_at),
    )


def upgraded(old: Access, terms: Terms, metadata: Metadata, now: datetime) -> Access:
    """The access after a paid upgrade: as one that replaces, but what was held for longer is not cut short."""
    fresh = replacing(old, terms, metadata, now)
    return replace(fresh, expires_at=_later(old.expires_at, fresh.expires_at))


def renewed(old: Access, terms: Terms, metadata: Metadata, now: datetime) -> Access:
    """The access after a renewal: the sessions left and the new ones, the validity counted from the later of now
    and the old expiry. What had no end keeps none."""
    fresh = granted(terms, metadata, now)
    counted_from = max(fresh.starts_at, old.expires_at) if old.expires_at else None
    counted = _after(counted_from, terms.validity_days) if counted_from else None
    return replace(
        fresh, sessions_total=old.sessions_left + terms.session_count, expires_at=terms.expires_at or counted
    )


def extended(old: Access, expiry: datetime) -> Access:
    """The access with a later end; one that was over is granted again, with the sessions it had left."""
    return replace(old, status=AccessStatus.GRANTED, expires_at=expiry)


def corrected(old: Access, metadata: Metadata, now: datetime) -> Access:
    """The access under other metadata: it begins at a first day that is still to come, and else when it did, or now
    where it had not begun. The end stays, whether it was given or came of the tier's validity."""
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


def ended(access: Access, status: AccessStatus) -> Access:
    """The access after its end; the sessions used stay."""
    return replace(access, status=status)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    """The later of two ends; none at all is later than any."""
    return None if one is None or other is None else max(one, other)


def _after(instant: datetime, days: int | None) -> datetime | None:
    return None if days is None else instant + timedelta(days=days)
