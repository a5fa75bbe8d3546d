"""Engines for one database URL: the writer's, the feed's and the audit's. Reads have `db.readers`."""

import sqlite3
import stat
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from db import bounds, threads
from db.checkpoints import KEPT_BYTES, MOST_PAGES
from db.files import address, log_of
from db.opening import A_READ, opened
from db.urls import backend_of, file_of, is_embedded

BUSY_TIMEOUT_MS = 5_000
"""How long whoever uses an SQLite file waits for another process that holds it locked, before that is an outage."""

LOCK_TIMEOUT_MS = 5_000
"""How long commands are tried again whose row somebody holds locked on PostgreSQL, before they are Busy. One turn
waits for less, see `db.writer`."""

STATEMENT_TIMEOUT_MS = 30_000
"""No statement of ours takes a second on a healthy server; past this the server is told to give up."""

UPKEEP_SILENCE_S = STATEMENT_TIMEOUT_MS / 1_000 + 5
"""How long a PostgreSQL server may say nothing to a migration; for the writer of turns see `db.bounds`."""

KEPT_STATEMENTS = 512
"""Statements that SQLite's writer keeps prepared: more than there are texts of look-ups and of `db.saves`."""

KEPT_KIB = 65_536
"""Of the pages of an SQLite file, kept by the one who writes and by whoever goes through all of it: of a large database
the upper parts of each index, which are read once then, and not by each turn. Other readers keep SQLite's 2 MB, as they
forget all of them whenever somebody else commits."""

READERS = 4
"""Connections kept for reads: a process has one event loop, and a read holds its connection for one statement."""

READ_TIMEOUT_MS = 5_000
"""The same for one that reads for a caller: a server that lives is told before we give the connection up."""

IN_REACH = {
    "connect_timeout": bounds.CONNECT_S,
    "keepalives_idle": 3,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 6_000,
}
"""Of every connection to a PostgreSQL server: when it is given up. A host that is gone for good, as after a failover,
says nothing: by the network's own patience the one writer, and every look-up of a kind, would wait for it a quarter of
an hour. In seconds; the last one, for what was sent and is not acknowledged, in milliseconds. For a server that is
reached and says nothing all the same see `db.silence`."""


def parse_url(url: str) -> URL:
    """The URL with the drivers' names left out, so that one URL serves the writer and the readers.

    Raises:
        ValueError: see `backend_of`.
    """
    return make_url(url).set(drivername=backend_of(url))


def writer_engine(url: str, silence_s: float | None = None, *, makes_file: bool = False) -> Engine:
    """The engine of the one connection that writes. Each SQLite transaction takes the write lock at once.

    Args:
        silence_s: how long a PostgreSQL server may say nothing before it is given up; else `db.bounds.SILENCE_S`.
        makes_file: whether an SQLite file is made where there is none; else that is an error.
    """
    parsed = parse_url(url)
    if is_embedded(url):
        engine = create_engine(
            parsed.set(drivername="sqlite+pysqlite"),
            poolclass=NullPool,
            connect_args={"cached_statements": KEPT_STATEMENTS},
            **_common(),
        )
        if not makes_file:
            event.listen(engine, "do_connect", _only_what_is_there)
        event.listen(engine, "connect", _open_sqlite_writer)
        event.listen(engine, "begin", _begin_immediate)
        return engine
    engine = create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        paramstyle="format",
        connect_args=_arguments(parsed, lock_timeout=LOCK_TIMEOUT_MS),
        **_common(),
    )
    _give_up_in_silence(engine, silence_s)
    return engine


def feed_engine(url: str) -> AsyncEngine:
    """The engine of the one connection on which a process hears what others committed."""
    parsed = parse_url(url)
    if is_embedded(url):
        engine = create_async_engine(
            parsed.set(drivername="sqlite+aiosqlite"),
            isolation_level="AUTOCOMMIT",
            poolclass=NullPool,
            connect_args={"async_creator_fn": partial(threads.connect, file_of(url))},
            **_common(),
        )
        event.listen(engine.sync_engine, "do_connect", partial(_only_what_is_there, mode="ro"))
        event.listen(engine.sync_engine, "connect", _open_sqlite_reader)
        return engine
    from db.silence import AsyncBounded  # with its driver, which is there where there is a server

    arguments = _arguments(parsed, statement_timeout=READ_TIMEOUT_MS)
    return create_async_engine(
        parsed.set(drivername="postgresql+psycopg"),
        isolation_level="AUTOCOMMIT",
        poolclass=NullPool,
        connect_args={**arguments, "async_creator_fn": AsyncBounded.connect},
        **_common(),
    )


