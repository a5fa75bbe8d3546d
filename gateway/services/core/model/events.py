"""What comes in from providers and goes out to subscribers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

from gateway.services.core.model.values import Provider


class EventState(StrEnum):
    PENDING = "PENDING"
    HANDLED = "HANDLED"
    IGNORED = "IGNORED"


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified webhook, stored once: `event_id` is the provider's. `references` are the payments that it speaks of,
    by the provider's own ids; what it says of them is asked of the provider when it is handled, so that neither the
    order of events nor their number matters. Without any it is stored and ignored."""

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
    """What is sent to subscribers. `type` is one of `EVENT_TYPES`; `data` is the `purchase` or the `payment` as it
    stood then, as JSON with ids as UUIDs. Every subscriber gets the same id, however often it is sent."""

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
]
EVENT_TYPES: tuple[EventType, ...] = get_args(EventType)


@dataclass(frozen=True, slots=True)
class Listener:
    """A subscriber to events of these types; `name` is how jobs refer to it."""

    name: str
    types: tuple[EventType, ...]
