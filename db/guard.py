"""What one holder of an SQLite database remembers from one connection to the next: whether it is still the same."""

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from db.files import Fetch, FileLost, Marks, OpenFiles, address


class Guard:
    """Notices that the database at a path is no longer the one that was opened, and says which may be opened next.

    After a loss that is the same database alone, as new as the lost one at least: one that was put back, say. An older
    one, such as a backup, would silently lack what was answered already; it takes a restart, which somebody decides.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._files: OpenFiles | None = None
        self._marks: Marks | None = None
        self._generation = 0
        self._lost: str | None = None
        self._must_be_alone = False
        """Whether the file was there, and it is its log, or the log's index, that was lost."""

    def before_opening(self) -> None:
        """Raises: FileLost, where what lies there now must not be opened."""
        if self._lost is None or self._files is None:
            return
        if reason := self._files.why_not_again():
            raise FileLost(reason)
        if self._must_be_alone:
            self._have_it_alone()

    def opened(self, fetch: Fetch) -> None:
        """A connection was opened. Raises: FileLost, where it must be closed again."""
        fetch("SELECT 1 FROM sqlite_master LIMIT 1")  # from here on the log is open as well
        try:
            files = OpenFiles(self._path)
        except OSError as error:  # it went just now
            raise FileLost(f"{self._path} is no longer there ({error.strerror})") from error
        marks = Marks.read(fetch)
        if self._lost is not None and self._marks is not None:
            if marks is None or not self._marks.are_met_by(marks):
                raise FileLost(f"{self._path} is another database now, or an older state of this one")
            if self._files is not None and self._files.is_cut and fetch("PRAGMA quick_check(1)") != [("ok",)]:
                raise FileLost(f"{self._path} is damaged: {self._lost}")
        [(self._generation,)] = fetch("PRAGMA user_version")
        self._files, self._marks, self._lost = files, marks, None

    def check(self, fetch: Fetch, *, has_committed: bool = False) -> None:
        """Look at the files.

        Args:
            fetch: asks the connection, which still sees what is lost.
            has_committed: see `FileLost`.

        Raises: FileLost. Then the connection is to be closed.
        """
        reason = self._files.lost() if self._files is not None else None
        if reason is not None:
            self._lost, self._marks = reason, Marks.read(fetch) or self._marks
            self._must_be_alone = self._files is not None and self._files.is_main_the_same
            raise FileLost(reason, has_committed=has_committed)

    @property
    def is_lost(self) -> bool:
        return self._lost is not None

    def _have_it_alone(self) -> None:
        """Without its log at the path, the database is opened anew when all who have the old log open have closed it:
        the last of them copies it into the file, so that nothing is lost. Two logs at once would spoil the file."""
        with suppress(sqlite3.Error):
            if _generation_in(self._path) // 2 > self._generation // 2:
                return  # somebody had it alone since
        try:
            with closing(sqlite3.connect(address(self._path), uri=True, isolation_level=None)) as connection:
                is_alone = settle(connection, and_says_so=True)
        except sqlite3.Error:
            is_alone = False
        if not is_alone:
            raise FileLost(self._lost or "")


def mark_open(connection: sqlite3.Connection) -> None:
    """Have the file itself say that it is not whole without its log, until `settle`: by an odd `user_version`, which
    each of the two makes greater by one. Raises sqlite3.Error."""
    [(generation,)] = connection.execute("PRAGMA user_version").fetchall()
    if generation % 2 == 0:
        connection.execute(f"PRAGMA user_version = {generation + 1}")
        connection.execute("PRAGMA wal_checkpoint(FULL)").fetchall()  # which waits for reads under way


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
    [(generation,)] = connection.execute("PRAGMA user_version").fetchall()
    if generation % 2 or and_says_so:
        connection.execute(f"PRAGMA user_version = {generation // 2 * 2 + 2}")
    return True


def settle_file(path: Path) -> None:
    """The same, for one who has closed all connections, as far as that is possible."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(address(path.absolute()), uri=True)) as connection:
        connection.isolation_level = None
        settle(connection)


def _generation_in(path: Path) -> int:
    """What the file itself says, whatever its log does."""
    immutable = f"{address(path, 'ro')}&immutable=1"
    with closing(sqlite3.connect(immutable, uri=True)) as connection:
        [(generation,)] = connection.execute("PRAGMA user_version").fetchall()
        return int(generation)
