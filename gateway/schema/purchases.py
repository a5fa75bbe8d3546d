"""Payments, the purchases that they become, the refunds of their money, and the students whose they are."""

import datetime as dt
from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import ID
from strawberry import type as graphql_type

from gateway.schema.access import StudentAccess
from gateway.schema.audit import Actor, AuditConnection, history_field
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import (
    After,
    Before,
    Connection,
    First,
    Last,
    Listed,
    answer_in,
    asked,
    number_of,
    size_of,
)
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY, STUDENT_OR_ADMIN
from gateway.schema.conventions.enums import (
    PaymentFulfilment,
    PaymentProvider,
    PaymentStatus,
    PurchaseOrigin,
    PurchaseStatus,
    RefundOrigin,
    RefundStatus,
)
from gateway.schema.conventions.ids import Node
from gateway.schema.conventions.scalars import PurchaseTier
from gateway.schema.courses import Course, Money
from gateway.schema.failures import PaymentFailure, RefundFailure
from gateway.schema.metadata import PurchaseMetadata
from gateway.schema.relations import FieldsOf, Wraps, relation_by
from gateway.schema.sessions import PurchaseSession
from gateway.services.core.model import values
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.rules.recording.lists import SessionOfPurchase

PURCHASES = Cursors("student.purchases", is_timed=True, is_newest_first=True)
PAYMENTS = Cursors("student.payments", is_timed=True, is_newest_first=True)
REFUNDS = Cursors("student.refunds", is_timed=True, is_newest_first=True)
HISTORY = Cursors("student.history", is_newest_first=True)

_payment = FieldsOf[values.Payment]()
_purchase = FieldsOf[values.Purchase]()
_refund = FieldsOf[values.Refund]()
_student_id = FieldsOf[str]()


