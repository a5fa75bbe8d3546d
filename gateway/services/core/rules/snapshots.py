"""A payment, a purchase and a session as JSON, as an event shows them. Ids are UUIDs, instants UTC."""

from datetime import UTC, datetime

from gateway.services.core.model.metadata import Metadata
from gateway.services.core.model.sessions.records import RecordedSession
from gateway.services.core.model.values import Access, Money, Payment, Purchase


def of_purchase(purchase: Purchase) -> dict[str, object]:
    return {
        "id": str(purchase.id),
        "studentId": purchase.student_id,
        "courseId": str(purchase.course_id),
        "tier": purchase.tier,
        "status": purchase.status.value,
        "origin": purchase.origin.value,
        "paymentId": str(purchase.payment_id) if purchase.payment_id else None,
        "supersedes": str(purchase.supersedes) if purchase.supersedes else None,
        "metadata": _metadata(purchase.metadata),
        "access": _access(purchase.access),
        "createdAt": _instant(purchase.created_at),
        "endedAt": _instant(purchase.ended_at),
    }


def of_payment(payment: Payment, purchase: Purchase | None) -> dict[str, object]:
    """Args: purchase: what the payment led to, where it did."""
    failure = payment.failure
    return {
        "id": str(payment.id),
        "studentId": payment.student_id,
        "courseId": str(payment.course_id),
        "tier": payment.terms.tier,
        "amount": _money(payment.amount),
        "captured": _money(payment.captured),
        "refundedMinor": payment.refunded_minor,
        "provider": payment.provider.value,
        "providerReference": payment.reference,
        "status": payment.status.value,
        "fulfilment": payment.fulfilment.value,
        "failure": {"code": failure.code, "message": failure.message} if failure else None,
        "purchaseId": str(purchase.id) if purchase else None,
        "createdAt": _instant(payment.created_at),
        "confirmedAt": _instant(payment.confirmed_at),
    }


def of_session(session: RecordedSession, purchase: Purchase) -> dict[str, object]:
    """Args: purchase: under which it was held, as it is with it."""
    return {
        "purchaseId": str(purchase.id),
        "studentId": purchase.student_id,
        "courseId": str(purchase.course_id),
        "number": session.number,
        "heldAt": _instant(session.held_at),
        "recordedAt": _instant(session.recorded_at),
        "withdrawnAt": _instant(session.withdrawn_at),
        "sessionsTotal": purchase.access.sessions_total,
        "sessionsUsed": purchase.access.sessions_used,
    }


def _metadata(metadata: Metadata) -> dict[str, object]:
    return {
        "isSundayOnly": metadata.is_sunday_only,
        "sessionDuration": metadata.session_duration,
        "timeSlot": {"start": f"{metadata.slot.start:%H:%M}", "timeZone": metadata.slot.time_zone},
        "date": metadata.date.isoformat() if metadata.date else None,
        "labels": [{"key": label.key, "value": label.value} for label in metadata.labels],
    }


def _access(access: Access) -> dict[str, object]:
    return {
        "status": access.status.value,
        "sessionsTotal": access.sessions_total,
        "sessionsUsed": access.sessions_used,
        "startsAt": _instant(access.starts_at),
        "expiresAt": _instant(access.expires_at),
    }


def _money(money: Money | None) -> dict[str, object] | None:
    return {"amountMinor": money.amount_minor, "currency": money.currency} if money else None


def _instant(instant: datetime | None) -> str | None:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z") if instant else None
