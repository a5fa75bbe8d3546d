"""Changes of one cell, row or index of a database, drawn by a seed: what a hand, a script or a fault might do to it."""

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    LargeBinary,
    Table,
    and_,
    delete,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import DBAPIError

from db.tables import Row
from db.types import Id, Instant
from gateway.services.core.model.events import EventState
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.records import ACTIONS
from gateway.services.core.model.values import (
    AccessStatus,
    Fulfilment,
    Origin,
    PaymentStatus,
    Provider,
    PurchaseStatus,
    Purpose,
    RefundOrigin,
    RefundStatus,
    Role,
)

HUGE = 2**45
WEIGHTS = {"change": 1, "installation": 1, "schema_compatibility": 1, "course": 3, "tier": 3}
"""How often a table is drawn; any other eight times as often as the first ones."""
SHIFTS = (
    *(timedelta(microseconds=1), timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)),
    *(timedelta(days=30), timedelta(days=300 * 365)),
)
WORDS: dict[str, Sequence[str]] = {
    "payment.status": [*PaymentStatus],
    "payment.fulfilment": [*Fulfilment],
    "payment.purpose": [*Purpose],
    "payment.provider": [*Provider],
    "purchase.status": [*PurchaseStatus],
    "purchase.origin": [*Origin],
    "purchase.created_by_role": [*Role],
    "student_access.status": [*AccessStatus],
    "refund.status": [*RefundStatus],
    "refund.origin": [*RefundOrigin],
    "refund.requested_by_role": [*Role],
    "audit_entry.action": [*ACTIONS],
    "audit_entry.actor_role": [*Role],
    "provider_event.provider": [*Provider],
    "provider_event.state": [*EventState],
    "job.kind": [*JobKind],
    "job.state": [*JobState],
}
"""The words of columns that have some only. One that is none of them is drawn as well."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """What was changed: the table, what was done to it, to which column, and from what to what."""

    table: str
    deed: str
    column: str = ""
    before: object = None
    after: object = None
    row: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        return f"{self.deed} {self.table}{'.' if self.column else ''}{self.column}"


class Refused(Exception):
    """The database does not let it be."""


class Mutator:
    """Draws changes of a database whose constraints are not looked after, and makes each in a transaction of its own
    that is never committed."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self._connection, self._drawn = connection, random.Random(seed)
        tables = list(Row.metadata.sorted_tables)
        self._rows = {table.name: [row._asdict() for row in connection.execute(select(table))] for table in tables}
        self._tables = [table for table in tables if self._rows[table.name]]
        self._indexes = sorted(str(index.name) for table in tables for index in table.indexes)

    @contextmanager
    def mutated(self) -> Iterator[Mutation]:
        """The database after a change, which is undone at the end. What the database refuses is drawn anew."""
        with self._connection.begin() as transaction:
            while True:
                deed = self._drawn.choices(DEEDS, (70, 8, 8, 8, 3))[0]
                try:
                    with self._connection.begin_nested():
                        mutation = deed(self)
                except (Refused, DBAPIError):
                    continue
                break
            yield mutation
            transaction.rollback()

    def change_a_cell(self) -> Mutation:
        table = self._table()
        row = self._drawn.choice(self._rows[table.name])
        column = self._drawn.choice(list(table.c))
        after = self._other_value(table, column, row)
        if after == row[column.name] and isinstance(after, bool) is isinstance(row[column.name], bool):
            raise Refused
        self._set(table, row, {column.name: after})
        return Mutation(table.name, "changed", column.name, row[column.name], after, row)

    def delete_a_row(self) -> Mutation:
        table = self._table()
        row = self._drawn.choice(self._rows[table.name])
        self._connection.execute(delete(table).where(_is(table, row)))
        return Mutation(table.name, "deleted", row=row)

    def duplicate_a_row(self) -> Mutation:
        table = self._table()
        row = self._drawn.choice(self._rows[table.name])
        own = [column for column in table.primary_key if not column.foreign_keys] or list(table.primary_key)
        new = {own[-1].name: self._new_key(own[-1], row[own[-1].name])}
        self._connection.execute(insert(table).values(**{**row, **new}))
        return Mutation(table.name, "duplicated", row=row)

    def swap_two_cells(self) -> Mutation:
        table = self._table()
        if len(self._rows[table.name]) < 2:
            raise Refused
        one, other = self._drawn.sample(self._rows[table.name], 2)
        column = self._drawn.choice([each for each in table.c if not each.primary_key] or list(table.c))
        if one[column.name] == other[column.name]:
            raise Refused
        self._set(table, one, {column.name: other[column.name]})
        self._set(table, other, {column.name: one[column.name]})
        return Mutation(table.name, "swapped", column.name, one[column.name], other[column.name], one)

    def drop_an_index(self) -> Mutation:
        name = self._drawn.choice(self._indexes)
        self._connection.execute(text(f"DROP INDEX {name}"))
        return Mutation(name, "dropped")

    def _table(self) -> Table:
        return self._drawn.choices(self._tables, [WEIGHTS.get(table.name, 8) for table in self._tables])[0]

    def _set(self, table: Table, row: dict[str, Any], values: dict[str, object]) -> None:
        self._connection.execute(update(table).where(_is(table, row)).values(**values))

    def _new_key(self, column: Column[Any], old: Any) -> object:
        match column.type:
            case Id():
                return UUID(int=old.int ^ self._drawn.getrandbits(32) | 1)
            case Integer():
                return old + HUGE % 10_000
            case _:
                return f"{old}x"

    def _other_value(self, table: Table, column: Column[Any], row: dict[str, Any]) -> object:
        old = row[column.name]
        draws = ["null", "another row's", "another row's"]
        if f"{table.name}.{column.name}" in WORDS:
            draws += ["word"] * 4 + ["no word"]
        elif not isinstance(column.type, LargeBinary):
            draws += ["own"] * 4
        match self._drawn.choice(draws):
            case "null":
                return None
            case "another row's":
                return self._drawn.choice(self._rows[table.name])[column.name]
            case "word":
                return self._drawn.choice(WORDS[f"{table.name}.{column.name}"])
            case "no word":
                return "BOGUS"
        return self._near(column, old)

    def _near(self, column: Column[Any], old: Any) -> object:
        """Another value of the column's kind, near or far."""
        drawn, sign = self._drawn, self._drawn.choice((-1, 1))
        match column.type, old:
            case _, None:
                raise Refused
            case Id(), UUID():
                return UUID(int=drawn.getrandbits(128))
            case Instant(), datetime():
                return old + sign * drawn.choice(SHIFTS)
            case Boolean(), _:
                return not old
            case Date(), date():
                return old + sign * timedelta(days=drawn.choice((1, 7, 400)))
            case _, int():
                return drawn.choice((old + sign, old + sign * HUGE, 0, -old))
            case _, str():
                return drawn.choice(("", f"{old}x", old[:-1]))
            case _, list() | dict():
                return drawn.choice(([], {}, {"a": 1}))
            case _:
                raise Refused


DEEDS: Sequence[Callable[[Mutator], Mutation]] = (
    Mutator.change_a_cell,
    Mutator.delete_a_row,
    Mutator.duplicate_a_row,
    Mutator.swap_two_cells,
    Mutator.drop_an_index,
)


def unguarded(connection: Connection) -> None:
    """Have the database let anything be that its indexes and types do not refuse."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        return
    connection.exec_driver_sql("SET session_replication_role = replica")
    for table, name in connection.exec_driver_sql(
        "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' AND connamespace ="
        " 'public'::regnamespace"
    ).all():
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def _is(table: Table, row: dict[str, Any]) -> Any:
    return and_(*[column == row[column.name] for column in table.primary_key])
