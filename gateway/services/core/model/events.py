"""What comes in from providers and goes out to subscribers."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
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
    """What subscribers are told: `type` is one of `EVENT_TYPES`, `data` is what it is about as it stood then, as JSON
    with ids as UUIDs: a `purchase`, or a `payment`. Every subscriber gets the same id, however often it is sent."""

    id: UUID
    type: str
    subject_id: UUID
    at: datetime
    data: dict[str, object] = field(hash=False)


EVENT_TYPES = (
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
)


@dataclass(frozen=True, slots=True)
class Listener:
    """Somebody who is told of events of these types; `name` is what the jobs know it by."""

    name: str
    types: tuple[str, ...]
