"""What a turn saves with: each statement compiled once to the driver's own SQL, and run for many rows in one call."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
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
    """One statement compiled to the driver's own SQL when it is first needed, and run for many rows in one call.

    SQLAlchemy would compile and bind each time anew, which costs more than the database does.
    """

    def __init__(self, statement: Insert | Update | Delete, dialect: Dialect) -> None:
        self._statement = statement
        self._dialect = dialect

    def run(self, connection: Connection, rows: Iterable[Mapping[str, Any]]) -> None:
        """Run for every row; does nothing for none."""
        if listed := list(rows):
            sql, columns = self._compiled
            bound = [tuple(process(row[name]) if process else row[name] for name, process in columns) for row in listed]
            connection.exec_driver_sql(sql, bound)

    @cached_property
    def _compiled(self) -> tuple[str, list[tuple[str, Callable[[Any], Any] | None]]]:
        """The SQL, and by name what each parameter is bound through, in their order."""
        compiled, dialect = self._statement.compile(dialect=self._dialect), self._dialect
        assert isinstance(dialect, DefaultDialect)
        names: Sequence[str] = compiled.positiontup or ()
        types = [(name, compiled.binds[name].type.dialect_impl(dialect)) for name in names]
        return str(compiled), [(name, type_.bind_processor(dialect)) for name, type_ in types]


class Saves:
    """Every statement that a turn may save with, compiled for one database."""

    def __init__(self, dialect: Dialect) -> None:
        self.add_courses = _insert(COURSE, dialect)
        self.change_courses = _update(COURSE, dialect)
        self.drop_tiers = Bulk(delete(TIER).where(TIER.c.course_id == bindparam("course_id")), dialect)
        self.add_tiers = _insert(TIER, dialect)
        self.add_payments = _insert(PAYMENT, dialect)
        self.change_payments = _update(PAYMENT, dialect)
        self.add_purchases = _insert(PURCHASE, dialect)
        self.change_purchases = _update(PURCHASE, dialect)
        self.add_accesses = _insert(ACCESS, dialect)
        self.change_accesses = _update(ACCESS, dialect)
        self.add_audit = _insert(AUDIT, dialect)
        self.add_records = _insert(RECORD, dialect)
        self.add_refunds = _insert(REFUND, dialect)
        self.change_refunds = _update(REFUND, dialect)
        self.add_events = _insert(EVENT, dialect)
        self.change_events = _update(EVENT, dialect)
        self.add_jobs = _insert(JOB, dialect)
        self.change_jobs = _update(JOB, dialect)


_METADATA = frozenset({"is_sunday_only", "session_duration_min", "slot_start_min", "time_zone", "first_day", "labels"})
_OFFER = frozenset({"tier", "tier_rank", "session_count", "validity_days", "expires_at", "amount_minor", "currency"})

FIXED: Mapping[str, frozenset[str]] = {
    "course": frozenset({"id", "created_at"}),
    "payment": frozenset({"id", "student_id", "course_id", "purpose", "provider", "extra_of", "created_at"})
    | _METADATA
    | _OFFER,
    "purchase": frozenset({"id", "student_id", "course_id", "tier", "tier_rank", "origin", "created_by_id"})
    | {"created_by_role", "payment_id", "supersedes", "created_at"},
    "student_access": frozenset({"purchase_id"}),
    "refund": frozenset({"id", "payment_id", "reason", "origin", "requested_by_id", "requested_by_role", "created_at"}),
    "provider_event": frozenset({"id", "provider", "event_id", "type", "refs", "received_at"}),
    "job": frozenset({"id", "kind", "target", "created_at"}),
}
"""What a row keeps from its beginning, by table. Everything else is written whenever the row changes, so that a column
that is new is never forgotten."""


def changing(table: Table) -> list[str]:
    """The columns that an UPDATE of a row writes."""
    return [column.name for column in table.c if column.name not in FIXED[table.name]]


def _insert(table: Table, dialect: Dialect) -> Bulk:
    return Bulk(insert(table).values({column.name: bindparam(column.name) for column in table.c}), dialect)


def _update(table: Table, dialect: Dialect) -> Bulk:
    # The key's parameter has a name of its own: SQLAlchemy keeps column names for what is set.
    [key] = table.primary_key
    return Bulk(
        update(table)
        .where(key == bindparam("row_key"))
        .values({name: bindparam(name, type_=table.c[name].type) for name in changing(table)}),
        dialect,
    )
