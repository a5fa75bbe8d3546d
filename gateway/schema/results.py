"""What each mutation answers: a success, or one of the problems it may come to."""

from typing import Annotated

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

ALREADY = "Whether this had been done before, and this call changed nothing."


@graphql_type(description="The checkout stands; the student may pay.")
class CreatePaymentSuccess:
    payment: Payment = field(description="The payment, to be confirmed once it is paid.")
    client_secret: str | None = field(description="What the provider's front-end SDK needs, where it needs something.")
    already_processed: bool = field(description=ALREADY)


@graphql_type(description="The payment is captured and the course is the student's.")
class ConfirmPaymentSuccess:
    payment: Payment = field(description="The payment.")
    purchase: Purchase = field(description="What it became.")
    already_processed: bool = field(description=ALREADY)


@graphql_type(description="The course is the student's.")
class CreatePurchaseSuccess:
    purchase: Purchase = field(description="The purchase.")
    already_processed: bool = field(description=ALREADY)
    replaced: Purchase | None = field(description="The purchase that it took the place of, with `onExisting: REPLACE`.")


@graphql_type(description="The course is in the catalogue as given.")
class SaveCourseSuccess:
    course: Course = field(description="The course.")
    already_processed: bool = field(description=ALREADY)


@graphql_type(description="The refund is decided; a job carries it out.")
class RefundPaymentSuccess:
    refund: Refund = field(description="The refund.")
    payment: Payment = field(description="The payment.")
    already_processed: bool = field(description=ALREADY)


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
    strawberry.union("CreatePurchaseResult", description="What `createPurchase` comes to."),
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
