"""What an admin may ask about a purchase that stands: to be extended, corrected or revoked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Actor


@dataclass(frozen=True, slots=True)
class ExtendPurchase:
    """Let a purchase's access end later, at `expiry_date`. `reason` is audited.

    The end is named and not counted in days, so that asking twice extends once.
    """

    actor: Actor
    purchase_id: UUID
    expiry_date: datetime
    reason: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class CorrectPurchaseMetadata:
    """Put `metadata` in the place of what an active purchase has. `reason` is audited."""

    actor: Actor
    purchase_id: UUID
    metadata: Metadata
    reason: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RevokePurchase:
    """Take a purchase back, whoever paid for it; no money moves. `reason` is audited."""

    actor: Actor
    purchase_id: UUID
    reason: str
    key: str | None = None


AmendPurchase = ExtendPurchase | CorrectPurchaseMetadata | RevokePurchase
