"""The statements of the writer's turn, built once: what it loads by, and what it saves with."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine.default import DefaultDialect
from sqlmodel import SQLModel

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
from db.work import LIVE_JOB, JobRow, ProviderEventRow


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


class Bulk:
    """One statement compiled to the driver's own SQL, and run for many rows in one call.

    SQLAlchemy would compile and bind each time anew, which costs more than the database does.
    """

    def __init__(self, statement: Insert | Update | Delete, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(dialect, DefaultDialect)
        names: Sequence[str] = compiled.positiontup or ()
        self._sql = str(compiled)
        self._columns = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in names
        ]

    def run(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run for every row; does nothing for none."""
        bound = [tuple(process(row[name]) if process else row[name] for name, process in self._columns) for row in rows]
        if bound:
            connection.exec_driver_sql(self._sql, bound)


class Saves:
    """Every statement that a turn may save with, compiled for one database."""

    def __init__(self, dialect: Dialect) -> None:
        self.add_courses = _insert(COURSE, dialect)
        self.change_courses = _update(COURSE, ("title",), dialect)
        self.drop_tiers = Bulk(delete(TIER).where(TIER.c.course_id == bindparam("course_id")), dialect)
        self.add_tiers = _insert(TIER, dialect)
        self.add_payments = _insert(PAYMENT, dialect)
        self.change_payments = _update(PAYMENT, PAYMENT_CHANGES, dialect)
        self.add_purchases = _insert(PURCHASE, dialect)
        self.change_purchases = _update(PURCHASE, PURCHASE_CHANGES, dialect)
        self.add_accesses = _insert(ACCESS, dialect)
        self.change_accesses = _update(ACCESS, ACCESS_CHANGES, dialect, key="purchase_id")
        self.add_audit = _insert(AUDIT, dialect)
        self.add_records = _insert(RECORD, dialect)
        self.add_refunds = _insert(REFUND, dialect)
        self.change_refunds = _update(REFUND, REFUND_CHANGES, dialect)
        self.add_events = _insert(EVENT, dialect)
        self.change_events = _update(EVENT, ("state", "handled_at"), dialect)
        self.add_jobs = _insert(JOB, dialect)
        self.change_jobs = _update(JOB, JOB_CHANGES, dialect)


PAYMENT_CHANGES = (
    "reference",
    "attempt",
    "checks",
    "status",
    "fulfilment",
    "captured_minor",
    "captured_currency",
    "refunded_minor",
    "failure_code",
    "failure_message",
    "duplicate_of",
    "confirmed_at",
    "ask_at",
    "asks",
)
PURCHASE_CHANGES = (
    "status",
    "ended_at",
    "is_sunday_only",
    "session_duration_min",
    "slot_start_min",
    "time_zone",
    "first_day",
    "labels",
)
REFUND_CHANGES = ("amount_minor", "currency", "status", "reference", "failure_code", "failure_message", "settled_at")
JOB_CHANGES = (
    "subject_id",
    "payload",
    "state",
    "run_at",
    "attempts",
    "fence",
    "lease_until",
    "claim_id",
    "last_error",
    "finished_at",
)
ACCESS_CHANGES = ("status", "sessions_total", "sessions_used", "starts_at", "expires_at")


def _insert(table: Table, dialect: Dialect) -> Bulk:
    return Bulk(insert(table).values({column.name: bindparam(column.name) for column in table.c}), dialect)


def _update(table: Table, columns: Iterable[str], dialect: Dialect, key: str = "id") -> Bulk:
    # The key's parameter has a name of its own: SQLAlchemy keeps column names for what is set.
    return Bulk(
        update(table)
        .where(table.c[key] == bindparam("row_key"))
        .values({name: bindparam(name, type_=table.c[name].type) for name in columns}),
        dialect,
    )
