"""What each mutation answers: a success, or one of the problems it may come to."""

from typing import Annotated, Self

import strawberry
from strawberry import field
from strawberry import type as graphql_type

from gateway.schema.courses import Course
from gateway.schema.jobs import Job
from gateway.schema.payments import Payment
from gateway.schema.problems import (
    ActivePurchaseExists,
    DuplicatePayment,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    NotFound,
    PaymentDeclined,
    PaymentPending,
)
from gateway.schema.purchases import Purchase
from gateway.schema.refunds import Refund
from gateway.services.core import outcomes

ALREADY = "Whether this had been done before, and this call changed nothing."


@graphql_type(description="The checkout stands; the student may pay.")
class CreatePaymentSuccess:
    payment: Payment = field(description="The payment, to be confirmed once it is paid.")
    client_secret: str | None = field(description="What the provider's front-end SDK needs, where it needs something.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, opened: outcomes.Opened) -> Self:
        return cls(
            payment=Payment.of(opened.payment),
            client_secret=opened.client_secret,
            already_processed=opened.already_processed,
        )


@graphql_type(description="The payment is captured and the course is the student's.")
class ConfirmPaymentSuccess:
    payment: Payment = field(description="The payment.")
    purchase: Purchase = field(description="What it became.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, confirmed: outcomes.Confirmed) -> Self:
        return cls(
            payment=Payment.of(confirmed.payment),
            purchase=Purchase.of(confirmed.purchase),
            already_processed=confirmed.already_processed,
        )


@graphql_type(description="The course is the student's.")
class CreatePurchaseSuccess:
    purchase: Purchase = field(description="The purchase.")
    already_processed: bool = field(description=ALREADY)
    replaced: Purchase | None = field(description="The purchase that it took the place of, with `onExisting: REPLACE`.")

    @classmethod
    def of(cls, created: outcomes.Created) -> Self:
        return cls(
            purchase=Purchase.of(created.purchase),
            already_processed=created.already_processed,
            replaced=Purchase.of(created.replaced) if created.replaced else None,
        )


@graphql_type(description="The purchase ends when it was asked to; one that had expired is active again.")
class ExtendPurchaseSuccess:
    purchase: Purchase = field(description="The purchase.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, extended: outcomes.Extended) -> Self:
        return cls(purchase=Purchase.of(extended.purchase), already_processed=extended.already_processed)


@graphql_type(description="The purchase has the metadata that was given.")
class CorrectPurchaseMetadataSuccess:
    purchase: Purchase = field(description="The purchase.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, corrected: outcomes.Corrected) -> Self:
        return cls(purchase=Purchase.of(corrected.purchase), already_processed=corrected.already_processed)


@graphql_type(description="The purchase is REVOKED, and so is its access. No money moved.")
class RevokePurchaseSuccess:
    purchase: Purchase = field(description="The purchase. A payment that it was bought with stands as it was.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, revoked: outcomes.Revoked) -> Self:
        return cls(purchase=Purchase.of(revoked.purchase), already_processed=revoked.already_processed)


@graphql_type(description="The course is in the catalogue as given.")
class SaveCourseSuccess:
    course: Course = field(description="The course.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, saved: outcomes.CourseSaved) -> Self:
        return cls(course=Course.of(saved.course), already_processed=saved.already_processed)


@graphql_type(description="The refund is decided; a job carries it out.")
class RefundPaymentSuccess:
    refund: Refund = field(description="The refund.")
    payment: Payment = field(description="The payment.")
    already_processed: bool = field(description=ALREADY)

    @classmethod
    def of(cls, requested: outcomes.RefundRequested) -> Self:
        return cls(
            refund=Refund.of(requested.refund),
            payment=Payment.of(requested.payment),
            already_processed=requested.already_processed,
        )


@graphql_type(description="The job will run again.")
class RetryJobSuccess:
    job: Job = field(description="The job.")


@graphql_type(description="The job will not run any more.")
class CancelJobSuccess:
    job: Job = field(description="The job.")


CreatePaymentResult = Annotated[
    CreatePaymentSuccess | InvalidInput | NotFound | ActivePurchaseExists | IdempotencyKeyReused,
    strawberry.union("CreatePaymentResult", description="What `createPayment` comes to."),
]
ConfirmPaymentResult = Annotated[
    ConfirmPaymentSuccess
    | PaymentPending
    | PaymentDeclined
    | DuplicatePayment
    | MetadataConflict
    | InvalidInput
    | NotFound,
    strawberry.union("ConfirmPaymentResult", description="What `confirmPayment` comes to."),
]
CreatePurchaseResult = Annotated[
    CreatePurchaseSuccess | ActivePurchaseExists | MetadataConflict | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union(
        "CreatePurchaseResult", description="What `createPurchase`, and each item of `createPurchases`, comes to."
    ),
]
ExtendPurchaseResult = Annotated[
    ExtendPurchaseSuccess | ActivePurchaseExists | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("ExtendPurchaseResult", description="What `extendPurchase` comes to."),
]
CorrectPurchaseMetadataResult = Annotated[
    CorrectPurchaseMetadataSuccess | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("CorrectPurchaseMetadataResult", description="What `correctPurchaseMetadata` comes to."),
]
RevokePurchaseResult = Annotated[
    RevokePurchaseSuccess | IdempotencyKeyReused | InvalidInput | NotFound,
    strawberry.union("RevokePurchaseResult", description="What `revokePurchase` comes to."),
]
SaveCourseResult = Annotated[
    SaveCourseSuccess | InvalidInput | NotFound | IdempotencyKeyReused,
    strawberry.union("SaveCourseResult", description="What `saveCourse` comes to."),
]
RefundPaymentResult = Annotated[
    RefundPaymentSuccess | InvalidInput | NotFound | IdempotencyKeyReused,
    strawberry.union("RefundPaymentResult", description="What `refundPayment` comes to."),
]
RetryJobResult = Annotated[
    RetryJobSuccess | InvalidInput | NotFound,
    strawberry.union("RetryJobResult", description="What `retryJob` comes to."),
]
CancelJobResult = Annotated[
    CancelJobSuccess | InvalidInput | NotFound,
    strawberry.union("CancelJobResult", description="What `cancelJob` comes to."),
]
