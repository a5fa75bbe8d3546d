"""Events that come in from providers, and those that go out to subscribers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.values import Provider


class EventState(StrEnum):
    PENDING = "PENDING"
    HANDLED = "HANDLED"
    IGNORED = "IGNORED"


@quick
@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified webhook, stored once: `event_id` is the provider's, or the digest of what it signed.

    `references` are the provider's ids of the payments that it is about; when it is handled, the provider is asked what
    is true of them, so that neither the order of events nor their number matters. Without any it is stored and ignored.
    """

    id: UUID
    provider: Provider
    event_id: str
    type: str
    references: tuple[str, ...]
    received_at: datetime
    state: EventState = EventState.PENDING
    handled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutgoingEvent:
    """What is sent to subscribers. `type` is one of `EVENT_TYPES`; `data` is the `purchase`, the `payment` or the
    `session` as it was then, or the `erasure` of a student, as JSON with ids as UUIDs. Every subscriber gets the same
    id, however often it is sent."""

    id: UUID
    type: str
    subject_id: UUID
    at: datetime
    data: dict[str, object] = field(hash=False)


EventType = Literal[
    "payment.succeeded",
    "payment.failed",
    "payment.duplicate",
    "payment.refunded",
    "purchase.created",
    "purchase.extended",
    "purchase.corrected",
    "purchase.superseded",
    "purchase.expired",
    "purchase.revoked",
    "purchase.refunded",
    "purchase.revived",
    "access.granted",
    "access.revoked",
    "access.recounted",
    "session.recorded",
    "session.withdrawn",
    "student.erased",
]
STUDENT_ERASED: EventType = "student.erased"
"""The one event that names who is no longer in the books, so that subscribers can follow."""

EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


@dataclass(frozen=True, slots=True)
class EventSubscriber:
    """A subscriber, as far as decisions know it: the types of event that it wants, and its name, which jobs refer
    to."""

    name: str
    types: tuple[EventType, ...]
