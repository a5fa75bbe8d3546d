"""Expected failures as data: each kind of problem a type of its own."""

import datetime as dt
from abc import abstractmethod
from enum import Enum
from typing import Any, Self

import strawberry
from strawberry import field
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.purchases import Payment, Purchase, Refund
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import outcomes
from gateway.services.core.model.sessions import outcomes as session_outcomes
from gateway.services.core.model.values import PaymentStatus, PurchaseStatus

_duplicate = FieldsOf[outcomes.DuplicatePayment]()
_ended = FieldsOf[session_outcomes.PurchaseEnded]()


@strawberry.enum(description="What kind of problem it is, for programs.")
class ProblemCode(Enum):
    INVALID_INPUT = strawberry.enum_value("INVALID_INPUT", description="Fields of the input are not right.")
    NOT_FOUND = strawberry.enum_value("NOT_FOUND", description="What the input names does not exist, or not for you.")
    PAYMENT_NOT_SETTLED = strawberry.enum_value(
        "PAYMENT_NOT_SETTLED", description="The provider has not settled the payment yet. Nothing failed."
    )
    PAYMENT_DECLINED = strawberry.enum_value("PAYMENT_DECLINED", description="No money was taken.")
    DUPLICATE_PAYMENT = strawberry.enum_value(
        "DUPLICATE_PAYMENT", description="The student had the course already; the money goes back."
    )
    PAYMENT_MISMATCH = strawberry.enum_value(
        "PAYMENT_MISMATCH",
        description="What was captured does not fit what was opened, or can no longer be sold; the money goes back.",
    )
    METADATA_CONFLICT = strawberry.enum_value(
        "METADATA_CONFLICT", description="The given metadata differs from the stored metadata."
    )
    ACTIVE_PURCHASE_EXISTS = strawberry.enum_value(
        "ACTIVE_PURCHASE_EXISTS", description="The student has an active purchase of the course."
    )
    DOWNGRADE_NOT_ALLOWED = strawberry.enum_value(
        "DOWNGRADE_NOT_ALLOWED", description="The student has an active purchase of a higher tier."
    )
    PURCHASE_ENDED = strawberry.enum_value("PURCHASE_ENDED", description="The purchase had ended by then.")
    IDEMPOTENCY_KEY_REUSED = strawberry.enum_value(
        "IDEMPOTENCY_KEY_REUSED", description="The idempotency key was used with other input."
    )
    PROVIDER_UNAVAILABLE = strawberry.enum_value(
        "PROVIDER_UNAVAILABLE", description="The payment provider does not answer; the payment may have gone through."
    )
    STUDENT_HAS_OPEN_BUSINESS = strawberry.enum_value("STUDENT_HAS_OPEN_BUSINESS", description="That has to end first.")
    BUSY = strawberry.enum_value(
        "BUSY", description="Too much at once; the message says whether it may have been done."
    )


ALWAYS = "Always there; nullable so that one document can ask for it here and in `MetadataConflict` under one name."
"""GraphQL merges fields of one name across a union's members only where their types are the same, null and all."""


@strawberry.interface(description="What every expected failure has.")
class Problem:
    code: ProblemCode = field(description="The kind of problem, for programs.")
    message: str = field(description="What is wrong and what to do, for people.")
    retryable: bool = field(description="Whether the same call may succeed later, unchanged.")

    @classmethod
    @abstractmethod
    def of(cls, outcome: Any, /) -> Self:
        """The problem for an outcome; the signature says for which outcomes."""


@graphql_type(description="One field that is not right.")
class FieldProblem:
    path: list[str] = field(description='The way to the field: `["input", "metadata", "date"]`.')
    message: str = field(description="What would be right.")


@graphql_type(description="The input is not valid. Nothing was done.")
class InvalidInput(Problem):
    fields: list[FieldProblem] = field(description="Each field that is not right.")

    @classmethod
    def of(cls, invalid: outcomes.InvalidInput) -> Self:
        listed = [FieldProblem(path=["input", *problem.path], message=problem.message) for problem in invalid.fields]
        message = "; ".join(f"{'.'.join(each.path)} {each.message}" for each in listed)
        return cls(code=ProblemCode.INVALID_INPUT, message=message, retryable=False, fields=listed)


@graphql_type(description="What the input names does not exist, or not for you. Nothing was done.")
class NotFound(Problem):
    @classmethod
    def of(cls, missing: outcomes.NotFound) -> Self:
        return cls(code=ProblemCode.NOT_FOUND, message=f"There is no such {missing.noun}.", retryable=False)


@graphql_type(
    description="The payment is not settled yet, and nothing failed: confirm again after `retryAfterSeconds`, and do "
    "not pay again."
)
class PaymentPending(Problem):
    payment: Payment = field(description="The payment as it is now.")
    retry_after_seconds: int = field(description="How many seconds to wait before asking again.")

    @classmethod
    def of(cls, pending: outcomes.PaymentPending) -> Self:
        code, message = (
            ProblemCode.PAYMENT_NOT_SETTLED,
            "The payment is not settled yet. Do not pay again; confirm again.",
        )
        if pending.is_unreachable:
            code = ProblemCode.PROVIDER_UNAVAILABLE
            message = "The payment provider does not answer. Do not pay again; confirm again."
        elif pending.payment.status is not PaymentStatus.PROCESSING:
            message = "The provider has seen no payment yet. If you have paid, do not pay again; confirm again."
        return cls(
            code=code,
            message=message,
            retryable=True,
            payment=Payment.of(pending.payment),
            retry_after_seconds=pending.retry_after_s,
        )


