"""The tables by their names, and the rows that one value is made of."""

from typing import Any

from sqlalchemy import Select, Table, select
from sqlmodel import SQLModel

from db.job_tables import JobRow, ProviderEventRow
from db.session_tables import RecordedSessionRow
from db.tables import (
    AuditEntryRow,
    CourseRow,
    IdempotencyRecordRow,
    PaymentRow,
    PurchaseRow,
    RefundRow,
    StudentAccessRow,
    TierRow,
)


def table_of(row: type[SQLModel]) -> Table:
    return row.__table__  # type: ignore[attr-defined, no-any-return]  # set by SQLModel's metaclass


COURSE = table_of(CourseRow)
TIER = table_of(TierRow)
PAYMENT = table_of(PaymentRow)
PURCHASE = table_of(PurchaseRow)
ACCESS = table_of(StudentAccessRow)
SESSION = table_of(RecordedSessionRow)
AUDIT = table_of(AuditEntryRow)
RECORD = table_of(IdempotencyRecordRow)
REFUND = table_of(RefundRow)
EVENT = table_of(ProviderEventRow)
JOB = table_of(JobRow)

PURCHASE_WITH_ACCESS: Select[Any] = select(
    PURCHASE,
    ACCESS.c.status.label("access_status"),
    ACCESS.c.sessions_total,
    ACCESS.c.sessions_used,
    ACCESS.c.starts_at,
    ACCESS.c.expires_at,
    ACCESS.c.sessions_recorded,
).select_from(PURCHASE.join(ACCESS, ACCESS.c.purchase_id == PURCHASE.c.id))

COURSE_WITH_TIERS: Select[Any] = select(
    COURSE.c.id,
    COURSE.c.title,
    COURSE.c.created_at,
    COURSE.c.description,
    TIER.c.code,
    TIER.c.session_count,
    TIER.c.price_minor,
    TIER.c.currency,
    TIER.c.validity_days,
    TIER.c.rank,
).join(TIER, TIER.c.course_id == COURSE.c.id, isouter=True)