@graphql_type(description="A checkout, and what it led to.")
class Payment(Node, Wraps[values.Payment]):
    id: ID = ids.id_field(ids.PAYMENT)
    student: "Student" = _payment.wrapped("Who pays.", lambda payment: payment.student_id)
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
        "The provider's id of the checkout: Stripe's intent, Razorpay's order.", lambda payment: payment.reference
    )
    provider_attempt: str | None = _payment.field(
        "The provider's id of the latest attempt to pay it: Stripe's charge, Razorpay's payment.",
        lambda payment: payment.attempt,
    )
    status: PaymentStatus = _payment.field("What the money is doing.", lambda payment: payment.status)
    fulfilment: PaymentFulfilment = _payment.field(
        "What the money led to once it was captured.", lambda payment: payment.fulfilment
    )
    failure: PaymentFailure | None = _payment.wrapped(
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
    refunds: "list[Refund]" = _payment.relation(
        "The refunds of the money, made or under way, the earliest first.", by=lambda payment: payment.id
    )

    history = history_field(Cursors("payment.history"))


def _sessions(found: Sequence[SessionOfPurchase]) -> list[PurchaseSession]:
    return [PurchaseSession.of(each) for each in found]


@graphql_type(description="A course that a student bought or was granted.")
class Purchase(Node, Wraps[values.Purchase]):
    id: ID = ids.id_field(ids.PURCHASE)
    student: "Student" = _purchase.wrapped("The student who has it.", lambda purchase: purchase.student_id)
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
    access: StudentAccess | None = _purchase.wrapped("What it lets the student use.", lambda purchase: purchase)
    created_at: dt.datetime = _purchase.field("When it was created.", lambda purchase: purchase.created_at)
    ended_at: dt.datetime | None = _purchase.field("When it stopped being ACTIVE.", lambda purchase: purchase.ended_at)
    created_by: Actor = _purchase.wrapped(
        "Whose call made it: the student who confirmed, or the admin who granted it.",
        lambda purchase: purchase.created_by,
        directives=ADMIN_ONLY,
    )
    course: Course = _purchase.relation("The course.", by=lambda purchase: purchase.course_id)
    payment: Payment | None = _purchase.relation(
        "The payment that it was bought with; null where an admin granted it.",
        by=lambda purchase: purchase.payment_id,
        directives=STUDENT_OR_ADMIN,
    )
    supersedes: "Purchase | None" = _purchase.relation(
        "The purchase that this one replaced.", by=lambda purchase: purchase.supersedes
    )
    superseded_by: "Purchase | None" = _purchase.relation(
        "The purchase that replaced this one.", by=lambda purchase: purchase.id
    )

    @relation_by(
        list[PurchaseSession],
        "Its sessions by their numbers, as many as `sessionsTotal`: when each is due, and whether it was held. "
        "`access.schedule` has the times alone, and those of no access that has ended.",
        _sessions,
    )
    def sessions(
        self,
        first: Annotated[int | None, strawberry.argument(description="How many: 0 to 100.")] = 10,
        after: Annotated[int | None, strawberry.argument(description="Only those after this number.")] = 0,
    ) -> tuple[values.Purchase, int, int]:
        return self.value, size_of(10 if first is None else first), number_of(after or 0)

    history = history_field(Cursors("purchase.history"))


@graphql_type(description="Captured money on its way back.")
class Refund(Node, Wraps[values.Refund]):
    id: ID = ids.id_field(ids.REFUND)
    amount: Money = _refund.wrapped("How much goes back.", lambda refund: refund.amount)
    status: RefundStatus = _refund.field("Its state.", lambda refund: refund.status)
    origin: RefundOrigin = _refund.field("Who asked for it.", lambda refund: refund.origin)
    reason: str = _refund.field("Why it goes back.", lambda refund: refund.reason)
    failure: RefundFailure | None = _refund.wrapped(
        "Why it was not made, where it was not.",
        lambda refund: refund.failure,
    )
    provider_reference: str | None = _refund.field("The provider's id of the refund.", lambda refund: refund.reference)
    created_at: dt.datetime = _refund.field("When it was decided.", lambda refund: refund.created_at)
    payment: Payment = _refund.relation("The payment whose money it is.", by=lambda refund: refund.payment_id)
    settled_at: dt.datetime | None = _refund.field("When the provider settled it.", lambda refund: refund.settled_at)


def _history(page: Page[AuditEntry]) -> AuditConnection:
    return AuditConnection.of(Listed(page, HISTORY))


@graphql_type(description="A student of the platform.")
class Student(Wraps[str]):
    id: ID = _student_id.field("The platform's id of the student: the `sub` of their token.", ID)

    @relation_by(
        Connection[Purchase], "Their purchases, the latest first.", answer_in(PURCHASES), directives=ADMIN_ONLY
    )
    def purchases(
        self,
        status: Annotated[PurchaseStatus | None, strawberry.argument(description="Only those in this state.")] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> tuple[str, PurchaseStatus | None, Window]:
        return self.value, status, asked(first, after, last, before, PURCHASES)

    @relation_by(Connection[Payment], "Their payments, the latest first.", answer_in(PAYMENTS), directives=ADMIN_ONLY)
    def payments(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> tuple[str, Window]:
        return self.value, asked(first, after, last, before, PAYMENTS)

    @relation_by(
        Connection[Refund],
        "The refunds of their payments, the latest first.",
        answer_in(REFUNDS),
        directives=ADMIN_ONLY,
    )
    def refunds(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> tuple[str, Window]:
        return self.value, asked(first, after, last, before, REFUNDS)

    @relation_by(
        StudentAccess | None,
        "What they may use of a course: by their active purchase of it, or else by their latest one. Null where they "
        "never had one.",
        StudentAccess.of,
        directives=ADMIN_ONLY,
    )
    def access(self, course_id: Annotated[ID, strawberry.argument(description="The course.")]) -> tuple[str, UUID]:
        return self.value, ids.id_argument(ids.COURSE, course_id, "courseId")

    @relation_by(
        AuditConnection,
        "All that was done to their purchases and payments, the latest first: `subject` says to which.",
        _history,
        directives=ADMIN_ONLY,
    )
    def history(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> tuple[str, Window]:
        return self.value, asked(first, after, last, before, HISTORY)


def _refunded(payment: values.Payment) -> values.Money:
    taken = payment.captured or payment.amount
    return values.Money(payment.refunded_minor, taken.currency)
