"""Outcomes to GraphQL types: which type answers which outcome."""

from typing import assert_never

from gateway.schema import problems
from gateway.schema.conventions.errors import busy, provider_unavailable
from gateway.schema.mutations import courses, payments, purchases
from gateway.services.core.model import outcomes

Success = (
    payments.CreatePaymentSuccess
    | payments.ConfirmPaymentSuccess
    | purchases.CreatePurchaseSuccess
    | purchases.ExtendPurchaseSuccess
    | purchases.CorrectPurchaseMetadataSuccess
    | purchases.RevokePurchaseSuccess
    | courses.SaveCourseSuccess
    | payments.RefundPaymentSuccess
)
Answer = Success | problems.Problem

Done = (
    outcomes.Opened
    | outcomes.Confirmed
    | outcomes.Created
    | outcomes.Extended
    | outcomes.Corrected
    | outcomes.Revoked
    | outcomes.CourseSaved
    | outcomes.RefundRequested
)
Refusal = (
    outcomes.PaymentPending
    | outcomes.PaymentDeclined
    | outcomes.Unfulfillable
    | outcomes.DuplicatePayment
    | outcomes.MetadataConflict
    | outcomes.ActivePurchaseExists
    | outcomes.IdempotencyKeyReused
    | outcomes.InvalidInput
    | outcomes.NotFound
)


def answer_to(outcome: outcomes.Outcome) -> Answer:
    """The outcome as the API says it.

    Raises:
        GraphQLError: BUSY, where nothing was done; PROVIDER_UNAVAILABLE, where no intent could be opened.
    """
    if isinstance(outcome, Done):
        return success_of(outcome)
    if isinstance(outcome, Refusal):
        return problem_of(outcome)
    match outcome:
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
            | outcomes.AskPlanned()
            | outcomes.Lapsed()
            | outcomes.EventStored()
            | outcomes.EventEnded()
            | outcomes.Stale()
        ):
            raise AssertionError("a runner's outcome is no caller's answer")
        case _:
            assert_never(outcome)


def success_of(outcome: Done) -> Success:
    match outcome:
        case outcomes.Opened():
            return payments.CreatePaymentSuccess.of(outcome)
        case outcomes.Confirmed():
            return payments.ConfirmPaymentSuccess.of(outcome)
        case outcomes.Created():
            return purchases.CreatePurchaseSuccess.of(outcome)
        case outcomes.Extended():
            return purchases.ExtendPurchaseSuccess.of(outcome)
        case outcomes.Corrected():
            return purchases.CorrectPurchaseMetadataSuccess.of(outcome)
        case outcomes.Revoked():
            return purchases.RevokePurchaseSuccess.of(outcome)
        case outcomes.CourseSaved():
            return courses.SaveCourseSuccess.of(outcome)
        case outcomes.RefundRequested():
            return payments.RefundPaymentSuccess.of(outcome)
        case _:
            assert_never(outcome)


def problem_of(outcome: Refusal) -> problems.Problem:
    match outcome:
        case outcomes.PaymentPending():
            return problems.PaymentPending.of(outcome)
        case outcomes.PaymentDeclined() | outcomes.Unfulfillable():
            return problems.PaymentDeclined.of(outcome)
        case outcomes.DuplicatePayment():
            return problems.DuplicatePayment.of(outcome)
        case outcomes.MetadataConflict():
            return problems.MetadataConflict.of(outcome)
        case outcomes.ActivePurchaseExists():
            return problems.ActivePurchaseExists.of(outcome)
        case outcomes.IdempotencyKeyReused():
            return problems.IdempotencyKeyReused.of(outcome)
        case outcomes.InvalidInput():
            return problems.InvalidInput.of(outcome)
        case outcomes.NotFound():
            return problems.NotFound.of(outcome)
        case _:
            assert_never(outcome)
