"""Payments in the API."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import ID, Private, field
from strawberry import type as graphql_type

from gateway.schema.audit import AuditConnection
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import After, Before, First, Last, asked
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.enums import PaymentFulfilment, PaymentProvider, PaymentStatus
from gateway.schema.conventions.ids import Node
from gateway.schema.conventions.scalars import PurchaseTier
from gateway.schema.courses import Course, Money
from gateway.schema.metadata import PurchaseMetadata
from gateway.schema.people import Student
from gateway.schema.refunds import Refund
from gateway.schema.relations import RequestInfo
from gateway.services.core.model import values

if TYPE_CHECKING:
    from gateway.schema.purchases import Purchase


HISTORY = Cursors("payment.history")


@graphql_type(description="Why a payment did not lead to a purchase.")
class PaymentFailure:
    code: str = field(
        description="For programs; a decline has the provider's own code, `price_refused` a price it does not take."
    )
    message: str = field(description="For people.")


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
    failure: PaymentFailure | None = field(description="Why the latest attempt, or the purchase, failed.")
    metadata: PurchaseMetadata = field(description="When and how the sessions shall take place.")
    created_at: dt.datetime = field(description="When it was opened.")
    confirmed_at: dt.datetime | None = field(description="When we learnt that the money was captured.")

    @field(description="The course that it pays for.")
    async def course(self, info: RequestInfo) -> Course:
        course = await info.context.loads.course(self.course_key)
        assert course is not None, "a payment's course is held by a foreign key"
        return Course.of(course)

    @field(description="The purchase that it became; null while it is open, and where the money goes back.")
    async def purchase(
        self, info: RequestInfo
    ) -> Annotated["Purchase", strawberry.lazy("gateway.schema.purchases")] | None:
        from gateway.schema.purchases import Purchase

        purchase = await info.context.loads.purchase_of_payment(self.key)
        return None if purchase is None else Purchase.of(purchase)

    @field(description="What goes or went back of the money, the first refund first.")
    async def refunds(self, info: RequestInfo) -> list[Refund]:
        return [Refund.of(refund) for refund in await info.context.loads.refunds_of_payment(self.key) or ()]

    @field(description="What was done to it, the earliest first.", directives=ADMIN_ONLY)
    async def history(
        self, info: RequestInfo, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> AuditConnection:
        page = await info.context.loads.history(self.key, asked(first, after, last, before, HISTORY))
        return AuditConnection.of(page, HISTORY)

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
