"""The door to an SQLite file: by it all who have the file open at a time have one log.

SQLite makes a log wherever it finds none. Where the log of a file in use was deleted, whoever came next would make a
second one, see nothing of the first, and spoil the file. So a connection is opened by these steps, one at a time on a
machine:

1. The file must not contradict what lies beside it, see `db.headers`: SQLite would read any log into it.
2. Where the log and its index are there, and are those that the file names, see `db.own_logs`, they are noted. Where
   not, nobody may have the file open, which is proven by SQLite's own exclusive lock, and where no log is there, the
   file must say of itself that it is whole. Then, still alone, it is taken out of log mode: a file out of log mode has
   no log, neither here nor deleted and still open.
3. The connection is opened, and reads: from here on it has the log open.
4. The file is the one of the first step, the log and the index are those of the second. Where one was deleted
   meanwhile, what was made in its place is deleted too, and the connection closed.

The rest of the proof is in `db.guard`: who has a deleted log open lets go of it, and not before all of it is in the
file.
"""

import fcntl
import os
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol
from weakref import WeakSet

from db.files import Fetch, FileLost, Inode, address, index_of, inode_of, log_of
from db.headers import is_to_be_joined
from db.own_logs import files_beside, generation_of, is_anothers_log, mark_open

AT_THE_DOOR_S = 5.0
"""How long is waited while another one opens the file, which takes it a millisecond."""

LOOK_S = 0.002
"""Between two looks at that: as SQLite waits for its locks, there is nobody who would tell."""

A_READ = "SELECT 1 FROM sqlite_master LIMIT 1"
"""By which a connection opens the log."""

Judge = Callable[[Fetch], object]
"""Raises `FileLost`, where what is read is not the database that is meant."""


