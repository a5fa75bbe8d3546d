"""The connection that a turn loads, saves and commits on: its driver's own, with nothing of SQLAlchemy in between."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, cast

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from db.checkpoints import Checkpoints
from db.compiled import Raw
from db.errors import without_row
from db.guard import Guard
from db.outages import Outage, outage_of
from db.own_logs import mark_open

LOCK_WAIT_MS = 100
"""How long a turn on PostgreSQL waits for one lock: another process's turn is over in less, and a transaction that is
held by hand may last. What was waited for in vain is put aside by whoever runs the turn."""

IDLE_MS = 10_000
"""How long PostgreSQL keeps the transaction, and with it the locks, of a writer that says nothing any more: its
line may be dead, and the server cannot know."""

Answer = Callable[[], Sequence[Raw]]
"""Waits for the rows of a statement that was sent."""


def guard_of(engine: Engine) -> Guard | None:
    """For those who open writers of a file, one after the other; a server needs none."""
    return Guard(Path(engine.url.database or "")) if engine.dialect.name == "sqlite" else None


def open_writer(engine: Engine, guard: Guard | None = None) -> "Writer":
    """Connect, as an engine of `db.engine.writer_engine` has it.

    Args:
        guard: what is remembered of the connections before this one.

    Raises: a `DBAPIError`.
    """
    if guard := guard or guard_of(engine):
        return _SqliteWriter(engine, guard)
    return _PostgresWriter(engine)


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
            self._open(engine)
        except self._error as error:
            try:
                self._fail(error)
            finally:
                if self._connection is not None:
                    self._connection.invalidate()

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

    @abstractmethod
    def look(self) -> None:
        """See, between two transactions, whether the database is still the one that was opened."""

    def rollback(self) -> None:
        """Undo the transaction."""
        try:
            self.dialect.do_rollback(self._connection)
        except self._error as error:
            self._fail(error, "ROLLBACK")

    @abstractmethod
    def close(self) -> None:
        """Close the connection; what was not committed is undone."""

    @abstractmethod
    def wait_for_locks(self, milliseconds: int) -> None:
        """Wait for each lock no longer than that, in this transaction; on SQLite there is one lock, that of `begin`."""

    @abstractmethod
    def end(self, backend: int) -> None:
        """Have the server end a connection of ours that was given up, if a transaction still holds its locks there."""

    @property
    def backend(self) -> int | None:
        """What the server calls the connection, where it has a name for it."""
        return None

    @abstractmethod
    def _open(self, engine: Engine) -> None:
        """Connect, and prepare what the methods need of a new connection."""

    def _fail(self, error: Exception, sql: str | None = None) -> NoReturn:
        is_lost = self._connection is not None and self.dialect.is_disconnect(error, self._connection, None)
        raise DBAPIError.instance(
            sql, None, without_row(error), self._error, True, connection_invalidated=is_lost, dialect=self.dialect
        ) from error


class _SqliteWriter(Writer):
    """Before it writes in a transaction, and before anybody is told how it ended, it looks whether the files that it
    has open are those at their paths: what is written to others is lost."""

    def __init__(self, engine: Engine, guard: Guard) -> None:
        self._guard = guard
        super().__init__(engine)

    def begin(self) -> None:
        # In this order: who gives up a lost log, see `db.guard.copy_all`, does so under this lock.
        try:
            self.run("BEGIN IMMEDIATE")
        finally:  # what a file that was cut is refused with says less than what happened to it
            self._check("BEGIN IMMEDIATE")

    def ask(self, sql: str, parameters: Sequence[object] = ()) -> Answer:
        self.run(sql, parameters)
        try:
            rows: Sequence[Raw] = self._cursor.fetchall()
        except self._error as error:
            self._fail_amid(error, sql)
        return lambda: rows

    def run(self, sql: str, parameters: Sequence[object] = ()) -> None:
        try:
            self.dialect.do_execute(self._cursor, sql, parameters)
        except self._error as error:
            self._fail_amid(error, sql)

    def wait_for_locks(self, milliseconds: int) -> None:
        """`begin` has all there is."""

    def end(self, backend: int) -> None:
        """A file has no server."""

    def commit(self) -> None:
        super().commit()
        self._check("COMMIT", has_committed=True)
        self._checkpoints.note_commit()

    def rollback(self) -> None:
        super().rollback()
        self._check("ROLLBACK")

    def look(self) -> None:
        self._check("BEGIN IMMEDIATE")

    def _check(self, sql: str, *, has_committed: bool = False) -> None:
        try:
            self._guard.check(self._rows, has_committed=has_committed)
        except self._error as error:
            self._fail(error, sql)

    def _fail_amid(self, error: Exception, sql: str) -> NoReturn:
        """Of a file that was cut amid the transaction SQLite says that it is damaged."""
        if outage_of(error) is Outage.DAMAGED:
            self._check(sql)
        self._fail(error, sql)

    def _rows(self, sql: str) -> list[Raw]:
        return list(self._cursor.execute(sql).fetchall())

    def _open(self, engine: Engine) -> None:
        with self._guard.opening() as in_vain:
            self._connection = engine.raw_connection()
            in_vain.callback(self._connection.invalidate)
            self._cursor = self._connection.cursor()
            self._guard.opened(self._rows)
        mark_open(self._connection.driver_connection)
        [(_, _, path), *_] = self._cursor.execute("PRAGMA database_list").fetchall()
        self._checkpoints = Checkpoints(path)

    def close(self) -> None:
        has_ended = False
        with suppress(self._error):
            self.dialect.do_rollback(self._connection)
            has_ended = True
            self._guard.check(self._rows)
        self._checkpoints.close(copies=not self._guard.is_lost)
        with suppress(self._error):
            self._cursor.close()  # for a statement that is still held, SQLite keeps the file locked
        if has_ended:
            self._guard.let_go(self._connection.driver_connection, self._connection.invalidate)
        else:
            self._connection.invalidate()


_SETTINGS = """
SELECT set_config('lock_timeout', %s, false), set_config('idle_in_transaction_session_timeout', %s, false)
"""
_END = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid = %s AND pid <> pg_backend_pid() AND usename = current_user
    AND xact_start < clock_timestamp() - interval '250 milliseconds'
"""
"""A name is given again some time; a transaction of ours that lasts so long is the one that was given up."""


