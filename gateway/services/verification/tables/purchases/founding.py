"""The beginning and the end that an access must have, by the rules that gave it them."""

import json
from datetime import date, datetime, time
from typing import Any

from gateway.services.core.model.metadata import Metadata, TimeSlot
from gateway.services.core.model.values import Access, AccessStatus, Purpose, Terms
from gateway.services.core.rules import access
from gateway.services.verification.model import Values


def starts_otherwise(shown: Values) -> bool:
    """Whether an access does not begin when its purchase's plan says; of one that took no other's place."""
    plan = _plan("purchase", shown)
    return plan is not None and access.start(plan, _moment(shown["purchase.created_at"])) != shown["access.starts_at"]


def ends_otherwise(shown: Values) -> bool:
    """Whether an access ends at another time than its payment and its history say."""
    stored, moves = shown["access.expires_at"], _moves(shown["history.moved"])
    if moves:
        return stored != moves[-1]
    plan = _plan("paid", shown)
    return shown["paid.id"] is not None and plan is not None and stored != _founded(plan, shown).expires_at


def _founded(plan: Metadata, shown: Values) -> Access:
    """The access as it was at first, see `inheritance`."""
    now, tier = _moment(shown["purchase.created_at"]), str(shown["purchase.tier"])
    terms = Terms(
        tier,
        _number(shown["paid.tier_rank"]),
        _number(shown["paid.session_count"]),
        None if shown["paid.validity_days"] is None else _number(shown["paid.validity_days"]),
        _moment_or_none(shown["paid.expires_at"]),
    )
    if shown["below.tier"] is None:
        return access.granted(terms, plan, now)
    held = Access(
        AccessStatus.REVOKED,
        _number(shown["held.sessions_total"]),
        _number(shown["held.sessions_used"]),
        _moment(shown["held.starts_at"]),
        _moment_or_none(shown["held.expires_at"]),
    )
    if shown["paid.purpose"] == Purpose.RENEWAL and shown["below.tier"] == tier:
        return access.renewed(held, terms, plan, now)
    return access.upgraded(held, terms, plan, now)


def _plan(of: str, shown: Values) -> Metadata | None:
    """As far as times follow from it; None where it is broken in itself, which is told elsewhere.

    Raises: ValueError and the like, where that shows only as it is applied."""
    minutes, day = shown[f"{of}.slot_start_min"], shown[f"{of}.first_day"]
    if not isinstance(minutes, int) or not 0 <= minutes < 1440 or not isinstance(day, date | None):
        return None
    slot = TimeSlot(time(minutes // 60, minutes % 60), str(shown[f"{of}.time_zone"]))
    return Metadata(is_sunday_only=False, session_duration=60, slot=slot, date=day)


def _moves(listed: object) -> list[datetime | None]:
    """The ends that the audit says were given, the last one last."""
    found: list[datetime | None] = []
    for change in _entries(listed):
        if "expiryDate" in change:
            end = change["expiryDate"][1]
            found.append(None if end is None else datetime.fromisoformat(end))
    return found


def _entries(listed: object) -> list[dict[str, Any]]:
    """From a list of JSON objects, one a line."""
    return [json.loads(line) for line in str(listed).splitlines() if line] if listed else []


def _moment(value: object) -> datetime:
    assert isinstance(value, datetime), "the column may not be empty"
    return value


def _moment_or_none(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None


def _number(value: object) -> int:
    assert isinstance(value, int), "the column may not be empty"
    return value
