"""The connection that a turn loads, saves and commits on: its driver's own, with nothing of SQLAlchemy in between."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from db.checkpoints import Checkpoints
from db.compiled import Raw

Answer = Callable[[], Sequence[Raw]]
"""Waits for the rows of a statement that was sent."""


def open_writer(engine: Engine) -> "Writer":
    """Connect, as an engine of `db.engine.writer_engine` has it. Raises a `DBAPIError`."""
    return (_SqliteWriter if engine.dialect.name == "sqlite" else _PostgresWriter)(engine)


class Writer(ABC):
    """One connection, and the transaction on it. Not thread-safe.

    All of its methods raise a `DBAPIError` for an error of the driver: it names a statement, and none of its
    parameters. On PostgreSQL that of a statement whose rows nobody waits for may come later, at the latest from
    `commit`. After any error the transaction can only be given up, by `close`.
    """

    def __init__(self, engine: Engine) -> None:
        self.dialect = cast(Any, engine.dialect)
        self._error: type[Exception] = self.dialect.dbapi.Error
        self._connection: Any = None
        try:
            self._connection = engine.raw_connection()
            self._open()
        except self._error as error:
            self._fail(error)

    @abstractmethod
    def begin(self) -> None:
        """Begin a transaction: on SQLite with the write lock taken."""

    @abstractmethod
    def ask(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        """Send a statement, and get its rows when they are wanted: all at once, and once only."""

    @abstractmethod
    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Have a statement done whose rows nobody wants."""

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> Sequence[Raw]:
        """All rows of a statement."""
        return self.ask(sql, parameters)()

    def commit(self) -> None:
        """Make the transaction durable."""
        try:
            self.dialect.do_commit(self._connection)
        except self._error as error:
            self._fail(error, "COMMIT")

    def rollback(self) -> None:
        """Undo the transaction."""
        try:
            self.dialect.do_rollback(self._connection)
        except self._error as error:
            self._fail(error, "ROLLBACK")

    def close(self) -> None:
        """Close the connection; what was not committed is undone."""
        for end in (lambda: self.dialect.do_rollback(self._connection), self._let_go):
            with suppress(self._error):  # of one that is lost, which has nothing to undo
                end()
        self._connection.invalidate()

    @abstractmethod
    def _open(self) -> None:
        """Prepare what the methods need of a new connection."""

    @abstractmethod
    def _let_go(self) -> None:
        """Undo `_open`."""

    def _fail(self, error: Exception, sql: str | None = None) -> NoReturn:
        is_lost = self._connection is not None and self.dialect.is_disconnect(error, self._connection, None)
        raise DBAPIError.instance(
            sql, None, error, self._error, True, connection_invalidated=is_lost, dialect=self.dialect
        ) from error


class _SqliteWriter(Writer):
    def begin(self) -> None:
        self.run("BEGIN IMMEDIATE")

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        self.run(sql, parameters)
        try:
            rows: Sequence[Raw] = self._cursor.fetchall()
        except self._error as error:
            self._fail(error, sql)
        return lambda: rows

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        try:
            self.dialect.do_execute(self._cursor, sql, parameters)
        except self._error as error:
            self._fail(error, sql)

    def commit(self) -> None:
        super().commit()
        self._checkpoints.note_commit()

    def _open(self) -> None:
        self._cursor = self._connection.cursor()
        [(_, _, path), *_] = self._cursor.execute("PRAGMA database_list").fetchall()
        self._checkpoints = Checkpoints(path)

    def _let_go(self) -> None:
        self._checkpoints.close()
        self._cursor.close()  # for a statement that is still held, SQLite keeps the file locked


class _PostgresWriter(Writer):
    """In the protocol's pipeline mode: statements are sent without waiting for the ones before them, so that a turn
    waits for the server as often as it needs something to go on, and not once a statement."""

    def begin(self) -> None:
        """The driver does, before the first statement."""

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        cursor = self._connection.cursor(binary=True)  # one each: a cursor holds the rows of one statement
        self._execute(cursor, sql, parameters)

        def rows() -> Sequence[Raw]:
            try:
                found: Sequence[Raw] = cursor.fetchall()
            except self._error as error:
                self._fail(error, sql)
            return found

        return rows

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        self._execute(self._unread, sql, parameters)

    def _execute(self, cursor: Any, sql: str, parameters: Sequence[object]) -> None:
        try:
            self.dialect.do_execute(cursor, sql, parameters)
        except self._error as error:
            self._fail(error, sql)

    def _open(self) -> None:
        self._pipeline = self._connection.driver_connection.pipeline()
        self._pipeline.__enter__()  # for as long as the connection lasts
        self._unread = self._connection.cursor()

    def _let_go(self) -> None:
        self._pipeline.__exit__(None, None, None)