class _PostgresWriter(Writer):
    """In the protocol's pipeline mode: statements are sent without waiting for the ones before them, so that a turn
    waits for the server as often as it needs something to go on, and not once a statement."""

    def begin(self) -> None:
        """The driver does, before the first statement."""

    def look(self) -> None:
        """A server's database is what its name says."""

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

    def wait_for_locks(self, milliseconds: int) -> None:
        self.run("SELECT set_config('lock_timeout', %s, true)", (str(milliseconds),))

    def end(self, backend: int) -> None:
        self.run(_END, (backend,))

    @property
    def backend(self) -> int | None:
        return self._pid

    def _execute(self, cursor: Any, sql: str, parameters: Sequence[object]) -> None:
        try:
            self.dialect.do_execute(cursor, sql, parameters)
        except self._error as error:
            self._fail(error, sql)

    def close(self) -> None:
        with suppress(self._error):  # of one that is lost, which has nothing to undo
            self.dialect.do_rollback(self._connection)
        with suppress(self._error):
            self._pipeline.__exit__(None, None, None)
        self._connection.invalidate()

    def _open(self, engine: Engine) -> None:
        self._connection = engine.raw_connection()
        self._pid: int = self._connection.driver_connection.pgconn.backend_pid
        self._connection.cursor().execute(_SETTINGS, (str(LOCK_WAIT_MS), str(IDLE_MS)))
        self._connection.commit()
        self._pipeline = self._connection.driver_connection.pipeline()
        self._pipeline.__enter__()  # for as long as the connection lasts
        self._unread = self._connection.cursor()
