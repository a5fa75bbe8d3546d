"""What a turn saves with: each statement compiled once to the driver's own SQL, and run for many rows in one call."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Dialect,
    Insert,
    Table,
    Update,
    bindparam,
    delete,
    insert,
    update,
)
from sqlalchemy.engine.default import DefaultDialect

from db.statements import ACCESS, AUDIT, COURSE, EVENT, JOB, PAYMENT, PURCHASE, RECORD, REFUND, TIER


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
