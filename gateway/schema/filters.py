"""Which items of a list, and in which order."""

import datetime as dt
from enum import Enum

import strawberry
from strawberry import ID, field

from gateway.schema.conventions.enums import (
    JobKind,
    JobState,
    PaymentFulfilment,
    PaymentProvider,
    PaymentStatus,
    PurchaseOrigin,
    PurchaseStatus,
    RefundOrigin,
    RefundStatus,
)
from gateway.schema.conventions.scalars import Currency, MinorUnits, PurchaseTier


@strawberry.enum(description="Which way a list is ordered.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The earliest first.")
    DESC = strawberry.enum_value("DESC", description="The latest first.")


@strawberry.enum(description="What purchases are ordered by.")
class PurchaseOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When they were created.")


@strawberry.input(description="How purchases are ordered.")
class PurchaseOrder:
    field: PurchaseOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(description="Ascending or descending.")


@strawberry.enum(description="What payments are ordered by.")
class PaymentOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When they were opened.")


@strawberry.input(description="How payments are ordered.")
class PaymentOrder:
    field: PaymentOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(description="Ascending or descending.")


@strawberry.enum(description="What the list of what needs a person is ordered by.")
class AttentionOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When the job was created, or the dispute known.")


@strawberry.input(description="How what needs a person is ordered.")
class AttentionOrder:
    field: AttentionOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(description="Ascending or descending.")


@strawberry.enum(description="What refunds are ordered by.")
class RefundOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When they were decided.")


@strawberry.input(description="How refunds are ordered.")
class RefundOrder:
    field: RefundOrderField = strawberry.field(description="What to order by.")
    direction: OrderDirection = strawberry.field(description="Ascending or descending.")


@strawberry.input(
    description="Amounts of a currency. They are looked for among what was created in a period, or is a student's: "
    "give `createdFrom`, and `createdBefore` at most 92 days later, or `studentId`, or `providerReference` as well."
)
class AmountFilter:
    currency: Currency = field(description="The currency.")
    least_minor: MinorUnits | None = field(default=None, description="At least so much, in the minor unit.")
    most_minor: MinorUnits | None = field(default=None, description="At most so much, in the minor unit.")


@strawberry.input(description="Which purchases: every condition that is given must hold.")
class PurchaseFilter:
    student_id: ID | None = field(default=None, description="Of this student.")
    course_id: ID | None = field(default=None, description="Of this course.")
    tier: PurchaseTier | None = field(default=None, description="Of this tier.")
    status: PurchaseStatus | None = field(default=None, description="In this state.")
    origin: PurchaseOrigin | None = field(default=None, description="Made this way.")
    provider_reference: str | None = field(
        default=None, description="Whose payment the provider knows by this id: of its checkout, attempt or refund."
    )
    amount: AmountFilter | None = field(default=None, description="Whose payment asked for so much.")
    created_from: dt.datetime | None = field(default=None, description="Created then or later.")
    created_before: dt.datetime | None = field(default=None, description="Created before then.")


@strawberry.input(description="Which payments: every condition that is given must hold.")
class PaymentFilter:
    student_id: ID | None = field(default=None, description="Of this student.")
    course_id: ID | None = field(default=None, description="For this course.")
    tier: PurchaseTier | None = field(default=None, description="For this tier.")
    provider: PaymentProvider | None = field(default=None, description="With this provider.")
    status: PaymentStatus | None = field(default=None, description="In this state.")
    fulfilment: PaymentFulfilment | None = field(default=None, description="Whose money led to this.")
    provider_reference: str | None = field(
        default=None, description="Which the provider knows by this id: of the checkout, an attempt or a refund."
    )
    amount: AmountFilter | None = field(default=None, description="That asked for so much.")
    created_from: dt.datetime | None = field(default=None, description="Opened then or later.")
    created_before: dt.datetime | None = field(default=None, description="Opened before then.")


@strawberry.input(description="Which refunds: every condition that is given must hold.")
class RefundFilter:
    student_id: ID | None = field(default=None, description="Of this student's payments.")
    status: RefundStatus | None = field(default=None, description="In this state.")
    origin: RefundOrigin | None = field(default=None, description="Asked for by them.")
    provider_reference: str | None = field(
        default=None, description="Which the provider knows by this id, or whose payment it knows by it."
    )
    amount: AmountFilter | None = field(default=None, description="Of so much.")
    created_from: dt.datetime | None = field(default=None, description="Decided then or later.")
    created_before: dt.datetime | None = field(default=None, description="Decided before then.")


@strawberry.input(description="Which jobs: every condition that is given must hold.")
class JobFilter:
    state: JobState | None = field(default=None, description="In this state.")
    kind: JobKind | None = field(default=None, description="Of this kind.")
    payment_id: ID | None = field(
        default=None, description="That check this payment, carry out its refunds, or tell an event of it."
    )
    purchase_id: ID | None = field(default=None, description="That tell an event of this purchase.")
