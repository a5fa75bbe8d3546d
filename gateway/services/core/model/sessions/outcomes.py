"""The outcomes of commands about sessions that were held."""

from dataclasses import dataclass
from datetime import datetime

from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import Purchase


@dataclass(frozen=True, slots=True)
class SessionRecorded:
    """The session is recorded, and counts as used."""

    purchase: Purchase
    session: RecordedSession
    already_processed: bool


@dataclass(frozen=True, slots=True)
class SessionWithdrawn:
    """The session no longer counts."""

    purchase: Purchase
    session: RecordedSession
    already_processed: bool


@dataclass(frozen=True, slots=True)
class PurchaseEnded:
    """The session was held when the purchase had ended, at `ended_at`. `active` is what the student has of the course
    now, if anything."""

    purchase: Purchase
    ended_at: datetime
    active: Purchase | None
