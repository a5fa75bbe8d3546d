"""The extract of the audit: who did what to which payment, purchase or course, when and why."""

from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from db.statements import AUDIT, COURSE, PAYMENT, PURCHASE
from gateway.schema.audit import with_ids
from gateway.schema.conventions import ids
from gateway.services.extracts.model import Column, Extract, Kind, id_column, instant, text


def _of_theirs(column: str, value: Any) -> ColumnElement[bool]:
    """That it was done to one of the payments and purchases that have the value there."""
    theirs = [select(table.c.id).where(table.c[column] == value) for table in (PAYMENT, PURCHASE)]
    return or_(*(AUDIT.c.subject_id.in_(each) for each in theirs))


def _changes(stored: Any) -> object:
    """With the API's ids; what a hand has spoilt stays as it stands, and keeps nothing else from leaving."""
    try:
        return with_ids(stored) if isinstance(stored, dict) else stored
    except ValueError:
        return stored


_STUDENT = func.coalesce(PAYMENT.c.student_id, PURCHASE.c.student_id)

ENTRIES = Extract(
    "audit",
    [
        Column("id", Kind.TEXT, "The entry: a UUID.", AUDIT.c.id, str),
        instant("at", AUDIT.c.at, "When."),
        text("action", AUDIT.c.action, "What was done."),
        id_column("paymentId", ids.PAYMENT, PAYMENT.c.id, "The payment that it was done to,"),
        id_column("purchaseId", ids.PURCHASE, PURCHASE.c.id, "or the purchase,"),
        id_column("courseId", ids.COURSE, COURSE.c.id, "or the course."),
        Column("subjectId", Kind.TEXT, "The same as a plain UUID, whatever it is.", AUDIT.c.subject_id, str),
        text("studentId", _STUDENT, "Whose payment or purchase that is."),
        text("actorId", AUDIT.c.actor_id, "Who did it; the gateway by itself is `gateway`."),
        text("actorRole", AUDIT.c.actor_role, "In which role."),
        text("reason", AUDIT.c.reason, "Why."),
        Column(
            "changes", Kind.JSON, "What changed, by name: a value, or a pair of old and new.", AUDIT.c.changes, _changes
        ),
    ],
    AUDIT,
    AUDIT.join(PAYMENT, PAYMENT.c.id == AUDIT.c.subject_id, isouter=True)
    .join(PURCHASE, PURCHASE.c.id == AUDIT.c.subject_id, isouter=True)
    .join(COURSE, COURSE.c.id == AUDIT.c.subject_id, isouter=True),
    (AUDIT.c.subject_id, AUDIT.c.id),
    AUDIT.c.at,
    lambda student: _of_theirs("student_id", student),
    lambda course: or_(AUDIT.c.subject_id == course, _of_theirs("course_id", course)),
)
