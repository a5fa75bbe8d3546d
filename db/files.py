"""Whether the files that an SQLite connection has open are still those at their path.

A deleted or replaced file can be written and read for as long as somebody has it open, and is gone after that.
"""

import os
import sqlite3
import weakref
from collections.abc import Callable, Sequence
from contextlib import suppress
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
    """

    def __init__(self, reason: str, *, has_committed: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.has_committed = reason, has_committed
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

    def lost(self) -> str | None:
        """What happened to the files, in a sentence; None where they are the ones at their paths. It takes three looks
        at the file system, a few microseconds."""
        try:
            found = os.stat(self._name)  # noqa: PTH116  at a third of a Path's cost
        except OSError as error:
            return f"{self._path} is no longer there ({error.strerror})"
        if (found.st_dev, found.st_ino) != self._main:
            return f"{self._path} is another file than the one that was opened"
        if found.st_size < self._bytes:
            self.is_cut = True
            return f"{self._path} was cut from {self._bytes} to {found.st_size} bytes"
        self._bytes = found.st_size
        self._find_log()
        if self._has_changed(self._log, self._log_inode):
            return f"{self._log} was deleted or replaced"
        if self._has_changed(self._index, self._index_inode):
            return f"{self._index} was deleted or replaced"
        return None

    @property
    def is_main_the_same(self) -> bool:
        """Whether it is the log, or its index, that is lost."""
        return _inode(self._name) == self._main

    def why_not_again(self) -> str | None:
        """Why what lies at the path now must not be opened, whatever it holds."""
        if not self._path.is_file():
            return f"{self._path} is no longer there"
        if not self.is_main_the_same and self._log_inode and _inode(self._log) == self._log_inode:
            # SQLite would read the one's pages into the other.
            return f"{self._log} belongs to the file that {self._path} was before"
        return None

    def _find_log(self) -> None:
        """A reader may be there before the writer, who makes the log."""
        if self._log_inode is None and (found := _inode(self._log)):
            self._log_inode = found
            with suppress(OSError):  # while somebody has it open, no other file gets its number
                weakref.finalize(self, os.close, os.open(self._log, os.O_RDONLY))
        if self._index_inode is None:
            self._index_inode = _inode(self._index)

    def _has_changed(self, path: str, inode: Inode | None) -> bool:
        return inode is not None and _inode(path) != inode


def _inode(path: str) -> Inode | None:
    try:
        found = os.stat(path)  # noqa: PTH116  at a third of a Path's cost
    except OSError:
        return None
    return found.st_dev, found.st_ino
