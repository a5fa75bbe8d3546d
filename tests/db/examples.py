"""Rows that the database takes: one of each table, which belong together."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, insert

from db.tables import Row

Columns = dict[str, Any]

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)
COURSE, PAYMENT, OPEN_PAYMENT, PURCHASE, GRANT, JOB, ENTRY, REFUND, EVENT, COMMIT, SESSION = (
    UUID(int=number) for number in range(1, 12)
)
ABSENT = UUID(int=99)

PLAN: Columns = {
    "is_sunday_only": True,
    "session_duration_min": 60,
    "slot_start_min": 1050,
    "time_zone": "Asia/Kolkata",
    "first_day": None,
    "labels": [["a", "1"]],
}
OPENED: Columns = {
    "id": OPEN_PAYMENT,
    "student_id": "student-1",
    "course_id": COURSE,
    "tier": "BASIC",
    "tier_rank": 1,
    "session_count": 4,
    "validity_days": 90,
    "amount_minor": 199_900,
    "currency": "INR",
    "purpose": "PURCHASE",
    "provider": "SANDBOX",
    "reference": "sbx_2",
    "attempt": None,
    "checks": 0,
    "status": "REQUIRES_PAYMENT",
    "fulfilment": "PENDING",
    "captured_minor": None,
    "captured_currency": None,
    "refunded_minor": 0,
    "failure_code": None,
    "failure_message": None,
    "duplicate_of": None,
    "created_at": NOW,
    "confirmed_at": None,
    "ask_at": None,
    "asks": 0,
    **PLAN,
}
FULFILLED: Columns = {
    **OPENED,
    "id": PAYMENT,
    "reference": "sbx_1",
    "status": "SUCCEEDED",
    "fulfilment": "FULFILLED",
    "captured_minor": 199_900,
    "captured_currency": "INR",
    "confirmed_at": NOW,
}
PAID: Columns = {
    "id": PURCHASE,
    "student_id": "student-1",
    "course_id": COURSE,
    "tier": "BASIC",
    "tier_rank": 1,
    "status": "ACTIVE",
    "origin": "PAYMENT",
    "created_by_id": "student-1",
    "created_by_role": "STUDENT",
    "payment_id": PAYMENT,
    "supersedes": None,
    "created_at": NOW,
    "ended_at": None,
    **PLAN,
}
GRANTED: Columns = {**PAID, "id": GRANT, "student_id": "student-2", "origin": "ADMIN", "payment_id": None}

EXAMPLES: dict[str, Columns] = {
    "course": {"id": COURSE, "title": "Yoga", "created_at": NOW},
    "tier": {
        "course_id": COURSE,
        "code": "BASIC",
        "session_count": 4,
        "price_minor": 199_900,
        "currency": "INR",
        "validity_days": 90,
        "rank": 1,
    },
    "payment": OPENED,
    "purchase": GRANTED,
    "student_access": {
        "purchase_id": PURCHASE,
        "status": "GRANTED",
        "sessions_total": 4,
        "sessions_used": 0,
        "starts_at": NOW,
        "expires_at": NOW + timedelta(days=90),
    },
    "recorded_session": {
        "id": SESSION,
        "purchase_id": PURCHASE,
        "number": 1,
        "held_at": NOW,
        "recorded_at": NOW,
        "recorded_by_id": "lms",
        "recorded_by_role": "SERVICE",
        "withdrawn_at": None,
    },
    "audit_entry": {
        "subject_id": PURCHASE,
        "id": ENTRY,
        "at": NOW,
        "actor_id": "student-1",
        "actor_role": "STUDENT",
        "action": "purchase.created",
        "reason": None,
        "changes": None,
    },
    "idempotency_record": {
        "actor_id": "admin-1",
        "operation": "createPurchase",
        "key": "k",
        "fingerprint": b"\x00" * 32,
        "result_id": GRANT,
        "created_at": NOW,
    },
    "job": {
        "id": JOB,
        "kind": "payment.check",
        "subject_id": OPEN_PAYMENT,
        "payload": {},
        "state": "PENDING",
        "run_at": NOW,
        "attempts": 0,
        "last_error": None,
        "created_at": NOW,
        "fence": 0,
        "lease_until": None,
        "finished_at": None,
    },
    "refund": {
        "id": REFUND,
        "payment_id": PAYMENT,
        "amount_minor": 199_900,
        "currency": "INR",
        "reason": "duplicate",
        "requested_by_id": "gateway",
        "requested_by_role": "SERVICE",
        "status": "PENDING",
        "reference": None,
        "failure_code": None,
        "failure_message": None,
        "created_at": NOW,
        "settled_at": None,
    },
    "provider_event": {
        "id": EVENT,
        "provider": "STRIPE",
        "event_id": "evt_1",
        "type": "payment_intent.succeeded",
        "refs": ["pi_1"],
        "received_at": NOW,
        "state": "PENDING",
        "handled_at": None,
    },
    "installation": {"singleton": 1, "id": COMMIT, "histories_from": None},
    "schema_compatibility": {"singleton": 1, "oldest_code": "0007"},
    "change": {"seq": 1, "id": COMMIT, "body": {"payments": [], "purchases": []}},
}
"""A row of each table, by the table's name; a payment and a purchase that have nothing to do with each other."""


def add(connection: Connection, table: str, **changes: object) -> None:
    """Insert the table's example with some of its columns changed."""
    connection.execute(insert(Row.metadata.tables[table]).values({**EXAMPLES[table], **changes}))


def add_examples(connection: Connection) -> None:
    """Insert every example, and beside them a fulfilled payment with its purchase."""
    for table in ("course", "tier", "payment", "purchase"):
        add(connection, table)
    add(connection, "payment", **FULFILLED)
    add(connection, "purchase", **PAID)
    for table in ("student_access", "recorded_session", "audit_entry", "idempotency_record", "job", "refund"):
        add(connection, table)
    for table in ("provider_event", "change"):
        add(connection, table)
