"""How a core value lies in its columns: rows to values and back."""

import json
from collections.abc import Callable, Iterable
from datetime import time
from typing import Any, TypeVar

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.metadata import Label, Metadata, TimeSlot
from gateway.services.core.model.values import (
    Access,
    AccessStatus,
    Actor,
    Course,
    Failure,
    Fulfilment,
    Money,
    Origin,
    Payment,
    PaymentStatus,
    Provider,
    Purchase,
    PurchaseStatus,
    Purpose,
    Refund,
    RefundOrigin,
    RefundStatus,
    Role,
    Terms,
    Tier,
)

Columns = dict[str, Any]
Value = TypeVar("Value", Payment, Purchase, Course, Refund, Job, ProviderEvent)


def keyed(columns_of: Callable[[Value], Columns]) -> Callable[[Value], Columns]:
    """The same columns with the row's key beside them under the name that an UPDATE has for it."""

    def with_key(value: Value) -> Columns:
        return {**columns_of(value), "row_key": value.id}

    return with_key


def payment_from(row: Any) -> Payment:
    return Payment(
        id=row.id,
        student_id=row.student_id,
        course_id=row.course_id,
        terms=Terms(row.tier, row.tier_rank, row.session_count, row.validity_days, row.expires_at),
        amount=Money(row.amount_minor, row.currency),
        purpose=Purpose(row.purpose),
        provider=Provider(row.provider),
        metadata=_metadata_from(row),
        created_at=row.created_at,
        status=PaymentStatus(row.status),
        fulfilment=Fulfilment(row.fulfilment),
        reference=row.reference,
        attempt=row.attempt,
        checks=row.checks,
        captured=None if row.captured_minor is None else Money(row.captured_minor, row.captured_currency),
        refunded_minor=row.refunded_minor,
        failure=_failure_from(row),
        duplicate_of=row.duplicate_of,
        extra_of=row.extra_of,
        confirmed_at=row.confirmed_at,
        ask_at=row.ask_at,
        asks=row.asks,
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
        **_metadata_columns(payment.metadata),
    }


def purchase_from(row: Any, access: Access) -> Purchase:
    return Purchase(
        id=row.id,
        student_id=row.student_id,
        course_id=row.course_id,
        tier=row.tier,
        rank=row.tier_rank,
        origin=Origin(row.origin),
        created_by=Actor(row.created_by_id, Role(row.created_by_role)),
        metadata=_metadata_from(row),
        access=access,
        created_at=row.created_at,
        status=PurchaseStatus(row.status),
        payment_id=row.payment_id,
        supersedes=row.supersedes,
        ended_at=row.ended_at,
    )


def access_from(row: Any, status: str) -> Access:
    """An access from its columns; the status apart, for beside a purchase it has another name."""
    return Access(AccessStatus(status), row.sessions_total, row.sessions_used, row.starts_at, row.expires_at)


def purchase_columns(purchase: Purchase) -> Columns:
    return {
        "id": purchase.id,
        "student_id": purchase.student_id,
        "course_id": purchase.course_id,
        "tier": purchase.tier,
        "tier_rank": purchase.rank,
        "status": purchase.status.value,
        "origin": purchase.origin.value,
        "created_by_id": purchase.created_by.id,
        "created_by_role": purchase.created_by.role.value,
        "payment_id": purchase.payment_id,
        "supersedes": purchase.supersedes,
        "created_at": purchase.created_at,
        "ended_at": purchase.ended_at,
        **_metadata_columns(purchase.metadata),
    }


def access_columns(purchase: Purchase) -> Columns:
    access = purchase.access
    return {
        "purchase_id": purchase.id,
        "status": access.status.value,
        "sessions_total": access.sessions_total,
        "sessions_used": access.sessions_used,
        "starts_at": access.starts_at,
        "expires_at": access.expires_at,
    }


def courses_from(rows: Iterable[Any]) -> list[Course]:
    """Courses from rows of a course joined with each of its tiers, lowest rank first; one without tiers has none."""
    courses: dict[Any, Course] = {}
    for row in rows:
        before = courses[row.id].tiers if row.id in courses else ()
        tiers = before if row.code is None else (*before, tier_from(row))
        courses[row.id] = Course(row.id, row.title, tiers, row.created_at)
    return list(courses.values())


def course_columns(course: Course) -> Columns:
    return {"id": course.id, "title": course.title, "created_at": course.created_at}


def tier_columns(course: Course) -> list[Columns]:
    return [
        {
            "course_id": course.id,
            "code": tier.code,
            "session_count": tier.session_count,
            "price_minor": tier.price.amount_minor,
            "currency": tier.price.currency,
            "validity_days": tier.validity_days,
            "rank": tier.rank,
        }
        for tier in course.tiers
    ]


def refund_from(row: Any) -> Refund:
    return Refund(
        id=row.id,
        payment_id=row.payment_id,
        amount=Money(row.amount_minor, row.currency),
        reason=row.reason,
        requested_by=Actor(row.requested_by_id, Role(row.requested_by_role)),
        created_at=row.created_at,
        status=RefundStatus(row.status),
        reference=row.reference,
        failure=_failure_from(row),
        settled_at=row.settled_at,
        origin=RefundOrigin(row.origin),
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


def tier_from(row: Any) -> Tier:
    price = Money(row.price_minor, row.currency)
    return Tier(row.code, row.session_count, price, row.validity_days, row.rank)


def _metadata_from(row: Any) -> Metadata:
    start = time(row.slot_start_min // 60, row.slot_start_min % 60)
    return Metadata(
        is_sunday_only=row.is_sunday_only,
        session_duration=row.session_duration_min,
        slot=TimeSlot(start, row.time_zone),
        date=row.first_day,
        labels=_labels_from(row.labels),
    )


def _failure_from(row: Any) -> Failure | None:
    return None if row.failure_code is None else Failure(row.failure_code, row.failure_message or "")


def _labels_from(stored: Any) -> tuple[Label, ...]:
    """Pairs of texts, as we write them; whatever else a hand put there is shown as it stands and keeps nobody out."""
    return tuple(_label_from(each) for each in stored) if isinstance(stored, list) else ()


def _label_from(stored: Any) -> Label:
    match stored:
        case [str(key), str(value)]:
            return Label(key, value)
        case _:
            return Label("", json.dumps(stored, ensure_ascii=False))


def _metadata_columns(metadata: Metadata) -> Columns:
    return {
        "is_sunday_only": metadata.is_sunday_only,
        "session_duration_min": metadata.session_duration,
        "slot_start_min": metadata.slot.start.hour * 60 + metadata.slot.start.minute,
        "time_zone": metadata.slot.time_zone,
        "first_day": metadata.date,
        "labels": [[label.key, label.value] for label in metadata.labels],
    }
