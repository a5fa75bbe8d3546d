"""How payments and refunds lie in their columns: rows to values and back."""

from gateway.services.core.model.values import Actor, Failure, Money, Payment, Refund, Terms
from gateway.services.rows.columns import Columns, word
from gateway.services.rows.layouts import From, Layout
from gateway.services.rows.metadata import METADATA, metadata_columns

_FAILURE = Layout(
    Failure,
    but_without="failure_code",
    code="failure_code",
    message=From("failure_message", lambda message: message or ""),
)
PAYMENT = Layout(
    Payment,
    terms=Layout(Terms, repeats=True, rank="tier_rank"),
    amount=Layout(Money, repeats=True),
    metadata=METADATA,
    captured=Layout(Money, but_without="captured_minor", amount_minor="captured_minor", currency="captured_currency"),
    failure=_FAILURE,
)
REFUND = Layout(
    Refund,
    amount=Layout(Money),
    requested_by=Layout(Actor, id="requested_by_id", role="requested_by_role"),
    failure=_FAILURE,
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
        "purpose": word(payment.purpose),
        "provider": word(payment.provider),
        "reference": payment.reference,
        "attempt": payment.attempt,
        "checks": payment.checks,
        "status": word(payment.status),
        "fulfilment": word(payment.fulfilment),
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


def refund_columns(refund: Refund) -> Columns:
    failure = refund.failure
    return {
        "id": refund.id,
        "payment_id": refund.payment_id,
        "amount_minor": refund.amount.amount_minor,
        "currency": refund.amount.currency,
        "reason": refund.reason,
        "requested_by_id": refund.requested_by.id,
        "requested_by_role": word(refund.requested_by.role),
        "status": word(refund.status),
        "reference": refund.reference,
        "failure_code": failure.code if failure else None,
        "failure_message": failure.message if failure else None,
        "created_at": refund.created_at,
        "settled_at": refund.settled_at,
        "origin": word(refund.origin),
    }
