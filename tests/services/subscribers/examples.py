"""Events as the gateway makes them, and what subscribers are made of."""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import UUID

from gateway.services.core.model.events import OutgoingEvent
from gateway.services.core.model.metadata import Label, Metadata

OLD, NEW = (f"whsec_{base64.b64encode(bytes(range(first, first + 32))).decode()}" for first in (0, 100))
"""Two secrets as Standard Webhooks writes them."""

QUERY = "?token=hunter2"
AT = datetime(2026, 11, 1, 12, 30, 15, 250000, UTC)
STUDENT = "student-1"
EVENT_ID, PURCHASE_ID, PAYMENT_ID, COURSE_ID, OLDER_ID = (
    UUID(f"019a3f00-0000-7000-8000-00000000000{n}") for n in range(1, 6)
)
METADATA: dict[str, object] = {
    "isSundayOnly": True,
    "sessionDuration": 60,
    "timeSlot": {"start": "17:30", "timeZone": "Asia/Kolkata"},
    "date": "2026-11-29",
    "labels": [{"key": "batch", "value": "B7"}],
}
PURCHASE: dict[str, object] = {
    "id": str(PURCHASE_ID),
    "studentId": STUDENT,
    "courseId": str(COURSE_ID),
    "tier": "BASIC",
    "status": "ACTIVE",
    "origin": "PAYMENT",
    "paymentId": str(PAYMENT_ID),
    "supersedes": str(OLDER_ID),
    "metadata": METADATA,
    "access": {
        "status": "GRANTED",
        "sessionsTotal": 12,
        "sessionsUsed": 0,
        "startsAt": "2026-11-01T12:30:15.250000Z",
        "expiresAt": "2099-05-01T12:30:15Z",
    },
    "createdAt": "2026-11-01T12:30:15.250000Z",
    "endedAt": None,
}
PAYMENT: dict[str, object] = {
    "id": str(PAYMENT_ID),
    "studentId": STUDENT,
    "courseId": str(COURSE_ID),
    "tier": "BASIC",
    "amount": {"amountMinor": 499900, "currency": "INR"},
    "captured": None,
    "refundedMinor": 0,
    "provider": "RAZORPAY",
    "providerReference": "order_1",
    "status": "FAILED",
    "fulfilment": "PENDING",
    "failure": {"code": "DECLINED", "message": "The bank said no."},
    "purchaseId": None,
    "createdAt": "2026-11-01T12:30:15Z",
    "confirmedAt": None,
}


def purchase_event(event_type: str = "purchase.created", **changes: object) -> OutgoingEvent:
    return OutgoingEvent(EVENT_ID, event_type, PURCHASE_ID, AT, {"purchase": PURCHASE | changes})


def payment_event(event_type: str = "payment.failed", **changes: object) -> OutgoingEvent:
    return OutgoingEvent(EVENT_ID, event_type, PAYMENT_ID, AT, {"payment": PAYMENT | changes})


def snapshot_of(metadata: Metadata) -> dict[str, object]:
    """Metadata as an event holds it."""
    return {
        "isSundayOnly": metadata.is_sunday_only,
        "sessionDuration": metadata.session_duration,
        "timeSlot": {"start": f"{metadata.slot.start:%H:%M}", "timeZone": metadata.slot.time_zone},
        "date": metadata.date.isoformat() if metadata.date else None,
        "labels": labels_of(metadata.labels),
    }


def labels_of(labels: tuple[Label, ...]) -> list[Mapping[str, str]]:
    return [{"key": label.key, "value": label.value} for label in labels]


def now() -> datetime:
    """The real instant: the library that verifies compares with the machine's clock."""
    return datetime.now(UTC)
