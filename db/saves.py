"""What a turn saves with: each statement's text for the driver, run for many rows at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import orjson
from sqlalchemy import Column, Dialect, Table

from db.compiled import key_of
from db.statements import ACCESS, AUDIT, COURSE, EVENT, JOB, PAYMENT, PURCHASE, RECORD, REFUND, SESSION, TIER
from db.stored import Row, storing
from db.types import Instant, with_zone
from db.writer import Writer

MOST_ROWS = 64
"""Rows that one statement writes on SQLite: enough that a row costs little, and few enough parameters for any SQLite
(the widest table has 34 columns; a statement takes 32,766)."""


class Bulk(ABC):
    """One change, done to many rows at once. Its text is made when it is first needed."""

    @abstractmethod
    def run(self, writer: Writer, rows: Iterable[Row]) -> None:
        """Do it to every row, in an order of the database's own; does nothing for none."""


class _SqliteBulk(Bulk):
    """The rows beside each other in one statement's VALUES: a step for each row would cost twice as much, and each time
    the writer would wait for the interpreter's lock again.

    Every number of rows is a text of its own, to be prepared and kept by the driver. There are those for 1, 2, 4 and so
    on: other numbers are sums of these.
    """

    def __init__(self, columns: Sequence[Column[Any]], text: Callable[[int], str], dialect: Dialect) -> None:
        self._stored = storing(columns, dialect)
        self._text = text
        self._texts: dict[int, str] = {}

    def run(self, writer: Writer, rows: Iterable[Row]) -> None:
        stored, done = list(map(self._stored, rows)), 0
        while left := len(stored) - done:
            size = min(MOST_ROWS, 1 << left.bit_length() - 1)
            if size not in self._texts:
                self._texts[size] = self._text(size)
            writer.run(self._texts[size], list(chain.from_iterable(stored[done : done + size])))
            done += size


class _PostgresBulk(Bulk):
    """All rows in one parameter, as JSON: one statement, prepared once, for any number of them.

    Args:
        key: a column whose values the text takes as an array besides.
    """

    def __init__(self, columns: Sequence[Column[Any]], text: str, key: Column[Any] | None = None) -> None:
        self._key = key
        self._instants = [column.name for column in columns if isinstance(column.type, Instant)]
        self._text = text

    def run(self, writer: Writer, rows: Iterable[Row]) -> None:
        if listed := list(rows):
            for row in listed:
                self._check(row)
            keys = () if self._key is None else ([row[self._key.name] for row in listed],)
            writer.run(self._text, (orjson.dumps(listed, default=_as_text).decode(), *keys))

    def _check(self, row: Row) -> None:
        for name in self._instants:
            if (instant := row[name]) is not None:
                with_zone(instant)


class Saves:
    """Every change that a turn may save, for one database."""

    def __init__(self, dialect: Dialect) -> None:
        self.add_courses = _insert(COURSE, dialect)
        self.change_courses = _update(COURSE, dialect)
        self.drop_tiers = _delete((TIER.c.course_id,), dialect)
        self.add_tiers = _insert(TIER, dialect)
        self.add_payments = _insert(PAYMENT, dialect)
        self.change_payments = _update(PAYMENT, dialect)
        self.add_purchases = _insert(PURCHASE, dialect)
        self.change_purchases = _update(PURCHASE, dialect)
        self.add_accesses = _insert(ACCESS, dialect)
        self.change_accesses = _update(ACCESS, dialect)
        self.add_sessions = _insert(SESSION, dialect)
        self.change_sessions = _update(SESSION, dialect)
        self.add_audit = _insert(AUDIT, dialect)
        self.add_records = _insert(RECORD, dialect)
        self.add_refunds = _insert(REFUND, dialect)
        self.change_refunds = _update(REFUND, dialect)
        self.add_events = _insert(EVENT, dialect)
        self.change_events = _update(EVENT, dialect)
        self.add_jobs = _insert(JOB, dialect)
        self.change_jobs = _update(JOB, dialect)
        self.drop_jobs = _delete((JOB.c.id,), dialect)
        self.drop_events = _delete((EVENT.c.id,), dialect)
        self.drop_records = _delete(tuple(RECORD.primary_key), dialect)
        self.erase = {table: _update(table, dialect, columns) for table, columns in PERSONAL.items()}
        """By table, the columns in which an erased student's id or a person's words are replaced."""


_saves: dict[object, Saves] = {}


def saves_of(dialect: Dialect) -> Saves:
    """The saves for a database: for equal ones they are the same, and their texts are written once."""
    key = key_of(dialect)
    if key not in _saves:
        _saves[key] = Saves(dialect)
    return _saves[key]


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
    "recorded_session": frozenset({"id", "purchase_id", "number"}),
    "refund": frozenset({"id", "payment_id", "reason", "origin", "requested_by_id", "requested_by_role", "created_at"}),
    "provider_event": frozenset({"id", "provider", "event_id", "type", "refs", "received_at"}),
    "job": frozenset({"id", "kind", "target", "created_at"}),
}
"""What a row keeps from its beginning, by table. Everything else is written whenever the row changes, so that a column
that is new is never forgotten."""


