"""The core's enums in the API, with a description on each value."""

from enum import Enum

import strawberry

from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.overview.changed import ChangedKind
from gateway.services.core.model.values import (
    AccessStatus,
    PaymentStatus,
    PurchaseStatus,
    RefundOrigin,
    RefundStatus,
    Role,
)
from gateway.services.core.model.values import Fulfilment as PaymentFulfilment
from gateway.services.core.model.values import OnExisting as OnExistingPurchase
from gateway.services.core.model.values import Origin as PurchaseOrigin
from gateway.services.core.model.values import Provider as PaymentProvider
from gateway.services.core.model.values import Purpose as PaymentPurpose
from gateway.services.core.rules.cases import AttentionKind

__all__ = [
    "AccessStatus",
    "AttentionKind",
    "ChangedKind",
    "JobKind",
    "JobState",
    "OnExistingPurchase",
    "PaymentFulfilment",
    "PaymentProvider",
    "PaymentPurpose",
    "PaymentStatus",
    "PurchaseOrigin",
    "PurchaseStatus",
    "RefundOrigin",
    "RefundStatus",
    "Role",
]


def _describe(choice: type[Enum], name: str, description: str, **described: str) -> None:
    """Make the enum a GraphQL type. A value without a description is a mistake that shows at start."""
    strawberry.enum(choice, name=name, description=description)
    for value in choice.__strawberry_definition__.values:  # type: ignore[attr-defined]  # set by the line above
        value.description = described[value.name]


_describe(
    Role,
    "Role",
    "What a caller's token says they may do.",
    STUDENT="Buys courses, and sees their own payments and purchases.",
    ADMIN="Sees everything, grants courses and keeps the catalogue.",
    SERVICE="Another system of the platform, such as the one that holds the classes: asks who has access, records "
    "sessions, and reads the purchases that they belong to.",
)
_describe(
    PaymentProvider,
    "PaymentProvider",
    "Who moves the money. Which of them a gateway offers is its operator's choice.",
    STRIPE="Stripe.",
    RAZORPAY="Razorpay.",
    SANDBOX="No vendor and no money: for trying things out. See `SandboxProofInput`.",
)
_describe(
    PaymentStatus,
    "PaymentStatus",
    "What the money is doing at the provider.",
    REQUIRES_PAYMENT="Opened; nobody has paid yet.",
    PROCESSING="An attempt is under way and may still succeed or fail. Do not pay again.",
    SUCCEEDED="Captured in full. `fulfilment` says what it led to.",
    FAILED="The latest attempt failed; another one may be made.",
    CANCELED="Closed for good, unpaid.",
    PARTIALLY_REFUNDED="Part of the money went back; the purchase stands.",
    REFUNDED="All the money went back.",
)
_describe(
    PaymentFulfilment,
    "PaymentFulfilment",
    "What a captured payment led to. Every captured payment ends in exactly one purchase or one full refund.",
    PENDING="Nothing is captured yet.",
    FULFILLED="It became a purchase.",
    DUPLICATE="The student had the course already; the money goes back.",
    UNFULFILLABLE="No purchase can stand for it, `failure` says why; the money goes back.",
)
_describe(
    PaymentPurpose,
    "PaymentPurpose",
    "What a payment is for.",
    PURCHASE="A new purchase, or an upgrade to a higher tier.",
    RENEWAL="More of the tier that the student has: its sessions are added, its validity is prolonged.",
)
_describe(
    PurchaseStatus,
    "PurchaseStatus",
    "The state of a purchase. A student has at most one ACTIVE purchase of a course.",
    ACTIVE="In force.",
    SUPERSEDED="An upgrade, a renewal or an admin put another in its place, see `supersededBy`.",
    EXPIRED="Its time is over.",
    REVOKED="An admin took it back.",
    REFUNDED="Its money went back.",
)
_describe(
    PurchaseOrigin,
    "PurchaseOrigin",
    "How a purchase was made.",
    PAYMENT="By a captured payment.",
    ADMIN="Granted by an admin, without a payment.",
)
_describe(
    AccessStatus,
    "AccessStatus",
    "Whether the student may use the course now.",
    GRANTED="Yes, from `startsAt` to `expiresAt`.",
    EXPIRED="No longer: the time is over.",
    REVOKED="No longer: the purchase was superseded, revoked or refunded.",
)
_describe(
    OnExistingPurchase,
    "OnExistingPurchase",
    "What to do where the student has an active purchase of another tier.",
    RETURN="Change nothing and answer `ActivePurchaseExists`.",
    REPLACE="Put the new purchase in its place; the sessions used carry over. Audited.",
)
_describe(
    RefundStatus,
    "RefundStatus",
    "The state of a refund.",
    PENDING="Decided and on its way.",
    SUCCEEDED="The provider has sent the money back.",
    FAILED="The provider will not send it back; `failure` says why, and an admin has to act.",
)
_describe(
    RefundOrigin,
    "RefundOrigin",
    "Who asked for a refund.",
    GATEWAY="The gateway: for an admin, or by its rules for duplicates and for what cannot be fulfilled.",
    PROVIDER="Somebody at the provider's dashboard.",
    DISPUTE="The student's bank: PENDING while it decides, SUCCEEDED where the student got the money.",
)
_describe(
    JobKind,
    "JobKind",
    "What a job does.",
    PAYMENT_CHECK="Asks the provider about a payment that was not settled, and settles it.",
    PAYMENT_REFUND="Has the provider send money back.",
    WEBHOOK_HANDLE="Asks the provider about the payments that its webhook named, and brings our books up to date.",
    EVENT_DELIVER="Tells a subscriber what happened to a purchase or a payment, in order.",
    SWEEP_OPEN="Asks one provider about the payments that nobody confirms, each when its time has come.",
    SWEEP_SETTLED="Follows what one provider says has changed, so that no lost webhook is missed.",
    SWEEP_LAPSED="Ends the purchases whose expiry has passed.",
    SWEEP_OUTDATED="Deletes what ended long ago and nothing needs any more.",
    SWEEP_VERIFY="Checks every invariant over the whole database, where it is scheduled.",
    CASE_REVIEW="Nothing that runs: a case for a person. `lastError` says what happened and what ends it; `cancelJob` "
    "with a reason takes it off the list.",
    UNKNOWN="Work that only a newer release of the gateway, running beside this one, can do.",
)
_describe(
    JobState,
    "JobState",
    "The state of a job.",
    PENDING="It waits for its time.",
    RUNNING="A runner has it under way.",
    RETRYING="A run did not finish; the job waits for the next.",
    COMPLETED="Done.",
    FAILED="Given up after its last attempt, or refused for good; an admin has to act: `retryJob`, or `cancelJob` once "
    "it is dealt with.",
    CANCELED="An admin called it off.",
)
_describe(
    AttentionKind,
    "AttentionKind",
    "What it is that waits for a person.",
    JOB_FAILED="A job that was given up after its last attempt, or refused for good.",
    CASE="What no rule may decide.",
    DISPUTE="A student's bank claims money back, and asks for an answer at the provider.",
)
_describe(
    ChangedKind,
    "ChangedKind",
    "What kind of thing changed.",
    PURCHASE="Purchases: also their access and their sessions.",
    PAYMENT="Payments: also their refunds and their purchases.",
    REFUND="Refunds and disputes.",
    JOB="Jobs, and so what needs a person.",
    COURSE="Courses and their tiers.",
)
