"""What one holder of an SQLite database remembers from one connection to the next: whether it is still the same."""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from db.files import Fetch, FileLost, Marks, OpenFiles, inode_of
from db.headers import may_be_joined
from db.opening import A_READ, DoorTaken, alone, hold, leave, one_at_a_time, opening, settle


@dataclass(frozen=True, slots=True)
class _Kept:
    connection: sqlite3.Connection
    close: Callable[[], None]

    def fetch(self, sql: str) -> Sequence[Sequence[Any]]:
        return self.connection.execute(sql).fetchall()

    def is_settled(self) -> bool:
        with suppress(sqlite3.Error):
            self.fetch("PRAGMA query_only = OFF")
            return settle(self.connection)
        return False


class Guard:
    """Notices that the database at a path is no longer the one that was opened, and says which may be opened next.

    After a loss that is the same database alone, as new as the lost one at least: one that was put back, say. An older
    one, such as a backup, would silently lack what was answered already; it takes a restart, which somebody decides.

    Args:
        waits: see `db.opening`.
    """

    def __init__(self, path: Path, *, waits: bool = True) -> None:
        self._path = path.absolute()
        self._waits = waits
        self._files: OpenFiles | None = None
        self._marks: Marks | None = None
        self._lost: FileLost | None = None
        self._found: tuple[OpenFiles, Marks | None] | None = None
        """Of a connection that is being opened."""
        self._kept: _Kept | None = None
        """A connection that is not used any more, see `let_go`."""

    @contextmanager
    def opening(self) -> Iterator[ExitStack]:
        """Within, a connection is opened, and `opened` is called. Gives where to say how it is closed if this raises.

        Raises: FileLost, where what lies there must not be opened; and as `db.opening.opening` does."""
        if self._kept is not None:
            with suppress(FileLost):
                self.check(self._kept.fetch)
        if self._lost is not None and self._files is not None:
            if self._kept is not None:
                self._let_go_of_lost(self._kept)
            if reason := self._files.why_not_again():
                raise FileLost(reason)
        try:
            with opening(self._path, waits=self._waits, begins_for=self._judge) as in_vain:
                yield in_vain
            self._remember()
        except (FileLost, DoorTaken) as error:
            is_of_log = isinstance(error, DoorTaken) or error.is_of_log
            if self._lost is not None and is_of_log:  # of which more was said when it was found
                raise FileLost(self._lost.reason, is_of_log=True) from error
            raise

    def opened(self, fetch: Fetch) -> None:
        """A connection was opened. Raises: FileLost, where it must be closed again."""
        fetch(A_READ)  # from here on the log is open as well
        try:
            files = OpenFiles(self._path)
        except OSError as error:  # it went just now
            raise FileLost(f"{self._path} is no longer there ({error.strerror})") from error
        self._found = files, self._judge(fetch)

    def _remember(self) -> None:
        """What was opened is the database from here on: the door was closed behind it."""
        assert self._found is not None
        (self._files, self._marks), self._lost = self._found, None
        self._found = None
        self._close_kept()
        hold(self._path, self)

    def why_not_beside(self) -> str | None:
        """See `db.opening.Holder`."""
        if self._lost is not None:
            return self._lost.reason
        return self._files.why_not_beside() if self._files is not None else None

    def check(self, fetch: Fetch, *, has_committed: bool = False) -> None:
        """Look at the files.

        Args:
            fetch: asks the connection, which still sees what is lost.
            has_committed: see `FileLost`.

        Raises: FileLost. Then the connection is to be closed, by `let_go`.
        """
        if self._files is None:
            return
        reason = self._files.lost(fetch)
        if reason is not None:
            is_of_log = self._files.is_main_the_same and not self._files.is_cut
            self._lost = FileLost(reason, is_of_log=is_of_log)
            self._marks = Marks.read(fetch) or self._marks
            raise FileLost(reason, has_committed=has_committed, is_of_log=is_of_log)

    def let_go(self, connection: sqlite3.Connection, close: Callable[[], None]) -> None:
        """Close a connection that has no transaction, as soon as the file says that it is whole.

        Where others have the file open too, that cannot be: the connection is kept until another one is opened, or to
        the `end`. Else the last of the others might delete the log, and the file say that it lacks it.

        One to a log that was lost is closed only when all of that log is in the file, for SQLite might not see to it:
        it copies nothing where somebody looks at the file in that instant, or where the last one to close it only
        reads. Until then that is tried again each time that a connection would be opened.
        """
        self._kept = _Kept(connection, close)
        if self._lost is not None:
            with suppress(FileLost):
                self._let_go_of_lost(self._kept)
        elif self._kept.is_settled():
            self._close_kept()

    def end(self) -> None:
        """Nothing is opened any more. Of those who end together one does so after the other, so that the last of them
        finds nobody else there, and leaves a file that says that it is whole."""
        if self._kept is not None and self._lost is None:
            with suppress(DoorTaken), one_at_a_time(self._path.resolve().parent):
                self._kept.is_settled()
                self._close_kept()
        self._close_kept()
        leave(self._path, self)

    @property
    def is_lost(self) -> bool:
        return self._lost is not None

    def _close_kept(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _let_go_of_lost(self, kept: "_Kept") -> None:
        """Raises: FileLost, where it has to be kept: also while the file is cut, for to close it would change it."""
        assert self._lost is not None
        if self._files is not None and self._files.is_main_the_same:
            was_cut = not self._lost.is_of_log
            if self._files.is_cut or (was_cut and not _is_whole(kept.fetch)):
                raise FileLost(self._lost.reason)
            if not self._is_copied(kept.fetch, self._files):
                raise FileLost(self._lost.reason, is_of_log=True)
        self._close_kept()

    def _is_copied(self, fetch: Fetch, files: OpenFiles) -> bool:
        """Whether all of the open log is in the file now, and the file says that it is whole without."""
        assert self._lost is not None
        try:
            with one_at_a_time(self._path.resolve().parent, waits=self._waits):
                self._lost.reason += files.put_others_aside()
                return copy_all(fetch)
        except (sqlite3.Error, OSError):
            return False

    def _judge(self, fetch: Fetch) -> Marks | None:
        """What a database says of itself that may be opened. Raises: FileLost."""
        marks = Marks.read(fetch)
        if self._lost is not None and self._marks is not None and (marks is None or not self._marks.are_met_by(marks)):
            raise FileLost(f"{self._path} is another database now, or an older state of this one")
        return marks


def copy_all(fetch: Fetch) -> bool:
    """Copy all of an open log into the file, and have the file say that it is whole without it. Whether that was
    possible: not while others write, or read an older state.

    The order is what makes it true at each moment: all is in the file before the file says so; and nothing comes
    between the two, for a writer looks for its log when it has the lock that this takes.

    Raises: sqlite3.Error.
    """
    fetch("PRAGMA query_only = OFF")
    version = fetch("PRAGMA data_version")
    if not _is_checkpointed(fetch):
        return False
    fetch("BEGIN IMMEDIATE")
    try:
        [(generation,)] = fetch("PRAGMA user_version")
        is_untouched = fetch("PRAGMA data_version") == version
        if is_untouched and generation % 2:
            fetch(f"PRAGMA user_version = {generation + 1}")
    finally:
        fetch("COMMIT")
    return is_untouched and _is_checkpointed(fetch)


def _is_checkpointed(fetch: Fetch) -> bool:
    [(is_busy, in_log, copied)] = fetch("PRAGMA wal_checkpoint(PASSIVE)")
    return not is_busy and in_log == copied


def _is_whole(fetch: Fetch) -> bool:
    with suppress(sqlite3.Error):
        return [*fetch("PRAGMA quick_check(1)")] == [("ok",)]
    return False


def settle_file(path: Path) -> bool:
    """Have a file say that it is whole, and delete its log, for one who has closed all connections. Whether that was
    possible: nobody else may have it open, and it must not have become another one's. One at a time: of two who try at
    once each would be in the other's way."""
    real = path.resolve()
    with suppress(sqlite3.Error, OSError), one_at_a_time(real.parent):
        if (main := inode_of(str(real))) is not None:
            may_be_joined(real, main)
            with closing(alone(real)) as connection:
                return inode_of(str(real)) == main and settle(connection)
    return False
