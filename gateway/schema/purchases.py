"""Payments, the purchases that they become, and the access that belongs to each purchase."""

import datetime as dt
from typing import Annotated, Self
from uuid import UUID

import strawberry
from strawberry import ID, Private, field
from strawberry import type as graphql_type

from gateway.schema.audit import AuditConnection
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, First, Last, asked, size_of
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
from gateway.schema.relations import RequestInfo
from gateway.services.core.model import metadata as model_metadata
from gateway.services.core.model import values
from gateway.services.core.rules.access import has_lapsed
from gateway.services.core.rules.schedule.sessions import sessions

PAYMENT_HISTORY = Cursors("payment.history")
PURCHASE_HISTORY = Cursors("purchase.history")


@graphql_type(description="A checkout, and what became of it.")
class Payment(Node):
    key: Private[UUID]
    course_key: Private[UUID]
    student: Student = field(description="Who pays.")
    tier: PurchaseTier = field(description="The tier that it pays for.")
    amount: Money = field(description="What was asked for when it was opened.")
    amount_captured: Money | None = field(
        description="What the provider took, and what can go back: an offer at its checkout, or a fee that the student "
        "bears, may make it differ from `amount`. Null until it is captured."
    )
    amount_refunded: Money = field(description="How much of what was captured went back.")
    provider: PaymentProvider = field(description="Who moves the money.")
    provider_reference: str | None = field(description="The provider's id of the checkout.")
    status: PaymentStatus = field(description="What the money is doing.")
    fulfilment: PaymentFulfilment = field(description="What became of the money once it was captured.")
    failure: "PaymentFailure | None" = field(description="Why the latest attempt, or the purchase, failed.")
    metadata: PurchaseMetadata = field(description="When and how the sessions shall take place.")
    created_at: dt.datetime = field(description="When it was opened.")
    confirmed_at: dt.datetime | None = field(description="When we learnt that the money was captured.")

    @field(description="The course that it pays for.")
    async def course(self, info: RequestInfo) -> Course:
        course = await info.context.loads.course(self.course_key)
        assert course is not None, "a payment's course is held by a foreign key"
        return Course.of(course)

    @field(description="The purchase that it became; null while it is open, and where the money goes back.")
    async def purchase(self, info: RequestInfo) -> "Purchase | None":
        purchase = await info.context.loads.purchase_of_payment(self.key)
        return None if purchase is None else Purchase.of(purchase)

    @field(description="What goes or went back of the money, the first refund first.")
    async def refunds(self, info: RequestInfo) -> list[Refund]:
        return [Refund.of(refund) for refund in await info.context.loads.refunds_of_payment(self.key) or ()]

    @field(description="What was done to it, the earliest first.", directives=ADMIN_ONLY)
    async def history(
        self, info: RequestInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> AuditConnection:
        page = await info.context.loads.history(self.key, asked(first, after, last, before, PAYMENT_HISTORY))
        return AuditConnection.of(page, PAYMENT_HISTORY)

    @classmethod
    def of(cls, payment: values.Payment) -> Self:
        taken, failure = payment.captured or payment.amount, payment.failure
        return cls(
            key=payment.id,
            course_key=payment.course_id,
            id=ID(ids.to_text(ids.PAYMENT, payment.id)),
            student=Student(id=ID(payment.student_id)),
            tier=PurchaseTier(payment.terms.tier),
            amount=Money.of(payment.amount),
            amount_captured=Money.of(payment.captured) if payment.captured else None,
            amount_refunded=Money.of(values.Money(payment.refunded_minor, taken.currency)),
            provider=payment.provider,
            provider_reference=payment.reference,
            status=payment.status,
            fulfilment=payment.fulfilment,
            failure=PaymentFailure(code=failure.code, message=failure.message) if failure else None,
            metadata=PurchaseMetadata.of(payment.metadata),
            created_at=payment.created_at,
            confirmed_at=payment.confirmed_at,
        )


@graphql_type(description="A student's hold on a course.")
class Purchase(Node):
    value: Private[values.Purchase]
    student: Student = field(description="Whose it is.")
    tier: PurchaseTier = field(description="The tier that it was bought or granted at.")
    status: PurchaseStatus = field(description="Where it stands.")
    origin: PurchaseOrigin = field(description="How it came to be.")
    metadata: PurchaseMetadata = field(description="When and how the sessions take place.")
    expiry_date: dt.datetime | None = field(description="When its access ends; null for never.")
    access: "StudentAccess | None" = field(description="What it lets the student use.")
    created_at: dt.datetime = field(description="When it came to be.")
    ended_at: dt.datetime | None = field(description="When it stopped being ACTIVE.")
    created_by: Actor = field(
        description="Whose call made it: the student who confirmed, or the admin who granted it.",
        directives=ADMIN_ONLY,
    )

    @field(description="The course.")
    async def course(self, info: RequestInfo) -> Course:
        course = await info.context.loads.course(self.value.course_id)
        assert course is not None, "a purchase's course is held by a foreign key"
        return Course.of(course)

    @field(description="The payment that it was bought with; null where an admin granted it.")
    async def payment(self, info: RequestInfo) -> Payment | None:
        payment = self.value.payment_id and await info.context.loads.payment(self.value.payment_id)
        return Payment.of(payment) if payment else None

    @field(description="The purchase that this one took the place of.")
    async def supersedes(self, info: RequestInfo) -> "Purchase | None":
        earlier = self.value.supersedes and await info.context.loads.purchase(self.value.supersedes)
        return Purchase.of(earlier) if earlier else None

    @field(description="The purchase that took this one's place.")
    async def superseded_by(self, info: RequestInfo) -> "Purchase | None":
        later = await info.context.loads.successor(self.value.id)
        return Purchase.of(later) if later else None

    @field(description="What was done to it, the earliest first.", directives=ADMIN_ONLY)
    async def history(
        self, info: RequestInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> AuditConnection:
        page = await info.context.loads.history(self.value.id, asked(first, after, last, before, PURCHASE_HISTORY))
        return AuditConnection.of(page, PURCHASE_HISTORY)

    @classmethod
    def of(cls, purchase: values.Purchase) -> Self:
        return cls(
            value=purchase,
            id=ID(ids.to_text(ids.PURCHASE, purchase.id)),
            student=Student(id=ID(purchase.student_id)),
            tier=PurchaseTier(purchase.tier),
            status=purchase.status,
            origin=purchase.origin,
            metadata=PurchaseMetadata.of(purchase.metadata),
            expiry_date=purchase.access.expires_at,
            access=StudentAccess.of(purchase),
            created_at=purchase.created_at,
            ended_at=purchase.ended_at,
            created_by=Actor.of(purchase.created_by),
        )


@graphql_type(description="Why a payment did not lead to a purchase.")
class PaymentFailure:
    code: str = field(
        description="For programs; a decline has the provider's own code, `price_refused` a price it does not take."
    )
    message: str = field(description="For people.")


@graphql_type(description="One session of a course.")
class ScheduledSession:
    number: int = field(description="Counts from 1.")
    starts_at: dt.datetime = field(description="When it begins.")
    ends_at: dt.datetime = field(description="When it ends.")


@graphql_type(description="What a purchase lets its student use.")
class StudentAccess:
    access: Private[values.Access]
    metadata: Private[model_metadata.Metadata]
    sessions_total: int = field(description="How many sessions it has.")
    sessions_used: int = field(
        description="How many of them were used; never deleted, whatever happens to the purchase."
    )
    starts_at: dt.datetime = field(description="When it begins.")
    expires_at: dt.datetime | None = field(description="When it ends; null for never.")

    @field(description="Whether the student may use the course now; past `expiresAt` it is EXPIRED at once.")
    def status(self, info: RequestInfo) -> AccessStatus:
        is_over = self.access.status is AccessStatus.GRANTED and has_lapsed(self.access, info.context.now)
        return AccessStatus.EXPIRED if is_over else self.access.status

    @field(
        description="The sessions that the metadata implies: Sundays only or daily, at the slot, in its time zone, "
        "right across clock changes. None of an access that has ended."
    )
    def schedule(
        self,
        first: Annotated[int | None, strawberry.argument(description="How many, from the first on: 0 to 100.")] = 10,
    ) -> list[ScheduledSession]:
        size = size_of(10 if first is None else first)
        return [
            ScheduledSession(number=session.number, starts_at=session.starts_at, ends_at=session.ends_at)
            for session in sessions(self.metadata, self.access, size)
        ]

    @classmethod
    def of(cls, purchase: values.Purchase) -> Self:
        access = purchase.access
        return cls(
            access=access,
            metadata=purchase.metadata,
            sessions_total=access.sessions_total,
            sessions_used=access.sessions_used,
            starts_at=access.starts_at,
            expires_at=access.expires_at,
        )
