"""Copies of an SQLite database: made while it is written, judged by themselves, and put in another one's place."""

import fcntl
import os
import sqlite3
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from db.files import address, index_of, log_of
from db.headers import HEADER_BYTES, Header
from db.opening import opened, settle

PAGES_A_STEP = 256
"""Copied at once, a megabyte. Between two steps nothing is held; whatever is committed meanwhile is in the copy."""

LOCKED_BYTES = (0x40000002, 510)
"""Where everybody who has a database open holds a lock, see SQLite's "Locking" and its file format's lock-byte page."""


class BadCopy(Exception):
    """A file that is no whole copy of a database of ours. Its text says why."""


class InUse(Exception):
    """A database that somebody has open."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a database holds: its migration, and how many rows each table has."""

    migration: str
    rows: Mapping[str, int]


def contents(path: Path) -> Contents:
    """Judge a database that nobody writes: SQLite's own check of all of it, and whether it is one of ours.

    Raises:
        BadCopy: it is damaged, incomplete, or no database of a gateway.
    """
    try:
        with closing(sqlite3.connect(address(path.absolute()), uri=True)) as connection:
            [found, *_] = connection.execute("PRAGMA integrity_check(1)").fetchall()
            if found != ("ok",):
                raise BadCopy(f"it is damaged: {found[0]}")
            return _contents(connection)
    except sqlite3.Error as error:
        raise BadCopy(f"it cannot be read: {error}") from error


def why_incomplete(path: Path) -> str | None:
    """What can be told of a database by the files that it consists of: that it lacks its log, or has another one's, or
    that somebody writes it under another name. It must not be opened in this process.

    A copy of the file alone is known by what `db.own_logs.mark_open` left in it, if a gateway of this release had it
    open. Whether a log is the one that belongs to a file that was in use cannot be known.
    """
    log, found = log_of(path), path.stat()
    has_log = log.exists()
    if not has_log and found.st_nlink > 1:
        try:
            with alone_with(path):
                pass
        except InUse:
            return f"{path} is in use under another of its names, where its log is: use that name"
    with path.open("rb") as file:
        header = Header.parse(file.read(HEADER_BYTES))
    if header is None:
        return None  # which SQLite tells
    if not has_log and header.is_in_log_mode and header.generation % 2:
        return f"{log} is missing: without it, what was committed last is not in {path}"
    if has_log and not header.is_in_log_mode and log.stat().st_size:
        return f"{log} does not belong to {path}, which is whole without it: move it away"
    return None


def back_up(source: Path, target: Path, on_progress: Callable[[int, int], None] = lambda _left, _of: None) -> Contents:
    """Write a whole copy of a database, which may be written all the while, and judge it.

    The copy comes to its name at the end, complete and on disk; what had that name before is replaced. Nobody may read
    it who may not read the database.

    Raises:
        BadCopy: what was copied is not whole; nothing is left of it.
        sqlite3.Error: the database cannot be read, or the copy not written. Likewise.
        OSError: likewise.
    """
    unfinished = target.with_name(f".{target.name}.unfinished-{os.getpid()}")
    try:
        make_as_private_as(source, unfinished)
        with (
            closing(opened(source.absolute(), lambda: _to_read(source))) as of,
            closing(sqlite3.connect(unfinished, isolation_level=None)) as to,
        ):
            # One moment of it, however long it takes: else each commit of another process would begin it anew.
            of.execute("BEGIN")
            of.execute("SELECT 1 FROM sqlite_master").fetchall()
            of.backup(to, pages=PAGES_A_STEP, progress=lambda _, left, total: on_progress(left, total))
            settle(to, and_says_so=True)
            expected = _contents(of)
        found = contents(unfinished)
        if found != expected:
            raise BadCopy("the copy has other rows than the original")
        sync(unfinished)
        unfinished.replace(target)
        sync(target.parent)
    finally:
        for each in (unfinished, log_of(unfinished), index_of(unfinished)):
            each.unlink(missing_ok=True)
    return found


def make_as_private_as(known: Path, new: Path) -> None:
    """An empty file that nobody may read who may not read the one that is known: students' ids will be in it."""
    new.touch(mode=stat.S_IMODE(known.stat().st_mode) | stat.S_IRUSR | stat.S_IWUSR)


def _to_read(source: Path) -> sqlite3.Connection:
    """By it SQLite deletes no log, also where the gateway stops meanwhile and it is the last to close."""
    return sqlite3.connect(address(source.absolute(), "ro"), uri=True, timeout=30)


@contextmanager
def alone_with(path: Path) -> Iterator[None]:
    """Keep everybody from opening a database, however damaged it is; who tries waits. One that is not there is
    nobody's.

    Raises: InUse.
    """
    if not path.exists():
        yield
        return
    with path.open("r+b") as file:
        start, length = LOCKED_BYTES
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, length, start)
        except OSError as error:
            raise InUse(f"{path} is open in another process") from error
        yield


def put_in_place(new: Path, path: Path, at: datetime) -> Path | None:
    """Have a database take the place of another one, which `alone_with` holds; that one is kept under another name,
    with its log. Returns that name; None where there was none.

    Args:
        new: a whole database, in the same folder, on disk.
    """
    kept = path.with_name(f"{path.name}.replaced-{at:%Y%m%dT%H%M%SZ}")
    had_one = path.exists()
    for before, after in ((log_of(path), log_of(kept)), (path, kept)):
        # The log goes first: left beside the new one, its pages would be read into that.
        if before.exists():
            before.rename(after)
            sync(path.parent)
    index_of(path).unlink(missing_ok=True)
    new.rename(path)
    sync(path.parent)
    return kept if had_one else None


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _contents(connection: sqlite3.Connection) -> Contents:
    with suppress(sqlite3.OperationalError):  # no such table
        [(migration,)] = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        rows = {name: _count(connection, name) for (name,) in tables.fetchall()}
        return Contents(migration, rows)
    raise BadCopy("it holds no tables of a gateway")


def _count(connection: sqlite3.Connection, table: str) -> int:
    [(count,)] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchall()  # noqa: S608  a name of its own
    return int(count)
