"""The statements of the writer's turn, built once: what it loads by, and what it saves with."""

from typing import Any

from sqlalchemy import (
    Select,
    Table,
    bindparam,
    literal_column,
    select,
    tuple_,
)
from sqlmodel import SQLModel

from db.job_tables import LIVE_JOB, JobRow, ProviderEventRow
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
).join(ACCESS, ACCESS.c.purchase_id == PURCHASE.c.id)

COURSE_WITH_TIERS: Select[Any] = (
    select(
        COURSE.c.id,
        COURSE.c.title,
        COURSE.c.created_at,
        TIER.c.code,
        TIER.c.session_count,
        TIER.c.price_minor,
        TIER.c.currency,
        TIER.c.validity_days,
        TIER.c.rank,
    )
    .join(TIER, TIER.c.course_id == COURSE.c.id, isouter=True)
    .order_by(COURSE.c.id, TIER.c.rank)
)

# ------------------------------------------------------------------------------------------------ what a turn loads
# Each takes the keys of a whole batch. Payments and purchases are locked in the order of their ids, so that two
# PostgreSQL writers wait for each other and not in a circle; SQLite's writer holds the whole file already.

_LOCKED_PURCHASE = PURCHASE_WITH_ACCESS.order_by(PURCHASE.c.id).with_for_update(of=PURCHASE)
# Written out, not bound: a partial index serves only a condition that the planner can read.
_IS_ACTIVE = PURCHASE.c.status == literal_column("'ACTIVE'")

RECORDS_BY_KEY: Select[Any] = select(RECORD).where(
    tuple_(RECORD.c.actor_id, RECORD.c.operation, RECORD.c.key).in_(bindparam("keys", expanding=True))
)
PAYMENTS_BY_REFERENCE: Select[Any] = (
    select(PAYMENT)
    .where(tuple_(PAYMENT.c.provider, PAYMENT.c.reference).in_(bindparam("keys", expanding=True)))
    .where(PAYMENT.c.reference.is_not(None))  # the index's own condition, which no planner sees in a pair
    .order_by(PAYMENT.c.id)
    .with_for_update()
)
PAYMENTS_BY_ID: Select[Any] = (
    select(PAYMENT).where(PAYMENT.c.id.in_(bindparam("keys", expanding=True))).order_by(PAYMENT.c.id).with_for_update()
)
ACTIVE_PURCHASES_BY_PAIR: Select[Any] = _LOCKED_PURCHASE.where(
    tuple_(PURCHASE.c.student_id, PURCHASE.c.course_id).in_(bindparam("keys", expanding=True)), _IS_ACTIVE
)
PURCHASES_BY_PAYMENT: Select[Any] = _LOCKED_PURCHASE.where(PURCHASE.c.payment_id.in_(bindparam("keys", expanding=True)))
PURCHASES_BY_ID: Select[Any] = _LOCKED_PURCHASE.where(PURCHASE.c.id.in_(bindparam("keys", expanding=True)))
COURSES_BY_ID: Select[Any] = COURSE_WITH_TIERS.where(COURSE.c.id.in_(bindparam("keys", expanding=True)))
PURCHASES_BY_PAIR: Select[Any] = _LOCKED_PURCHASE.where(
    tuple_(PURCHASE.c.student_id, PURCHASE.c.course_id).in_(bindparam("keys", expanding=True))
)
REFUNDS_BY_ID: Select[Any] = select(REFUND).where(REFUND.c.id.in_(bindparam("keys", expanding=True)))
REFUNDS_BY_PAYMENT: Select[Any] = select(REFUND).where(REFUND.c.payment_id.in_(bindparam("keys", expanding=True)))
EVENTS_BY_ID: Select[Any] = select(EVENT).where(EVENT.c.id.in_(bindparam("keys", expanding=True)))
EVENTS_BY_NAME: Select[Any] = select(EVENT).where(
    tuple_(EVENT.c.provider, EVENT.c.event_id).in_(bindparam("keys", expanding=True))
)
JOBS_BY_ID: Select[Any] = (
    select(JOB).where(JOB.c.id.in_(bindparam("keys", expanding=True))).order_by(JOB.c.id).with_for_update()
)
CASES_BY_SUBJECT: Select[Any] = (
    select(JOB)
    .where(JOB.c.subject_id.in_(bindparam("keys", expanding=True)), JOB.c.kind == literal_column("'case.review'"))
    .order_by(JOB.c.id)
    .with_for_update()
)
LIVE_JOBS_BY_SUBJECT: Select[Any] = select(JOB.c.kind, JOB.c.subject_id).where(
    JOB.c.subject_id.in_(bindparam("keys", expanding=True)), literal_column(LIVE_JOB)
)


# ------------------------------------------------------------------------------------------------- what a turn saves
