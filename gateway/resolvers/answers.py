"""Outcomes to GraphQL types: each mutation's expected ends, in words."""

from typing import assert_never

from gateway.schema.courses import Course
from gateway.schema.errors import busy, provider_unavailable
from gateway.schema.payments import Payment
from gateway.schema.problems import (
    ActivePurchaseExists,
    DuplicatePayment,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    MetadataDifference,
    NotFound,
    PaymentDeclined,
    PaymentPending,
    ProblemCode,
)
from gateway.schema.purchases import Purchase
from gateway.schema.refunds import Refund
from gateway.schema.results import (
    ConfirmPaymentSuccess,
    CreatePaymentSuccess,
    CreatePurchaseSuccess,
    RefundPaymentSuccess,
    SaveCourseSuccess,
)
from gateway.services.core import outcomes, values
from gateway.services.core.values import PaymentStatus

Answer = (
    CreatePaymentSuccess
    | ConfirmPaymentSuccess
    | CreatePurchaseSuccess
    | SaveCourseSuccess
    | RefundPaymentSuccess
    | PaymentPending
    | PaymentDeclined
    | DuplicatePayment
    | MetadataConflict
    | ActivePurchaseExists
    | IdempotencyKeyReused
    | InvalidInput
    | NotFound
)


def answer_to(outcome: outcomes.Outcome) -> Answer:
    """The outcome as the API says it.

    Raises:
        GraphQLError: BUSY, where nothing was done; PROVIDER_UNAVAILABLE, where no intent could be opened.
    """
    match outcome:
        case outcomes.Opened():
            return CreatePaymentSuccess(
                payment=Payment.of(outcome.payment),
                client_secret=outcome.client_secret,
                already_processed=outcome.already_processed,
            )
        case outcomes.Confirmed():
            return ConfirmPaymentSuccess(
                payment=Payment.of(outcome.payment),
                purchase=Purchase.of(outcome.purchase),
                already_processed=outcome.already_processed,
            )
        case outcomes.Created():
            return CreatePurchaseSuccess(
                purchase=Purchase.of(outcome.purchase),
                already_processed=outcome.already_processed,
                replaced=_or_none(outcome.replaced),
            )
        case outcomes.CourseSaved():
            return SaveCourseSuccess(course=Course.of(outcome.course), already_processed=outcome.already_processed)
        case outcomes.RefundRequested():
            return RefundPaymentSuccess(
                refund=Refund.of(outcome.refund),
                payment=Payment.of(outcome.payment),
                already_processed=outcome.already_processed,
            )
        case outcomes.Busy():
            raise busy(outcome.retry_after_s)
        case outcomes.ProviderAway():
            raise provider_unavailable(outcome.retry_after_s)
        case (
            outcomes.Claimed()
            | outcomes.JobChanged()
            | outcomes.RefundSettled()
            | outcomes.RefundsRecorded()
            | outcomes.ExtraRecorded()
            | outcomes.Lapsed()
            | outcomes.EventStored()
            | outcomes.EventEnded()
            | outcomes.Stale()
        ):
            raise AssertionError("a runner's outcome is no caller's answer")
        case _:
            return problem_of(outcome)


Refusal = (
    outcomes.Pending
    | outcomes.Declined
    | outcomes.Unfulfillable
    | outcomes.Duplicate
    | outcomes.Conflicting
    | outcomes.ActiveExists
    | outcomes.KeyReused
    | outcomes.Invalid
    | outcomes.Missing
)


def problem_of(outcome: Refusal) -> Answer:
    match outcome:
        case outcomes.Pending():
            return _pending(outcome)
        case outcomes.Declined(payment):
            why = payment.failure.message if payment.failure else "The payment was declined."
            return PaymentDeclined(
                code=ProblemCode.PAYMENT_DECLINED,
                message=f"{why} No money was taken.",
                retryable=payment.status is not PaymentStatus.CANCELED,
                payment=Payment.of(payment),
            )
        case outcomes.Unfulfillable(payment):
            why = payment.failure.message if payment.failure else ""
            return PaymentDeclined(
                code=ProblemCode.PAYMENT_MISMATCH,
                message=f"The payment cannot become a purchase and is refunded in full. {why}",
                retryable=False,
                payment=Payment.of(payment),
            )
        case outcomes.Duplicate(payment, existing):
            return DuplicatePayment(
                code=ProblemCode.DUPLICATE_PAYMENT,
                message="You have this course already. The payment is refunded in full.",
                retryable=False,
                payment=Payment.of(payment),
                existing_purchase=Purchase.of(existing),
            )
        case outcomes.Conflicting(differences, existing_purchase):
            return _conflict(differences, _or_none(existing_purchase))
        case outcomes.ActiveExists(existing, is_downgrade):
            return _active_exists(Purchase.of(existing), is_downgrade)
        case outcomes.KeyReused(key):
            return IdempotencyKeyReused(
                code=ProblemCode.IDEMPOTENCY_KEY_REUSED,
                message=f"The key {key!r} was used with other input. Take a new key for a new wish.",
                retryable=False,
            )
        case outcomes.Invalid(fields):
            return InvalidInput.of(fields)
        case outcomes.Missing(noun):
            return NotFound(code=ProblemCode.NOT_FOUND, message=f"There is no such {noun}.", retryable=False)
        case _:
            assert_never(outcome)


def _or_none(purchase: values.Purchase | None) -> Purchase | None:
    return None if purchase is None else Purchase.of(purchase)


def _pending(outcome: outcomes.Pending) -> PaymentPending:
    code, message = (
        ProblemCode.PAYMENT_NOT_SETTLED,
        "The payment is not settled yet. Do not pay again; confirm again.",
    )
    if outcome.is_unreachable:
        code = ProblemCode.PROVIDER_UNAVAILABLE
        message = "The payment provider does not answer. Do not pay again; confirm again."
    return PaymentPending(
        code=code,
        message=message,
        retryable=True,
        payment=Payment.of(outcome.payment),
        retry_after_seconds=outcome.retry_after_s,
    )


def _conflict(differences: tuple[outcomes.Difference, ...], existing: Purchase | None) -> MetadataConflict:
    listed = ", ".join(each.field for each in differences)
    return MetadataConflict(
        code=ProblemCode.METADATA_CONFLICT,
        message=f"The given metadata differs from what stands in: {listed}.",
        retryable=False,
        fields=[MetadataDifference(field=each.field, stored=each.stored, given=each.given) for each in differences],
        existing_purchase=existing,
    )


def _active_exists(existing: Purchase, is_downgrade: bool) -> ActivePurchaseExists:
    code, message = ProblemCode.ACTIVE_PURCHASE_EXISTS, "The student has an active purchase of this course"
    if is_downgrade:
        code, message = ProblemCode.DOWNGRADE_NOT_ALLOWED, f"{message} of a higher tier"
    return ActivePurchaseExists(
        code=code, message=f"{message} ({existing.tier}).", retryable=False, existing_purchase=existing
    )
