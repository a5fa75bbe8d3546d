"""What may be asked of the service: plain values that could cross a process border.

A command carries the id of the row that it would make. A turn that is run again after a lost connection then finds
its own row instead of making a second one.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway.services.core.commands.amendments import CorrectPurchaseMetadata as CorrectPurchaseMetadata
from gateway.services.core.commands.amendments import ExtendPurchase as ExtendPurchase
from gateway.services.core.commands.amendments import RevokePurchase as RevokePurchase
from gateway.services.core.commands.jobs import CancelJob as CancelJob
from gateway.services.core.commands.jobs import ClaimJobs as ClaimJobs
from gateway.services.core.commands.jobs import DeferJob as DeferJob
from gateway.services.core.commands.jobs import EndJob as EndJob
from gateway.services.core.commands.jobs import EndSweep as EndSweep
from gateway.services.core.commands.jobs import PlanAsk as PlanAsk
from gateway.services.core.commands.jobs import RetryJob as RetryJob
from gateway.services.core.commands.jobs import StartSweep as StartSweep
from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Case as Case
from gateway.services.core.model.jobs import Ticket as Ticket
from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.records import Door, IdempotencyKey
from gateway.services.core.model.values import Actor, Money, OnExisting, Provider, Purpose, Tier, TierChoice
from gateway.services.core.model.verdicts import Captured, RefundRecord, RefundResult, Verdict


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
class RefusePrice:
    """Note that the provider will never open a checkout for a payment. `reason` is its own, for people."""

    actor: Actor
    payment_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class AdoptPayment:
    """Take a checkout into our books that another system opened at the provider.

    `amount` is what that system asked for, `expiry_date` the end of the access that it promised by name, if any.
    `cleaned` and `left_out` name the free entries that are not kept as they were written, for the audit alone.
    """

    payment_id: UUID
    provider: Provider
    reference: str
    amount: Money
    student_id: str
    course_id: UUID
    tier: TierChoice
    metadata: Metadata
    expiry_date: datetime | None = None
    purpose: Purpose = Purpose.PURCHASE
    cleaned: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    door: Door = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class ConfirmPayment:
    """Settle a payment by what its provider says of it.

    `verdict` is None only where the payment's row already said enough for no provider to be asked.
    `metadata`, where given, must agree with what the payment was opened with. `door` is for the audit alone.
    """

    actor: Actor
    payment_id: UUID
    purchase_id: UUID
    verdict: Verdict | None
    metadata: Metadata | None = None
    ticket: Ticket | None = None
    door: Door = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class RecordExtra:
    """Note that a payment's intent took money once more, by another attempt: `extra_id` is that money's payment."""

    extra_id: UUID
    payment_id: UUID
    provider: Provider
    captured: Captured
    door: Door = field(kw_only=True)


@dataclass(frozen=True, slots=True)
class CreatePurchase:
    """Grant a course without a payment. `reason` is audited.

    `may_fall_short` is the door's own: not every session needs a day before the access ends, for its callers may have
    taken the money already.
    """

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
    may_fall_short: bool = False


@dataclass(frozen=True, slots=True)
class SaveCourse:
    """Put a course and its tiers into the catalogue; `is_new` tells a new course from a change of one."""

    actor: Actor
    course_id: UUID
    is_new: bool
    title: str
    tiers: tuple[Tier, ...]
    key: str | None = None


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """Give captured money back: `amount_minor` of it, or, where None, all that was not given back yet."""

    actor: Actor
    refund_id: UUID
    payment_id: UUID
    amount_minor: int | None
    reason: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class SettleRefund:
    """Note what the provider says of a refund; None where our books say already what became of it."""

    refund_id: UUID
    result: RefundResult | None
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class RecordRefunds:
    """Bring our books of a payment's refunds to what the provider's say of the attempt that paid it."""

    payment_id: UUID
    attempt: str
    facts: tuple[RefundRecord, ...]
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True)
class LapsePurchases:
    """End those of the purchases whose expiry has passed."""

    purchase_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class StoreEvent:
    """Keep a verified webhook, once, with the job that handles it.

    Of its references, `foreign` are those that the webhook itself shows to be none of ours, and `shown` those that it
    shows to be for us; of the others it shows nothing. `is_listed` where nobody sent it: it was found in the provider's
    own list of changes.
    """

    event: ProviderEvent
    foreign: tuple[str, ...] = ()
    shown: tuple[str, ...] = ()
    is_listed: bool = False


@dataclass(frozen=True, slots=True)
class EndEvent:
    """Note what became of a webhook: HANDLED, or IGNORED where all of it was about what is none of ours."""

    event_id: UUID
    ticket: Ticket
    state: EventState = EventState.HANDLED


Command = (
    OpenPayment
    | RecordIntent
    | RefusePrice
    | AdoptPayment
    | ConfirmPayment
    | RecordExtra
    | CreatePurchase
    | ExtendPurchase
    | CorrectPurchaseMetadata
    | RevokePurchase
    | SaveCourse
    | RefundPayment
    | SettleRefund
    | RecordRefunds
    | LapsePurchases
    | StoreEvent
    | EndEvent
    | ClaimJobs
    | DeferJob
    | EndJob
    | StartSweep
    | EndSweep
    | PlanAsk
    | RetryJob
    | CancelJob
)
KeyedCommand = (
    OpenPayment
    | CreatePurchase
    | ExtendPurchase
    | CorrectPurchaseMetadata
    | RevokePurchase
    | SaveCourse
    | RefundPayment
)


def operation_of(command: KeyedCommand) -> str:
    """The name of the mutation that a command comes from; a key is unique within it."""
    match command:
        case OpenPayment():
            return "createPayment"
        case CreatePurchase():
            return "createPurchase"
        case ExtendPurchase():
            return "extendPurchase"
        case CorrectPurchaseMetadata():
            return "correctPurchaseMetadata"
        case RevokePurchase():
            return "revokePurchase"
        case SaveCourse():
            return "saveCourse"
        case RefundPayment():
            return "refundPayment"


def key_of(command: Command) -> IdempotencyKey | None:
    """The caller's idempotency key, scoped to the actor and the operation; None where the caller gave none."""
    if isinstance(command, KeyedCommand) and command.key is not None:
        return IdempotencyKey(command.actor.id, operation_of(command), command.key)
    return None


def ticket_of(command: Command) -> Ticket | None:
    """The job that a command is a run of."""
    match command:
        case ConfirmPayment() | SettleRefund() | RecordRefunds() | EndEvent() | DeferJob() | EndJob() | EndSweep():
            return command.ticket
        case _:
            return None
