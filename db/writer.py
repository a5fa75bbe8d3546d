"""The connection that a turn loads, saves and commits on: its driver's own, with nothing of SQLAlchemy in between."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from db.compiled import Raw


class Writer:
    """One connection, and the transaction on it. Not thread-safe.

    All of its methods raise a `DBAPIError` for an error of the driver: it names the statement, and none of its
    parameters. After any error the transaction can only be given up, by `close`.
    """

    def __init__(self, engine: Engine) -> None:
        """Connect, as the engine has it: see `db.engine.writer_engine`."""
        self.dialect = cast(Any, engine.dialect)  # whose `dbapi` is there once an engine was made of it
        self._error: type[Exception] = self.dialect.dbapi.Error
        self._connection: Any = None
        try:
            self._connection = engine.raw_connection()
            self._cursor = self._open_cursor()
        except self._error as error:
            self._fail(error)

    def begin(self) -> None:
        """Begin a transaction: on SQLite with the write lock taken; on PostgreSQL the driver does so itself."""
        if self.dialect.name == "sqlite":
            self.run("BEGIN IMMEDIATE")

    def fetch(self, sql: str, parameters: Sequence[object] = ()) -> Sequence[Raw]:
        """All rows of a statement."""
        self.run(sql, parameters)
        try:
            rows: Sequence[Raw] = self._cursor.fetchall()
        except self._error as error:
            self._fail(error, sql)
        return rows

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        """Have a statement done whose rows nobody wants."""
        try:
            self.dialect.do_execute(self._cursor, sql, parameters)
        except self._error as error:
            self._fail(error, sql)

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
        with suppress(self._error):  # one that is lost has nothing to undo
            self.dialect.do_rollback(self._connection)
            self._cursor.close()  # SQLite keeps a file locked for a statement that is still held
        self._connection.invalidate()

    def _open_cursor(self) -> Any:
        if self.dialect.name == "sqlite":
            return self._connection.cursor()
        return self._connection.cursor(binary=True)

    def _fail(self, error: Exception, sql: str | None = None) -> NoReturn:
        is_lost = self._connection is not None and self.dialect.is_disconnect(error, self._connection, None)
        raise DBAPIError.instance(
            sql, None, error, self._error, True, connection_invalidated=is_lost, dialect=self.dialect
        ) from error
