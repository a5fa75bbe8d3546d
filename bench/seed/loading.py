"""Puts rows into an empty database in bulk: its indexes are made when all rows are there."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol
from uuid import UUID

import psycopg
from psycopg import sql
from sqlalchemy import Boolean, Column, LargeBinary, Table

from bench.seed.templates import Form
from db.engine import parse_url
from db.types import Id, Instant
from db.urls import file_of, is_embedded

Rows = Sequence[tuple[Any, ...]]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CACHE_KIB = 1_000_000


class NotEmpty(Exception):
    """The database has payments or purchases already."""


class Load(Protocol):
    """A database that takes rows in a form."""

    form: Form

    def add(self, table: Table, rows: Rows) -> None: ...

    def finishing(self) -> Iterator[tuple[str, Callable[[], object]]]:
        """What was put off, step by step: its name, and what does it."""
        ...


@contextmanager
def opened(url: str) -> Iterator[Load]:
    """The database, ready for rows.

    Raises: NotEmpty.
    """
    if is_embedded(url):
        connection = sqlite3.connect(file_of(url), isolation_level=None)
        try:
            yield _SqliteLoad(connection)
        finally:
            connection.close()
    else:
        with psycopg.connect(parse_url(url).render_as_string(hide_password=False), autocommit=True) as server:
            yield _PostgresLoad(server)


class _AsSqlite:
    def stored(self, value: Any, column: Column[Any]) -> Any:
        return value

    def id(self, number: int) -> bytes:
        return number.to_bytes(16)

    def instant(self, microseconds: int) -> int:
        return microseconds

    def text(self, value: str) -> str:
        return value


class _SqliteLoad:
    """Without a journal: a load that breaks off leaves nothing of use, and is begun anew on a new file."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.form: Form = _AsSqlite()
        self._connection = connection
        if connection.execute("SELECT EXISTS (SELECT 1 FROM payment) OR EXISTS (SELECT 1 FROM purchase)").fetchone()[0]:
            raise NotEmpty
        for pragma in ("journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF", f"cache_size = -{CACHE_KIB}"):
            connection.execute(f"PRAGMA {pragma}")
        self._indexes = connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
        ).fetchall()
        for name, _ in self._indexes:
            connection.execute(f"DROP INDEX {name}")

    def add(self, table: Table, rows: Rows) -> None:
        columns = ", ".join(column.name for column in table.c)
        places = ", ".join("?" * len(table.c))
        self._connection.execute("BEGIN")
        self._connection.executemany(f"INSERT INTO {table.name} ({columns}) VALUES ({places})", rows)  # noqa: S608  our own names
        self._connection.execute("COMMIT")

    def finishing(self) -> Iterator[tuple[str, Callable[[], object]]]:
        for name, made in self._indexes:
            yield name, partial(self._connection.execute, made)
        yield "what rows name", self._check
        yield (
            "to the disk",
            partial(self._connection.executescript, "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL"),
        )

    def _check(self) -> None:
        fault = self._connection.execute("PRAGMA foreign_key_check").fetchone()
        assert fault is None, f"a row names one that is not there: {fault}"


class _AsCopied:
    """Values as the text of COPY has them."""

    def stored(self, value: Any, column: Column[Any]) -> str:
        match value, column.type:
            case None, _:
                return "\\N"
            case bytes(), Id():
                return UUID(bytes=value).hex
            case bytes(), LargeBinary():
                return f"\\\\x{value.hex()}"
            case int(), Boolean():
                return "t" if value else "f"
            case int(), Instant():
                return self.instant(value)
            case _:
                return self.text(str(value))

    def id(self, number: int) -> str:
        return f"{number:032x}"

    def instant(self, microseconds: int) -> str:
        return (EPOCH + timedelta(microseconds=microseconds)).isoformat()

    def text(self, value: str) -> str:
        return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE contype = 'f' AND connamespace = 'public'::regnamespace ORDER BY 1, 2
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = 'public'::regnamespace AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
ORDER BY 1
"""


class _PostgresLoad:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.form: Form = _AsCopied()
        self._connection = connection
        found = connection.execute("SELECT EXISTS (SELECT 1 FROM payment) OR EXISTS (SELECT 1 FROM purchase)")
        if found.fetchone() == (True,):
            raise NotEmpty
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        self._foreign_keys = connection.execute(FOREIGN_KEYS).fetchall()
        self._indexes = connection.execute(INDEXES).fetchall()
        for table, name, _ in self._foreign_keys:
            self._run("ALTER TABLE {} DROP CONSTRAINT {}", table, name)
        for name, _ in self._indexes:
            self._run("DROP INDEX {}", name)

    def add(self, table: Table, rows: Rows) -> None:
        columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.c)
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
        with self._connection.cursor().copy(statement) as copy:
            copy.write("".join(["\t".join(row) + "\n" for row in rows]))

    def finishing(self) -> Iterator[tuple[str, Callable[[], object]]]:
        for name, made in self._indexes:
            yield name, partial(self._connection.execute, made)
        for table, name, made in self._foreign_keys:
            yield name, partial(self._run, f"ALTER TABLE {{}} ADD CONSTRAINT {{}} {made}", table, name)
        yield "statistics", partial(self._connection.execute, "VACUUM ANALYZE")

    def _run(self, statement: str, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
