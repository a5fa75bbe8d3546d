"""Connections that read: opened straight by their drivers, each statement one crossing, and unable to write.

PostgreSQL's driver is imported where there is a server: an embedded database starts without it.
"""

import sqlite3
from collections.abc import Sequence
from traceback import clear_frames
from typing import TYPE_CHECKING, Any, Protocol

import aiosqlite
import orjson
from sqlalchemy import Dialect
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from db import threads
from db.compiled import Raw
from db.engine import BUSY_TIMEOUT_MS, READ_TIMEOUT_MS, from_json, in_reach, parse_url, session_options
from db.files import address
from db.guard import Guard
from db.urls import file_of, is_embedded

if TYPE_CHECKING:
    from psycopg import AsyncConnection

STATEMENTS = 256
"""Statements that an SQLite connection keeps prepared: pages have some hundreds, of which a few dozen are in use."""


class Connection(Protocol):
    """One connection of a driver; each statement sees all that was committed before it."""

    async def fetch(self, sql: str, parameters: Sequence[object]) -> Sequence[Raw]:
        """All rows of a statement. Raises the driver's own errors."""
        ...

    @property
    def is_lost(self) -> bool:
        """Whether it cannot be used any more."""
        ...

    async def close(self) -> None: ...


def reader_dialect(url: str) -> Dialect:
    """How the statements of `open_reader`'s connections are written."""
    if is_embedded(url):
        return SQLiteDialect_pysqlite(json_deserializer=from_json)
    from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

    return PGDialect_psycopg(paramstyle="format")  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


def open_immediate(url: str, guard: Guard) -> "Immediate":
    """A new connection to an SQLite file that is asked without waiting. Raises sqlite3.Error."""
    arguments, options = _sqlite_arguments(url)
    with guard.opening() as in_vain:
        connection = Immediate(sqlite3.connect(*arguments, **options))
        in_vain.callback(connection.close)
        guard.opened(connection.rows)
    return connection


async def open_reader(url: str) -> Connection:
    """A new connection. Raises the driver's own errors."""
    return await (_SqliteReader if is_embedded(url) else _PostgresReader).open(url)


class Immediate:
    """A connection to an SQLite file that answers on the thread that asks, or not at all. It belongs to that thread.

    In WAL mode a reader waits for nobody and keeps nobody waiting, but for moments in which a file is opened, recovered
    or closed by another process: then it does not wait either, and whoever asked asks a connection that does."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.driver = connection
        for pragma in ("busy_timeout = 0", "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")

    def rows(self, sql: str) -> Sequence[Raw]:
        """All rows of a statement. Raises sqlite3.Error."""
        return self.driver.execute(sql).fetchall()

    def fetch(self, sql: str, parameters: Sequence[object]) -> Sequence[Raw] | None:
        """All rows of a statement, which sees all that was committed before it; None where it did not go well."""
        try:
            return self.driver.execute(sql, parameters).fetchall()
        except (sqlite3.Error, UnicodeError):
            return None

    def close(self) -> None:
        self.driver.close()


class _SqliteReader:
    is_lost = False

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    @classmethod
    async def open(cls, url: str) -> "_SqliteReader":
        arguments, options = _sqlite_arguments(url, "ro")
        connection = await threads.connect(file_of(url), *arguments, **options)
        try:
            for pragma in (f"busy_timeout = {BUSY_TIMEOUT_MS}", "query_only = ON"):
                await connection.execute_fetchall(f"PRAGMA {pragma}")
        except BaseException:
            await connection.close()
            raise
        return cls(connection)

    async def fetch(self, sql: str, parameters: Sequence[object]) -> Sequence[Raw]:
        try:
            return await self._connection.execute_fetchall(sql, parameters)  # type: ignore[return-value]  # it is a list
        except sqlite3.Error as error:
            # The cursor is in the error's frames. While it lives, its statement is under way, and whatever this
            # connection is asked sees the database as it was then.
            clear_frames(error.__traceback__)
            raise

    async def close(self) -> None:
        await self._connection.close()


class _PostgresReader:
    def __init__(self, connection: "AsyncConnection[tuple[Any, ...]]") -> None:
        from psycopg.pq import TransactionStatus

        self._connection = connection
        self._idle = TransactionStatus.IDLE

    @classmethod
    async def open(cls, url: str) -> "_PostgresReader":
        from psycopg.types.json import set_json_loads

        from db.silence import AsyncBounded

        dialect: Any = reader_dialect(url)
        _, options = dialect.create_connect_args(parsed := parse_url(url))
        session = session_options(default_transaction_read_only="on", statement_timeout=READ_TIMEOUT_MS)
        options |= {"options": session, **in_reach(parsed)}
        connection = await AsyncBounded.connect(**options, autocommit=True)
        set_json_loads(orjson.loads, connection)
        return cls(connection)

    async def fetch(self, sql: str, parameters: Sequence[object]) -> Sequence[Raw]:
        async with self._connection.cursor(binary=True) as cursor:
            await cursor.execute(sql, parameters, prepare=True)
            return await cursor.fetchall()

    @property
    def is_lost(self) -> bool:
        # A statement that was broken off may still be under way.
        return self._connection.closed or self._connection.info.transaction_status is not self._idle

    async def close(self) -> None:
        await self._connection.close()


def _sqlite_arguments(url: str, mode: str = "rw") -> tuple[list[Any], Any]:
    """How `sqlite3.connect` is called.

    Args:
        mode: see `db.files.address`. By "ro" SQLite copies and deletes no log when it is closed, whatever lies there
            then.
    """
    dialect: Any = reader_dialect(url)
    arguments, options = dialect.create_connect_args(parse_url(url))
    if not options.get("uri"):
        arguments, options = [address(arguments[0], mode)], {**options, "uri": True}
    return arguments, {**options, "isolation_level": None, "cached_statements": STATEMENTS}
