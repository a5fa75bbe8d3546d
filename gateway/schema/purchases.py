"""Payments, the purchases that they become, and the access that belongs to each purchase."""

import datetime as dt
from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.audit import history_field
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import size_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.enums import (
    AccessStatus,
    PaymentFulfilment,
    PaymentProvider,
    PaymentStatus,
    PurchaseOrigin,
    PurchaseStatus,
)
from gateway.schema.conventions.ids import Node
from gateway.schema.conventions.scalars import PurchaseTier
from gateway.schema.courses import Course, Money
from gateway.schema.metadata import PurchaseMetadata
from gateway.schema.people import Actor, Student
from gateway.schema.refunds import Refund
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values
from gateway.services.core.rules.access import has_lapsed
from gateway.services.core.rules.schedule.sessions import Session, sessions

_payment = FieldsOf[values.Payment]()
_purchase = FieldsOf[values.Purchase]()
_failure = FieldsOf[values.Failure]()
_session = FieldsOf[Session]()


@graphql_type(description="A checkout, and what it led to.")
class Payment(Node, Wraps[values.Payment]):
    id: ID = ids.id_field(ids.PAYMENT)
    student: Student = _payment.wrapped("Who pays.", lambda payment: payment.student_id)
    tier: PurchaseTier = _payment.field("The tier that it pays for.", lambda payment: PurchaseTier(payment.terms.tier))
    amount: Money = _payment.wrapped("What was asked for when it was opened.", lambda payment: payment.amount)
    amount_captured: Money | None = _payment.wrapped(
        "What the provider took, and what can go back: an offer at its checkout, or a fee that the student "
        "bears, may make it differ from `amount`. Null until it is captured.",
        lambda payment: payment.captured,
    )
    amount_refunded: Money = _payment.wrapped(
        "How much of what was captured went back.", lambda payment: _refunded(payment)
    )
    provider: PaymentProvider = _payment.field("Who moves the money.", lambda payment: payment.provider)
    provider_reference: str | None = _payment.field(
        "The provider's id of the checkout.", lambda payment: payment.reference
    )
    status: PaymentStatus = _payment.field("What the money is doing.", lambda payment: payment.status)
    fulfilment: PaymentFulfilment = _payment.field(
        "What the money led to once it was captured.", lambda payment: payment.fulfilment
    )
    failure: "PaymentFailure | None" = _payment.wrapped(
        "Why the latest attempt, or the purchase, failed.",
        lambda payment: payment.failure,
    )
    metadata: PurchaseMetadata = _payment.wrapped(
        "When and how the sessions will take place.", lambda payment: payment.metadata
    )
    created_at: dt.datetime = _payment.field("When it was opened.", lambda payment: payment.created_at)
    confirmed_at: dt.datetime | None = _payment.field(
        "When we learnt that the money was captured.", lambda payment: payment.confirmed_at
    )
    course: Course = _payment.relation("The course that it pays for.", by=lambda payment: payment.course_id)
    purchase: "Purchase | None" = _payment.relation(
        "The purchase that it became; null while it is open, and where the money goes back.",
        by=lambda payment: payment.id,
    )
    refunds: list[Refund] = _payment.relation(
        "The refunds of the money, made or under way, the earliest first.", by=lambda payment: payment.id
    )

    history = history_field(Cursors("payment.history"))


@graphql_type(description="Why a payment did not lead to a purchase.")
class PaymentFailure(Wraps[values.Failure]):
    code: str = _failure.field(
        "For programs; a decline has the provider's own code, `price_refused` a price it does not take.",
        lambda failure: failure.code,
    )
    message: str = _failure.field("For people.", lambda failure: failure.message)