PERSONAL: Mapping[Table, tuple[str, ...]] = {
    PAYMENT: ("student_id", "labels", "failure_message"),
    PURCHASE: ("student_id", "labels", "created_by_id"),
    REFUND: ("reason", "requested_by_id", "failure_message"),
    AUDIT: ("actor_id", "reason", "changes"),
    JOB: ("payload", "last_error"),
    RECORD: ("fingerprint",),
    SESSION: ("recorded_by_id",),
}
"""What is written again when a student is erased; of everything else `docs/privacy.md` says why it stays."""


def changing(table: Table) -> list[str]:
    """The columns that an UPDATE of a row writes."""
    return [column.name for column in table.c if column.name not in FIXED[table.name]]


def _insert(table: Table, dialect: Dialect) -> Bulk:
    columns = list(table.c)
    into = f"INSERT INTO {table.name} ({_names(columns)})"
    if dialect.name == "sqlite":
        return _SqliteBulk(columns, lambda size: f"{into} {_values(columns, size)}", dialect)
    return _PostgresBulk(columns, f"{into} SELECT {_names(columns)} FROM {_rows(columns, dialect)}")  # noqa: S608  see _names


def _update(table: Table, dialect: Dialect, names: Sequence[str] | None = None) -> Bulk:
    """Args: names: the columns that are written; by default all that may change."""
    [key, *more] = table.primary_key
    changed = [table.c[name] for name in (changing(table) if names is None else names)]
    columns = [key, *more, *changed]
    if dialect.name != "sqlite":
        to = ", ".join(f"{column.name} = given.{column.name}" for column in changed)
        rows = _rows(columns, dialect)
        # The array is for the planner, who takes the JSON for a hundred rows and would rather read a whole table.
        where = " AND ".join(f"{each} = given.{each.name}" for each in (key, *more))
        where += f" AND {key} = ANY(CAST(%s AS {key.type.dialect_impl(dialect).compile(dialect)}[]))"
        return _PostgresBulk(columns, f"UPDATE {table.name} SET {to} FROM {rows} WHERE {where}", key)  # noqa: S608  see _names
    first = 2 + len(more)
    to = ", ".join(f"{column.name} = given.column{place}" for place, column in enumerate(changed, first))
    ours = " AND ".join(f"{each} = given.column{place}" for place, each in enumerate((key, *more), 1))

    def text(size: int) -> str:
        if size == 1 and not more:  # which costs less than by way of a FROM
            alone = ", ".join(f"{column.name} = ?{place}" for place, column in enumerate(changed, 2))
            return f"UPDATE {table.name} SET {alone} WHERE {key.name} = ?1"  # noqa: S608  see _names
        rows = _values(columns, size)
        return f"UPDATE {table.name} SET {to} FROM ({rows}) AS given WHERE {ours}"  # noqa: S608  see _names

    return _SqliteBulk(columns, text, dialect)


def _delete(by: Sequence[Column[Any]], dialect: Dialect) -> Bulk:
    """Of all rows that have one of the keys in these columns, each key given as a row of its own."""
    of = f"DELETE FROM {by[0].table.name} WHERE"  # noqa: S608  see _names
    if dialect.name != "sqlite":
        return _PostgresBulk(by, f"{of} ({_names(by)}) IN (SELECT {_names(by)} FROM {_rows(by, dialect)})")  # noqa: S608  see _names
    if len(by) == 1:
        return _SqliteBulk(by, lambda size: f"{of} {_names(by)} IN ({_values(by, size)})", dialect)
    # Of rows of VALUES it would look for the first alone by the key, and read the whole table for more.
    is_it = f"({' AND '.join(f'{each.name} = ?' for each in by)})"
    return _SqliteBulk(by, lambda size: f"{of} {' OR '.join([is_it] * size)}", dialect)


def _names(columns: Iterable[Column[Any]]) -> str:
    """Texts are made of the names of our own tables and columns, and of nothing else."""
    return ", ".join(column.name for column in columns)


def _values(columns: Sequence[Column[Any]], size: int) -> str:
    row = f"({', '.join('?' * len(columns))})"
    return f"VALUES {', '.join([row] * size)}"


def _rows(columns: Sequence[Column[Any]], dialect: Dialect) -> str:
    types = ", ".join(f"{column.name} {column.type.dialect_impl(dialect).compile(dialect)}" for column in columns)
    return f"json_to_recordset(CAST(%s AS JSON)) AS given({types})"


def _as_text(value: object) -> str:
    """Bytes as PostgreSQL reads them."""
    assert isinstance(value, bytes), type(value)
    return f"\\x{value.hex()}"
