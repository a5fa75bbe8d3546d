"""Whether the files that an SQLite connection has open are still those at their path.

A deleted or replaced file can be written and read for as long as somebody has it open, and is gone after that.
"""

import os
import sqlite3
import weakref
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

Fetch = Callable[[str], Sequence[Sequence[Any]]]
"""Runs a statement and gives its rows."""

Inode = tuple[int, int]
"""A file's device and number: no other file has them for as long as anybody has this one open."""


class FileLost(sqlite3.OperationalError):
    """What is open is no longer the database at its path.

    `has_committed`: whether something was committed to it that nobody was told of: it is lost, unless the very files
    are put back.
    `is_of_log`: whether it is the log, or its index, which is made anew as soon as all have let go of it.
    """

    def __init__(self, reason: str, *, has_committed: bool = False, is_of_log: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.has_committed, self.is_of_log = reason, has_committed, is_of_log
        self.sqlite_errorcode = sqlite3.SQLITE_READONLY_DBMOVED
        self.sqlite_errorname = "SQLITE_READONLY_DBMOVED"


def address(path: Path | str, mode: str = "rw") -> str:
    """The file as `sqlite3.connect` takes it with `uri=True`: one that is not there is not made."""
    return f"file:{quote(str(path))}?mode={mode}"


def log_of(path: Path) -> Path:
    """The log beside a database."""
    return path.with_name(f"{path.name}-wal")


def index_of(path: Path) -> Path:
    """The log's index, which all who have the database open share."""
    return path.with_name(f"{path.name}-shm")


@dataclass(frozen=True, slots=True)
class Marks:
    """Whose a database is, and how far it got: each of these only grows."""

    installation: object
    newest: tuple[Any, ...]

    @classmethod
    def read(cls, fetch: Fetch) -> "Marks | None":
        """None of a database that is none of ours, or cannot be read."""
        try:
            [row] = fetch(_MARKS)
        except sqlite3.Error:
            return None
        return cls(row[0], tuple(row[1:]))

    def are_met_by(self, other: "Marks") -> bool:
        """Whether the other one is of the same installation, and lacks nothing of this one."""
        is_as_new = all(theirs >= ours for ours, theirs in zip(self.newest, other.newest, strict=True))
        return self.installation == other.installation and is_as_new


_MARKS = """
SELECT (SELECT id FROM installation), coalesce((SELECT max(seq) FROM change), 0),
    coalesce((SELECT max(id) FROM job), x''), coalesce((SELECT max(id) FROM payment), x''),
    coalesce((SELECT max(id) FROM purchase), x''), coalesce((SELECT max(id) FROM refund), x'')
"""
"""Ids of ours begin with the time that they were given at. Each is the end of an index."""


class OpenFiles:
    """The files that a connection has open, as they were found when it was opened.

    It opens the log alone: whoever closes one of the other two ends all locks of its process on that file.

    Args:
        path: as it is configured, perhaps by way of links, which are followed at each look.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._name = str(self._path)
        real = path.resolve()  # beside which SQLite has the log
        self._log, self._index = str(log_of(real)), str(index_of(real))
        found = self._path.stat()
        self._main: Inode = found.st_dev, found.st_ino
        self._bytes = found.st_size
        self.is_cut = False
        self._log_inode: Inode | None = None
        self._index_inode: Inode | None = None
        self._find_log()

    def lost(self, fetch: Fetch) -> str | None:
        """What happened to the files, in a sentence; None where they are the ones at their paths. It takes three looks
        at the file system, a few microseconds.

        Args:
            fetch: asks the connection that has them open, which is needed where the file became smaller: a VACUUM does
                that too.
        """
        try:
            found = os.stat(self._name)  # noqa: PTH116  at a third of a Path's cost
        except OSError as error:
            return f"{self._path} is no longer there ({error.strerror})"
        if (found.st_dev, found.st_ino) != self._main:
            return f"{self._path} is another file than the one that was opened"
        self.is_cut = found.st_size < self._bytes and not _has_all_pages(self._name, found.st_size, fetch)
        if self.is_cut:
            return f"{self._path} was cut from {self._bytes} to {found.st_size} bytes"
        self._bytes = found.st_size
        self._find_log()
        if self._has_changed(self._log, self._log_inode):
            return f"{self._log} was deleted or replaced"
        if self._has_changed(self._index, self._index_inode):
            return f"{self._index} was deleted or replaced"
        return None

    def put_others_aside(self) -> str:
        """Delete the log and the index that somebody made in the place of those that are open: who has them open lets
        go of them then. A log in which something was written is kept under another name, which this returns in a
        sentence; it is read no more, for it knows nothing of what is in the one that is open."""
        said = ""
        for path, own in ((self._log, self._log_inode), (self._index, self._index_inode)):
            if own is None or (other := inode_of(path)) in (None, own):
                continue
            assert other is not None
            if path == self._log and os.stat(path).st_size:  # noqa: PTH116  as above
                kept = f"{path}.foreign-{other[1]}"
                os.rename(path, kept)  # noqa: PTH104
                said = f"; another log lay there, which somebody else wrote, and is {kept} now"
            else:
                os.unlink(path)  # noqa: PTH108
        return said

    @property
    def is_main_the_same(self) -> bool:
        """Whether it is the log, or its index, that is lost."""
        return inode_of(self._name) == self._main

    def why_not_beside(self) -> str | None:
        """Why no other connection may be opened while these files are: what lies there are others. From any thread."""
        own = ((self._name, self._main), (self._log, self._log_inode), (self._index, self._index_inode))
        gone = [path for path, inode in own if self._has_changed(path, inode)]
        return f"{gone[0]} was deleted or replaced" if gone else None

    def why_not_again(self) -> str | None:
        """Why what lies at the path now must not be opened, whatever it holds."""
        if not self._path.is_file():
            return f"{self._path} is no longer there"
        log = log_of(self._path.resolve())  # perhaps in another place: the path may be a link now
        if not self.is_main_the_same and self._log_inode and inode_of(str(log)) == self._log_inode:
            # SQLite would read the one's pages into the other.
            return f"{log} belongs to the file that {self._path} was before"
        return None

    def _find_log(self) -> None:
        """A reader may be there before the writer, who makes the log."""
        if self._log_inode is None and (found := inode_of(self._log)):
            self._log_inode = found
            with suppress(OSError):  # while somebody has it open, no other file gets its number
                weakref.finalize(self, os.close, os.open(self._log, os.O_RDONLY))
        if self._index_inode is None:
            self._index_inode = inode_of(self._index)

    def _has_changed(self, path: str, inode: Inode | None) -> bool:
        return inode is not None and inode_of(path) != inode


def _has_all_pages(path: str, size: int, fetch: Fetch) -> bool:
    """Whether a file of that size can have all that was ever copied into it: as many pages as the database has; or,
    where some are in the log alone as yet, as many as the file's own first page says, which is copied with the
    others."""
    immutable = f"{address(path, 'ro')}&immutable=1"  # the file itself, whatever its log does
    if not size:  # to SQLite that is a whole database, of no page
        return False
    with suppress(sqlite3.Error):
        [(page,)] = fetch("PRAGMA page_size")
        [(pages,)] = fetch("PRAGMA page_count")
        if int(pages) * int(page) <= size:
            return True
        with closing(sqlite3.connect(immutable, uri=True)) as connection:
            [(pages,)] = connection.execute("PRAGMA page_count").fetchall()
            return int(pages) * int(page) <= size
    return False


def inode_of(path: str) -> Inode | None:
    """Which file lies there; None where there is none."""
    try:
        found = os.stat(path)  # noqa: PTH116  at a third of a Path's cost
    except OSError:
        return None
    return found.st_dev, found.st_ino