@graphql_type(description="A course that a student bought or was granted.")
class Purchase(Node, Wraps[values.Purchase]):
    id: ID = ids.id_field(ids.PURCHASE)
    student: Student = _purchase.wrapped("The student who has it.", lambda purchase: purchase.student_id)
    tier: PurchaseTier = _purchase.field(
        "The tier that it was bought or granted at.", lambda purchase: PurchaseTier(purchase.tier)
    )
    status: PurchaseStatus = _purchase.field("Its state.", lambda purchase: purchase.status)
    origin: PurchaseOrigin = _purchase.field("How it was made.", lambda purchase: purchase.origin)
    metadata: PurchaseMetadata = _purchase.wrapped(
        "When and how the sessions take place.", lambda purchase: purchase.metadata
    )
    expiry_date: dt.datetime | None = _purchase.field(
        "When its access ends; null for never.", lambda purchase: purchase.access.expires_at
    )
    access: "StudentAccess | None" = _purchase.wrapped("What it lets the student use.", lambda purchase: purchase)
    created_at: dt.datetime = _purchase.field("When it was created.", lambda purchase: purchase.created_at)
    ended_at: dt.datetime | None = _purchase.field("When it stopped being ACTIVE.", lambda purchase: purchase.ended_at)
    created_by: Actor = _purchase.wrapped(
        "Whose call made it: the student who confirmed, or the admin who granted it.",
        lambda purchase: purchase.created_by,
        directives=ADMIN_ONLY,
    )
    course: Course = _purchase.relation("The course.", by=lambda purchase: purchase.course_id)
    payment: Payment | None = _purchase.relation(
        "The payment that it was bought with; null where an admin granted it.", by=lambda purchase: purchase.payment_id
    )
    supersedes: "Purchase | None" = _purchase.relation(
        "The purchase that this one replaced.", by=lambda purchase: purchase.supersedes
    )
    superseded_by: "Purchase | None" = _purchase.relation(
        "The purchase that replaced this one.", by=lambda purchase: purchase.id
    )

    history = history_field(Cursors("purchase.history"))


@graphql_type(description="What a purchase lets its student use.")
class StudentAccess(Wraps[values.Purchase]):
    sessions_total: int = _purchase.field("How many sessions it has.", lambda purchase: purchase.access.sessions_total)
    sessions_used: int = _purchase.field(
        "How many of them were used; never deleted, whatever happens to the purchase.",
        lambda purchase: purchase.access.sessions_used,
    )
    starts_at: dt.datetime = _purchase.field("When it begins.", lambda purchase: purchase.access.starts_at)
    expires_at: dt.datetime | None = _purchase.field(
        "When it ends; null for never.", lambda purchase: purchase.access.expires_at
    )
    status: AccessStatus = _purchase.field_now(
        "Whether the student may use the course now; past `expiresAt` it is EXPIRED at once.",
        lambda purchase, now: _status(purchase.access, now),
    )

    @field(
        description="The sessions that the metadata implies: Sundays only or daily, at the slot, in its time zone, "
        "right across clock changes. None of an access that has ended."
    )
    def schedule(
        self,
        first: Annotated[int | None, strawberry.argument(description="How many, from the first on: 0 to 100.")] = 10,
    ) -> "list[ScheduledSession]":
        purchase, size = self.value, size_of(10 if first is None else first)
        return [ScheduledSession.of(session) for session in sessions(purchase.metadata, purchase.access, size)]


@graphql_type(description="One session of a course.")
class ScheduledSession(Wraps[Session]):
    number: int = _session.field("Counts from 1.", lambda session: session.number)
    starts_at: dt.datetime = _session.field("When it begins.", lambda session: session.starts_at)
    ends_at: dt.datetime = _session.field("When it ends.", lambda session: session.ends_at)


def _refunded(payment: values.Payment) -> values.Money:
    taken = payment.captured or payment.amount
    return values.Money(payment.refunded_minor, taken.currency)


def _status(access: values.Access, now: dt.datetime) -> AccessStatus:
    is_over = access.status is AccessStatus.GRANTED and has_lapsed(access, now)
    return AccessStatus.EXPIRED if is_over else access.status