def audit_engine(url: str) -> Engine:
    """The engine of whoever goes through the whole database: a transaction sees one moment of it, writes nothing, keeps
    no writer waiting, and may take its time. It makes no SQLite file, and leaves none behind."""
    if is_embedded(url):
        path = file_of(url).absolute()
        engine = create_engine("sqlite+pysqlite://", creator=partial(_audit, path), poolclass=NullPool, **_common())
        event.listen(engine, "connect", _open_sqlite_audit)
        event.listen(engine, "begin", _begin)
        return engine
    parsed = parse_url(url)
    return create_engine(
        parsed.set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        paramstyle="format",
        isolation_level="REPEATABLE READ",
        connect_args=_arguments(parsed, default_transaction_read_only="on", statement_timeout=0),
        **_common(),
    )


def _audit(path: Path) -> sqlite3.Connection:
    def connect() -> sqlite3.Connection:
        # Without a log beside it SQLite may make one while it reads, and only a connection that may write clears it
        # away. By the door, nobody else has such a file open.
        mode = "ro" if log_of(path).exists() else "rw"
        return sqlite3.connect(address(path, mode), uri=True)

    return opened(path, connect, takes_empty=True)


def _give_up_in_silence(engine: Engine, silence_s: float | None) -> None:
    """Have the engine connect by connections that are given up where the server says nothing for so long."""
    from db import silence  # with its driver, which is there where there is a server

    def connect(*arguments: Any, **given: Any) -> silence.Bounded:
        connection = silence.Bounded.connect(*arguments, **given)
        connection.silence_s = silence_s or bounds.SILENCE_S
        return connection

    dialect: Any = engine.dialect
    dialect.connect = connect  # a listener of `do_connect` that connects would keep other listeners from hearing


def prepare_file(url: str) -> None:
    """Make the folder of an embedded database, so that a first start needs nothing, and an empty file where there is
    none, for its user alone: students' ids will be in it. SQLite makes what lies beside it as private."""
    if is_embedded(url):
        path = file_of(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.touch(mode=stat.S_IRUSR | stat.S_IWUSR)


def _only_what_is_there(
    _dialect: object, _record: object, arguments: list[Any], options: dict[str, Any], mode: str = "rw"
) -> None:
    """A file that was deleted is not made anew, empty, by whoever connects next."""
    if not options.get("uri"):
        arguments[0], options["uri"] = address(arguments[0], mode), True


def _open_sqlite_writer(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_immediate
    _pragmas(
        connection,
        "journal_mode = WAL",
        "synchronous = FULL",
        f"cache_size = -{KEPT_KIB}",
        "temp_store = MEMORY",  # what undoes a statement, else a file for each turn: as much to write as its commit
        "foreign_keys = ON",
        "secure_delete = ON",  # what is deleted, or written over, is nowhere in the file
        f"wal_autocheckpoint = {MOST_PAGES}",
        f"journal_size_limit = {KEPT_BYTES}",
    )
    connection.execute(A_READ).fetchall()  # until then nobody could see that the file is in use


def _open_sqlite_reader(connection: Any, _record: object) -> None:
    _pragmas(connection, "query_only = ON")


def _open_sqlite_audit(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    _pragmas(connection, "query_only = ON", f"cache_size = -{KEPT_KIB}")


def _pragmas(connection: Any, *pragmas: str) -> None:
    cursor = connection.cursor()
    # First of all: switching to WAL itself waits for another process that does the same.
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN")


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _arguments(parsed: URL, **settings: object) -> dict[str, Any]:
    """What a PostgreSQL driver connects with beside the URL."""
    return {"options": session_options(**settings), **in_reach(parsed)}


def in_reach(parsed: URL) -> dict[str, int]:
    """`IN_REACH`, but for what the URL says itself."""
    return {name: value for name, value in IN_REACH.items() if name not in parsed.query}


def session_options(**more: object) -> str:
    """Settings of a PostgreSQL session, as its connection string has them."""
    options = {"timezone": "UTC", "statement_timeout": STATEMENT_TIMEOUT_MS, **more}
    return " ".join(f"-c {name}={value}" for name, value in options.items())


def _common() -> dict[str, Any]:
    return {
        "hide_parameters": True,  # an error's text names the statement, and not whose row it was
        "json_serializer": lambda value: orjson.dumps(value).decode(),
        "json_deserializer": from_json,
    }


def from_json(stored: str | bytes | float) -> Any:
    """SQLite has no type of JSON: what is a number there, it stores and gives as a number."""
    return stored if isinstance(stored, int | float) else orjson.loads(stored)
