"""How payments and refunds lie in their columns: rows to values and back."""

from datetime import date, datetime
from uuid import UUID

from gateway.services.core.model.values import (
    Actor,
    Failure,
    Fulfilment,
    Money,
    Payment,
    PaymentStatus,
    Provider,
    Purpose,
    Refund,
    RefundOrigin,
    RefundStatus,
    Role,
    Terms,
)
from gateway.services.rows.columns import Columns
from gateway.services.rows.metadata import metadata_columns, metadata_from


def payment_from(
    id: UUID,  # noqa: A002  as its column
    student_id: str,
    course_id: UUID,
    tier: str,
    tier_rank: int,
    session_count: int,
    validity_days: int | None,
    expires_at: datetime | None,
    amount_minor: int,
    currency: str,
    purpose: str,
    provider: str,
    created_at: datetime,
    status: str,
    fulfilment: str,
    reference: str | None,
    attempt: str | None,
    checks: int,
    captured_minor: int | None,
    captured_currency: str,
    refunded_minor: int,
    failure_code: str | None,
    failure_message: str | None,
    duplicate_of: UUID | None,
    extra_of: UUID | None,
    confirmed_at: datetime | None,
    ask_at: datetime | None,
    asks: int,
    is_sunday_only: bool,
    session_duration_min: int,
    slot_start_min: int,
    time_zone: str,
    first_day: date | None,
    labels: object,
) -> Payment:
    return Payment(
        id=id,
        student_id=student_id,
        course_id=course_id,
        terms=Terms(tier, tier_rank, session_count, validity_days, expires_at),
        amount=Money(amount_minor, currency),
        purpose=Purpose(purpose),
        provider=Provider(provider),
        metadata=metadata_from(is_sunday_only, session_duration_min, slot_start_min, time_zone, first_day, labels),
        created_at=created_at,
        status=PaymentStatus(status),
        fulfilment=Fulfilment(fulfilment),
        reference=reference,
        attempt=attempt,
        checks=checks,
        captured=None if captured_minor is None else Money(captured_minor, captured_currency),
        refunded_minor=refunded_minor,
        failure=_failure_from(failure_code, failure_message),
        duplicate_of=duplicate_of,
        extra_of=extra_of,
        confirmed_at=confirmed_at,
        ask_at=ask_at,
        asks=asks,
    )


def payment_columns(payment: Payment) -> Columns:
    captured, failure = payment.captured, payment.failure
    return {
        "id": payment.id,
        "student_id": payment.student_id,
        "course_id": payment.course_id,
        "tier": payment.terms.tier,
        "tier_rank": payment.terms.rank,
        "session_count": payment.terms.session_count,
        "validity_days": payment.terms.validity_days,
        "expires_at": payment.terms.expires_at,
        "amount_minor": payment.amount.amount_minor,
        "currency": payment.amount.currency,
        "purpose": payment.purpose.value,
        "provider": payment.provider.value,
        "reference": payment.reference,
        "attempt": payment.attempt,
        "checks": payment.checks,
        "status": payment.status.value,
        "fulfilment": payment.fulfilment.value,
        "captured_minor": captured.amount_minor if captured else None,
        "captured_currency": captured.currency if captured else None,
        "refunded_minor": payment.refunded_minor,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "duplicate_of": payment.duplicate_of,
        "extra_of": payment.extra_of,
        "created_at": payment.created_at,
        "confirmed_at": payment.confirmed_at,
        "ask_at": payment.ask_at,
        "asks": payment.asks,
        **metadata_columns(payment.metadata),
    }


def refund_from(
    id: UUID,  # noqa: A002  as its column
    payment_id: UUID,
    amount_minor: int,
    currency: str,
    reason: str,
    requested_by_id: str,
    requested_by_role: str,
    created_at: datetime,
    status: str,
    reference: str | None,
    failure_code: str | None,
    failure_message: str | None,
    settled_at: datetime | None,
    origin: str,
) -> Refund:
    return Refund(
        id=id,
        payment_id=payment_id,
        amount=Money(amount_minor, currency),
        reason=reason,
        requested_by=Actor(requested_by_id, Role(requested_by_role)),
        created_at=created_at,
        status=RefundStatus(status),
        reference=reference,
        failure=_failure_from(failure_code, failure_message),
        settled_at=settled_at,
        origin=RefundOrigin(origin),
    )


def refund_columns(refund: Refund) -> Columns:
    failure = refund.failure
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "amount_minor": refund.amount.amount_minor,
        "currency": refund.amount.currency,
        "reason": refund.reason,
        "requested_by_id": refund.requested_by.id,
        "requested_by_role": refund.requested_by.role.value,
        "status": refund.status.value,
        "reference": refund.reference,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "created_at": refund.created_at,
        "settled_at": refund.settled_at,
        "origin": refund.origin.value,
    }


def _failure_from(code: str | None, message: str | None) -> Failure | None:
    return None if code is None else Failure(code, message or "")
