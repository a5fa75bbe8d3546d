"""A purchase as an old system has it, read and typed, before anything is decided about it here."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.values import Money, Provider, PurchaseStatus, TierChoice


@quick
@dataclass(frozen=True, slots=True)
class OldPayment:
    """The captured money behind an old purchase.

    `reference` is the provider's id of the intent or order, by which its webhooks find the payment; `attempt` that of
    the charge, None where the old system did not keep it. `refunded_minor` is None where it says nothing of refunds:
    then nothing went back, or all of it where the purchase is REFUNDED.
    """

    provider: Provider
    reference: str
    amount: Money
    attempt: str | None = None
    refunded_minor: int | None = None
    refund_reference: str | None = None
    refunded_at: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class OldPurchase:
    """One row of the old system. What is None was not given, and follows from the rest.

    `old_id` is its id there. `supersedes` is the old id of the purchase that it replaced. `is_endless` says that its
    access has no end, whatever its tier's validity. `cleaned` and `left_out` name free entries of its metadata that are
    not as they were written, and those that could not be kept.
    """

    old_id: str
    student_id: str
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    created_at: datetime
    status: PurchaseStatus | None = None
    starts_at: datetime | None = None
    expires_at: datetime | None = None
    is_endless: bool = False
    sessions_total: int | None = None
    sessions_used: int = 0
    ended_at: datetime | None = None
    supersedes: str | None = None
    payment: OldPayment | None = None
    cleaned: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