class DoorTaken(sqlite3.OperationalError):
    """Somebody else opens the file, or has it open with a log that was deleted: it may be opened a little later."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.sqlite_errorcode = sqlite3.SQLITE_BUSY
        self.sqlite_errorname = "SQLITE_BUSY"


class Holder(Protocol):
    """Who knows which files are meant by a path."""

    def why_not_beside(self) -> str | None:
        """Why nothing may be opened at the path now, as far as its names and files tell. From any thread."""
        ...


_HOLDERS: defaultdict[Path, "WeakSet[Holder]"] = defaultdict(WeakSet)
"""Of this process, by path: whoever opens another connection asks them, so that it is to the same files. They look
themselves once in a while, and would notice when it was too late."""

_OF_HOLDERS = threading.Lock()
"""They come and go in threads of their own."""


def hold(path: Path, holder: Holder) -> None:
    """Have all who come by the door of this process to that path ask the holder from now on."""
    with _OF_HOLDERS:
        _HOLDERS[path.absolute()].add(holder)


def leave(path: Path, holder: Holder) -> None:
    """Undo `hold`."""
    with _OF_HOLDERS:
        _HOLDERS[path.absolute()].discard(holder)


@contextmanager
def opening(
    path: Path, *, waits: bool = True, begins_for: Judge | None = None, takes_empty: bool = False
) -> Iterator[ExitStack]:
    """Within, one connection is opened, and reads once. Gives where to say how it is closed again if this raises.

    Args:
        waits: until nobody else opens the file; else that raises.
        begins_for: for one who keeps the file open: where nobody has it open, it says so from here on, see `mark_open`,
            and has its log before the connection is opened, if the judge finds that it is the right one. Others leave
            such a file as it is.
        takes_empty: see `db.headers.may_be_joined`.

    Raises:
        FileLost: the log is missing, and with it what was committed last; or went just now.
        DoorTaken: see there.
        sqlite3.Error: what SQLite has to say of the file.
    """
    real = path.resolve()
    with ExitStack() as until_opened:
        until_opened.enter_context(one_at_a_time(real.parent, waits=waits))
        main = inode_of(str(real))
        if main is not None and not (
            is_to_be_joined(real, main, waits=waits, takes_empty=takes_empty)
            and None not in files_beside(real)
            and not is_anothers_log(real, main)
        ):
            _have_none_open(real, main, begins_for)
            if begins_for is not None and (first := _begun(real)) is not None:
                until_opened.push(lambda error, *_: _close(first, is_in_vain=error is not None))
        before = files_beside(real)
        with _closed_in_vain(real, main) as in_vain:
            yield in_vain
            if main is not None and inode_of(str(real)) != main:
                raise FileLost(f"{real} was deleted or replaced")
            if None not in before and (after := files_beside(real)) != before:
                _delete_what_was_made(real, before, after)
                raise FileLost(f"{log_of(real)} was deleted or replaced", is_of_log=True)


def opened(path: Path, connect: Callable[[], sqlite3.Connection], *, takes_empty: bool = False) -> sqlite3.Connection:
    """A connection that came by the door, beside those that this process holds. Raises as `opening` does, and then
    leaves none behind."""
    with opening(path, takes_empty=takes_empty) as in_vain:
        _ask_holders(path)
        connection = connect()
        in_vain.callback(connection.close)
        connection.execute(A_READ).fetchall()
        _ask_holders(path)
    return connection


@contextmanager
def one_at_a_time(folder: Path, *, waits: bool = True) -> Iterator[None]:
    """Keep others of ours from opening a database of that folder. Whoever dies lets go.

    It is the folder that is locked: a lock on the file itself would end with whatever connection is closed next, and a
    file for it would be one more to lose.

    Raises: DoorTaken.
    """
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:  # it is gone, which whoever opens will be told
        yield
        return
    try:
        latest = monotonic() + (AT_THE_DOOR_S if waits else 0)
        while not _is_locked(descriptor):
            if monotonic() >= latest:
                raise DoorTaken(f"another process opens a database in {folder}")
            sleep(LOOK_S)
        yield
    finally:
        os.close(descriptor)


def settle(connection: sqlite3.Connection, *, and_says_so: bool = False) -> bool:
    """Copy all of the log into the file, which then says so, and delete the log. Whether that was possible: nobody else
    may have the database open.

    Args:
        and_says_so: also where the file said so before.

    Raises: sqlite3.Error.
    """
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        connection.execute("PRAGMA journal_mode = DELETE").fetchall()
    except sqlite3.OperationalError:
        return False
    if (generation := generation_of(connection)) % 2 or and_says_so:
        connection.execute(f"PRAGMA user_version = {generation // 2 * 2 + 2}")
    return True


def alone(path: Path) -> sqlite3.Connection:
    """A connection that has the database for itself from its first statement on, or fails there. One that fails makes
    no log: SQLite locks the file before it looks for one."""
    connection = sqlite3.connect(address(path), uri=True, isolation_level=None, timeout=0)
    connection.execute("PRAGMA locking_mode = EXCLUSIVE").fetchall()
    return connection


@contextmanager
def _closed_in_vain(real: Path, main: Inode | None) -> Iterator[ExitStack]:
    """Gives where to say how it is closed, if this raises, what is opened within.

    The file may be another one by then, which nobody looked at. Who closes it as the last one copies whatever log lies
    beside it: so there is one more who has it open, only to read.
    """
    in_vain = ExitStack()
    try:
        yield in_vain
    except BaseException:
        with ExitStack() as reading:
            if inode_of(str(real)) != main:
                with suppress(sqlite3.Error):
                    beside = reading.enter_context(closing(sqlite3.connect(address(real, "ro"), uri=True, timeout=0)))
                    beside.execute(A_READ).fetchall()
            in_vain.close()
        raise


def _have_none_open(real: Path, main: Inode, judge: Judge | None) -> None:
    """See that nobody has the file open, and that it is whole, and take it out of log mode.

    Raises: FileLost.
    """
    log, had_log = log_of(real), log_of(real).exists()
    with closing(alone(real)) as connection:
        if inode_of(str(real)) != main:  # nothing was read as yet, and so no log opened
            raise FileLost(f"{real} was deleted or replaced")

        def fetch(sql: str) -> list[tuple[object, ...]]:
            return connection.execute(sql).fetchall()

        try:
            [(generation,)] = connection.execute("PRAGMA user_version").fetchall()
            [(mode,)] = connection.execute("PRAGMA journal_mode").fetchall()
        except sqlite3.Error as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                return  # which the connection that is wanted will meet as well, and tell
            raise DoorTaken(f"{real} has no log of its own, or no index of it, and others have it open") from error
        if judge is not None:
            judge(fetch)
        if mode == "wal" and not had_log and generation % 2:
            raise FileLost(f"{log} is missing: without it, what was committed last is not in {real}", is_of_log=True)
        with suppress(sqlite3.Error):  # of a file that cannot be written: it has no log then
            settle(connection)


def _ask_holders(path: Path) -> None:
    """Raises: FileLost."""
    with _OF_HOLDERS:
        holders = [*_HOLDERS.get(path.absolute(), ())]
    for holder in holders:
        if reason := holder.why_not_beside():
            raise FileLost(reason)


def _begun(real: Path) -> sqlite3.Connection | None:
    """A connection by which the file is in log mode, and in use. None where it cannot be written: then there is no
    log."""
    connection = sqlite3.connect(address(real), uri=True, isolation_level=None, timeout=0)
    try:
        connection.execute("PRAGMA journal_mode = WAL").fetchall()
        mark_open(connection)
    except sqlite3.Error:
        connection.close()
        return None
    return connection


def _close(first: sqlite3.Connection, *, is_in_vain: bool) -> None:
    if is_in_vain:  # nobody has the file open then, and it is not to say that somebody has
        with suppress(sqlite3.Error):
            settle(first)
    first.close()


def _delete_what_was_made(real: Path, before: tuple[object, ...], after: tuple[object, ...]) -> None:
    """In the place of files that others have open still. Nobody else of ours came by the door since."""
    for path, old, new in zip((log_of(real), index_of(real)), before, after, strict=True):
        with suppress(FileNotFoundError):  # somebody else deleted that as well
            if new not in (None, old) and not (path == log_of(real) and path.stat().st_size):
                path.unlink()


def _is_locked(descriptor: int) -> bool:
    """Whether it is now. A file system without such locks has none that would be taken."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
