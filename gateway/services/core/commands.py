"""What may be asked of the service: plain values that could cross a process border.

A command carries the id of the row that it would make. A turn that is run again after a lost connection then finds
its own row instead of making a second one.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.services.core.values import Actor, IdempotencyKey, Metadata, OnExisting, Provider, Purpose, Tier
from gateway.services.core.verdicts import Verdict


@dataclass(frozen=True, slots=True)
class TierChoice:
    """A tier by its code, or by its number of sessions; both given must agree."""

    code: str | None
    session_count: int | None


@dataclass(frozen=True, slots=True)
class OpenPayment:
    """Start a checkout for the acting student.

    `provider` is what the caller asked for; where that is None, `default_provider` is taken, which is the operator's
    choice and no part of the wish: a replay stays a replay when the default changes.
    """

    actor: Actor
    payment_id: UUID
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    provider: Provider | None
    purpose: Purpose
    key: str | None = None
    default_provider: Provider | None = None


@dataclass(frozen=True, slots=True)
class RecordIntent:
    """Note the provider's id of the intent that was opened for a payment."""

    actor: Actor
    payment_id: UUID
    reference: str


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """Settle a payment by what its provider says of it.

    `verdict` is None only where the payment's row already said enough for no provider to be asked.
    `metadata`, where given, must agree with what the payment was opened with.
    """

    actor: Actor
    payment_id: UUID
    purchase_id: UUID
    verdict: Verdict | None
    metadata: Metadata | None = None


@dataclass(frozen=True, slots=True)
class CreatePurchase:
    """Grant a course without a payment. `reason` is audited."""

    actor: Actor
    purchase_id: UUID
    student_id: str
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    reason: str
    expiry_date: datetime | None = None
    on_existing: OnExisting = OnExisting.RETURN
    key: str | None = None


@dataclass(frozen=True, slots=True)
class SaveCourse:
    """Put a course and its tiers into the catalogue; `is_new` tells a new course from a change of one."""

    actor: Actor
    course_id: UUID
    is_new: bool
    title: str
    tiers: tuple[Tier, ...]
    key: str | None = None


Command = OpenPayment | RecordIntent | ConfirmPayment | CreatePurchase | SaveCourse


def operation_of(command: Command) -> str:
    """The name of the mutation that a command comes from; a key is unique within it."""
    match command:
        case OpenPayment():
            return "createPayment"
        case RecordIntent() | ConfirmPayment():
            return "confirmPayment"
        case CreatePurchase():
            return "createPurchase"
        case SaveCourse():
            return "saveCourse"


def key_of(command: Command) -> IdempotencyKey | None:
    """The caller's idempotency key, scoped to the actor and the operation; None where the caller gave none."""
    match command:
        case OpenPayment() | CreatePurchase() | SaveCourse() if command.key is not None:
            return IdempotencyKey(command.actor.id, operation_of(command), command.key)
        case _:
            return None
