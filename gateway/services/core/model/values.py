"""The nouns of the core: courses, payments, purchases and accesses as frozen values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.currencies import in_whole_units
from gateway.services.core.model.metadata import Metadata


class Role(StrEnum):
    STUDENT = "STUDENT"
    ADMIN = "ADMIN"
    SERVICE = "SERVICE"


class Provider(StrEnum):
    """Who moves the money. A new one goes to the end, because rows hold its position (`SUBJECTS`)."""

    STRIPE = "STRIPE"
    RAZORPAY = "RAZORPAY"
    SANDBOX = "SANDBOX"


class PaymentStatus(StrEnum):
    """What the provider's money is doing."""

    REQUIRES_PAYMENT = "REQUIRES_PAYMENT"
    PROCESSING = "PROCESSING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"


class Fulfilment(StrEnum):
    """What a captured payment led to: one purchase, or one refund and why."""

    PENDING = "PENDING"
    FULFILLED = "FULFILLED"
    DUPLICATE = "DUPLICATE"
    UNFULFILLABLE = "UNFULFILLABLE"


class Purpose(StrEnum):
    PURCHASE = "PURCHASE"
    RENEWAL = "RENEWAL"


class PurchaseStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUPERSEDED = "SUPERSEDED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"
    REFUNDED = "REFUNDED"


class Origin(StrEnum):
    PAYMENT = "PAYMENT"
    ADMIN = "ADMIN"


class AccessStatus(StrEnum):
    GRANTED = "GRANTED"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


class OnExisting(StrEnum):
    RETURN = "RETURN"
    REPLACE = "REPLACE"


class RefundStatus(StrEnum):
    PENDING = "PENDING"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"


class RefundOrigin(StrEnum):
    """Who asked for a refund: this gateway, somebody at the provider's dashboard, or the student's bank."""

    GATEWAY = "GATEWAY"
    PROVIDER = "PROVIDER"
    DISPUTE = "DISPUTE"


@quick
@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the token's subject and its role."""

    id: str
    role: Role


@quick
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit (paise, cents), with its ISO 4217 code."""

    amount_minor: int
    currency: str

    def __str__(self) -> str:
        """As people write it: `1,999.00 INR`."""
        whole = in_whole_units(self.amount_minor, self.currency)
        return f"{self.amount_minor} minor units of {self.currency}" if whole is None else f"{whole} {self.currency}"


@quick
@dataclass(frozen=True, slots=True)
class Tier:
    """One way to buy a course. `rank` orders a course's tiers: higher is an upgrade. None for `validity_days`: no
    end."""

    code: str
    session_count: int
    price: Money
    validity_days: int | None
    rank: int


@quick
@dataclass(frozen=True, slots=True)
class Course:
    """What is sold. `description` is plain text of one or more lines, or None."""

    id: UUID
    title: str
    tiers: tuple[Tier, ...]
    created_at: datetime
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Described:
    """What a call says of a course's description: its text, or None for none."""

    text: str | None


@quick
@dataclass(frozen=True, slots=True)
class Terms:
    """What was sold for the money, as the catalogue was then. `expires_at` is an end that was agreed as a date, instead
    of the tier's validity."""

    tier: str
    rank: int
    session_count: int
    validity_days: int | None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a payment did not lead to a purchase: a stable code and a sentence for people."""

    code: str
    message: str


@quick
@dataclass(frozen=True, slots=True)
class Payment:
    """A checkout, and what happened to its money.

    `reference` is the provider's id of the intent and `attempt` its id of the latest attempt to pay it; `checks`
    counts how often the provider was asked and had not settled. `captured` is what the provider says it took,
    which may differ from `amount`, what was asked for. `duplicate_of` is the purchase that made this one a duplicate.
    `extra_of` is the payment whose intent took this money once more. At `ask_at` the provider is asked about it by
    schedule, as it was `asks` times before.
    """

    id: UUID
    student_id: str
    course_id: UUID
    terms: Terms
    amount: Money
    purpose: Purpose
    provider: Provider
    metadata: Metadata
    created_at: datetime
    status: PaymentStatus = PaymentStatus.REQUIRES_PAYMENT
    fulfilment: Fulfilment = Fulfilment.PENDING
    reference: str | None = None
    attempt: str | None = None
    checks: int = 0
    captured: Money | None = None
    refunded_minor: int = 0
    failure: Failure | None = None
    duplicate_of: UUID | None = None
    extra_of: UUID | None = None
    confirmed_at: datetime | None = None
    ask_at: datetime | None = None
    asks: int = 0


@quick
@dataclass(frozen=True, slots=True)
class Access:
    """What a student may use. It ends, but its used sessions are never deleted.

    Of the `sessions_used`, `sessions_recorded` were held under this very purchase and are recorded one by one; the rest
    it took over from others, as a number.
    """

    status: AccessStatus
    sessions_total: int
    sessions_used: int
    starts_at: datetime
    expires_at: datetime | None
    sessions_recorded: int = 0

    @property
    def sessions_left(self) -> int:
        return self.sessions_total - self.sessions_used

    @property
    def sessions_carried(self) -> int:
        return self.sessions_used - self.sessions_recorded


@quick
@dataclass(frozen=True, slots=True)
class Purchase:
    """A course that a student bought or was granted, with the access that belongs to it.

    `payment_id` is None where an admin granted it. `supersedes` is the purchase that this one replaced.
    """

    id: UUID
    student_id: str
    course_id: UUID
    tier: str
    rank: int
    origin: Origin
    created_by: Actor
    metadata: Metadata
    access: Access
    created_at: datetime
    status: PurchaseStatus = PurchaseStatus.ACTIVE
    payment_id: UUID | None = None
    supersedes: UUID | None = None
    ended_at: datetime | None = None


@quick
@dataclass(frozen=True, slots=True)
class Refund:
    """Captured money on its way back, requested once and made once: its id is the provider's idempotency key. A dispute
    is one as well: pending while the bank decides, and succeeded where the student got the money."""

    id: UUID
    payment_id: UUID
    amount: Money
    reason: str
    requested_by: Actor
    created_at: datetime
    status: RefundStatus = RefundStatus.PENDING
    reference: str | None = None
    failure: Failure | None = None
    settled_at: datetime | None = None
    origin: RefundOrigin = RefundOrigin.GATEWAY


GATEWAY = Actor("gateway", Role.SERVICE)
"""The actor of what the gateway does by itself, by its jobs."""


@dataclass(frozen=True, slots=True)
class TierChoice:
    """A tier by its code, or by its number of sessions; both given must agree."""

    code: str | None
    session_count: int | None