@graphql_type(
    description="The payment led to no purchase. PAYMENT_DECLINED: no money was taken, try again. PAYMENT_MISMATCH: "
    "money was taken and goes back in full; `payment.failure` says why."
)
class PaymentDeclined(Problem):
    payment: Payment = field(description="The payment as it is now.")

    @classmethod
    def of(cls, ended: outcomes.PaymentDeclined | outcomes.Unfulfillable) -> Self:
        payment = ended.payment
        why = payment.failure.message if payment.failure else ""
        if isinstance(ended, outcomes.Unfulfillable):
            code, is_retryable = ProblemCode.PAYMENT_MISMATCH, False
            message = f"The payment cannot become a purchase and is refunded in full. {why}"
        else:
            code, is_retryable = ProblemCode.PAYMENT_DECLINED, payment.status is not PaymentStatus.CANCELED
            message = f"{why or 'The payment was declined.'} No money was taken."
        return cls(code=code, message=message, retryable=is_retryable, payment=Payment.of(payment))


@graphql_type(description="The student had the course already, so the payment is refunded in full.")
class DuplicatePayment(Problem, Wraps[outcomes.DuplicatePayment]):
    payment: Payment = _duplicate.wrapped("The payment that goes back.", lambda duplicate: duplicate.payment)
    existing_purchase: Purchase | None = _duplicate.wrapped(
        f"What the student had already. {ALWAYS}", lambda duplicate: duplicate.existing
    )
    refund: Refund | None = _duplicate.relation(
        "Its refund, decided in the same commit.",
        by=lambda duplicate: duplicate.payment.id,
    )

    @classmethod
    def of(cls, duplicate: outcomes.DuplicatePayment) -> Self:
        return cls(
            code=ProblemCode.DUPLICATE_PAYMENT,
            message="You have this course already. The payment is refunded in full.",
            retryable=False,
            value=duplicate,
        )


@graphql_type(description="One field in which the stored and the given metadata differ.")
class MetadataDifference:
    field: str = strawberry.field(description="The field, such as `timeSlot.start`.")
    stored: str = strawberry.field(description="The stored value.")
    given: str = strawberry.field(description="The given value.")

    @classmethod
    def of(cls, difference: outcomes.Difference) -> Self:
        return cls(field=difference.field, stored=difference.stored, given=difference.given)


@graphql_type(
    description="The given metadata differs from the stored metadata. Nothing was done; leave `metadata` out to "
    "confirm with what is stored, or have an admin correct it."
)
class MetadataConflict(Problem):
    fields: list[MetadataDifference] = field(description="Each field that differs.")
    existing_purchase: Purchase | None = field(description="The purchase that exists already, if there is one.")

    @classmethod
    def of(cls, conflict: outcomes.MetadataConflict) -> Self:
        listed = ", ".join(each.field for each in conflict.differences)
        return cls(
            code=ProblemCode.METADATA_CONFLICT,
            message=f"The given metadata differs from the stored metadata in: {listed}.",
            retryable=False,
            fields=[MetadataDifference.of(each) for each in conflict.differences],
            existing_purchase=Purchase.of(conflict.existing) if conflict.existing else None,
        )


@graphql_type(description="The student has an active purchase of the course. Nothing was done.")
class ActivePurchaseExists(Problem):
    existing_purchase: Purchase | None = field(description=f"The active purchase. {ALWAYS}")

    @classmethod
    def of(cls, found: outcomes.ActivePurchaseExists) -> Self:
        code, message = ProblemCode.ACTIVE_PURCHASE_EXISTS, "The student has an active purchase of this course"
        if found.is_downgrade:
            code, message = ProblemCode.DOWNGRADE_NOT_ALLOWED, f"{message} of a higher tier"
        existing = Purchase.of(found.existing)
        return cls(code=code, message=f"{message} ({existing.tier}).", retryable=False, existing_purchase=existing)


@graphql_type(
    description="The session was held when the purchase had ended. Nothing was done. What was held before its end is "
    "recorded with it, by its `heldAt`; what was held since, with `activePurchase`."
)
class PurchaseEnded(Problem, Wraps[session_outcomes.PurchaseEnded]):
    purchase: Purchase = _ended.wrapped("The purchase as it is.", lambda ended: ended.purchase)
    ended_at: dt.datetime = _ended.field("When its access ended.", lambda ended: ended.ended_at)
    active_purchase: Purchase | None = _ended.wrapped(
        "What the student has of the course now; null where that is nothing.", lambda ended: ended.active
    )

    @classmethod
    def of(cls, ended: session_outcomes.PurchaseEnded) -> Self:
        at = ended.ended_at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        return cls(
            code=ProblemCode.PURCHASE_ENDED,
            message=f"The purchase ended at {at}. If the session was held before, give its heldAt; {_instead(ended)}.",
            retryable=False,
            value=ended,
        )


def _instead(ended: session_outcomes.PurchaseEnded) -> str:
    """What an admin, or the service, does with a session that was held after the end."""
    if ended.active is not None:
        return f"if after, record it with {ids.to_text(ids.PURCHASE, ended.active.id)}, which the student has now"
    if ended.purchase.status in (PurchaseStatus.ACTIVE, PurchaseStatus.EXPIRED):
        return "if after, an admin must let it end later first (extendPurchase)"
    return "if after, an admin must grant the course anew first (createPurchase)"


@graphql_type(description="You used the idempotency key with other input before. Nothing was done; use a new key.")
class IdempotencyKeyReused(Problem):
    @classmethod
    def of(cls, reused: outcomes.IdempotencyKeyReused) -> Self:
        message = f"The key {reused.key!r} was used with other input. Use a new key for new input."
        return cls(code=ProblemCode.IDEMPOTENCY_KEY_REUSED, message=message, retryable=False)
