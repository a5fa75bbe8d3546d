"""What takes the place of an erased student's id and of what was written about them, and what is kept.

The books stay, as the law on accounting wants: money, dates, courses, tiers, and what happened. Whatever a person wrote
freely may name somebody, so of all texts only those stay that the gateway itself has written.
"""

from collections.abc import Mapping
from typing import Any

from gateway.services.core.rules import granting, timeline, unsettled
from gateway.services.core.rules.imports.books import REFUNDED_BEFORE
from gateway.services.core.rules.privacy.naming import ERASED, is_named
from gateway.services.core.rules.refunds import books, extra_captures

OWN_WORDS = frozenset(
    {
        *(timeline.NOBODY_PAID, timeline.NOT_SETTLED, timeline.NO_ANSWER, timeline.CAME_TO_NOTHING),
        *(unsettled.CLOSED.message, unsettled.ABANDONED.message, extra_captures.PAID_TWICE, extra_captures.GOES_BACK),
        *(granting.HAS_IT_ALREADY, granting.COURSE_GONE, granting.STUDENT_ERASED),
        *(failure.message for failure in (books.ALL_BACK, books.LESS_LEFT, books.RETURNED, books.WON, books.NOT_MADE)),
        *(books.MORE_WENT_BACK, books.DISPUTED, books.AT_PROVIDER, REFUNDED_BEFORE),
        *("duplicate", "payment_mismatch", "course_gone", "tier_gone", "metadata_invalid", "expiry_passed"),
        *("student_erased", "canceled"),
    }
)
"""Sentences that the gateway writes word for word, whoever it is about."""

FACTS = frozenset(
    {
        *("tier", "purpose", "amountMinor", "currency", "courseId", "provider", "reference", "code", "door", "attempt"),
        *("origin", "settles", "refundId", "job", "status", "startsAt", "expiryDate", "sessionsTotal", "pseudonym"),
        *("isSundayOnly", "sessionDuration", "timeSlot.start", "timeSlot.timeZone", "date", "said", "counted"),
        *("payments", "purchases", "number", "heldAt", "sessionsUsed", "oldId", "createdAt", "endedAt"),
        "settledAt",
    }
)
"""The names of changes in the audit that say nothing but what was bought, when, and for how much."""


def kept_text(text: str | None) -> str | None:
    """A text as it stays in the books: what the gateway itself wrote, and of any other only that there was one."""
    return text if text is None or text in OWN_WORDS else ERASED


def kept_changes(changes: Mapping[str, Any] | None, student_id: str, pseudonym: str) -> dict[str, Any] | None:
    """What an audit entry says that changed, without what people wrote."""
    if changes is None:
        return None
    return {name: _kept_change(name, value, student_id, pseudonym) for name, value in changes.items()}


def kept_payload(payload: Mapping[str, Any], student_id: str, pseudonym: str) -> dict[str, Any]:
    """The arguments of a job, such as an event that is still to be told, without what people wrote."""
    return {name: _kept_entry(name, value, student_id, pseudonym) for name, value in payload.items()}


def kept_note(body: Mapping[str, Any], student_id: str, pseudonym: str) -> dict[str, Any]:
    """A note of the change feed, see `gateway.services.changes.commits`."""
    purchases = [
        [key, pseudonym if whose == student_id else whose, *more] for key, whose, *more in body.get("purchases", ())
    ]
    return {**body, "purchases": purchases} if "purchases" in body else dict(body)


def _kept_change(name: str, value: Any, student_id: str, pseudonym: str) -> Any:
    if name == "studentId":
        return pseudonym if value == student_id else value
    if name == "oldId" and is_named(student_id, str(value)):
        return ERASED  # an id that another system made of the student's
    if name in FACTS:
        return value
    return [ERASED] * len(value) if isinstance(value, list) else ERASED


def _kept_entry(name: str, value: Any, student_id: str, pseudonym: str) -> Any:
    match value:
        case dict():
            return kept_payload(value, student_id, pseudonym)
        case _ if name == "studentId":
            return pseudonym if value == student_id else value
        case _ if name == "labels":
            return []
        case str() if name == "message":
            return kept_text(value)
        case _:
            return value
