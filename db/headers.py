"""Whether an SQLite file and the log beside it can belong together, by what both say of themselves.

That is to be known before either is opened: SQLite reads any log that lies beside a file into it, also where the file
is another one by now. Of the format see https://sqlite.org/fileformat2.html.
"""

import os
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from db.files import FileLost, Inode, address, inode_of, log_of

HEADER_BYTES = 100
_MAGIC = b"SQLite format 3\x00"
_LOG_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
COPIED_S = 0.5
"""How long is waited for a copy under way, of which the last pages come a moment after the first one."""

LOOK_S = 0.002
"""Between two looks at that."""

_DESCRIPTORS = "/dev/fd"
"""Where the system lists those of the process."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a file's first page says.

    `is_in_log_mode`: whether it may have a log. SQLite deletes the log first, and says so in the file then.
    `generation`: the `user_version` that `db.own_logs` keeps.
    `stamp`: the `application_id` that it keeps beside it, see `db.own_logs`.
    `pages`: how many the file has, each of `page_bytes`; None where the program that wrote it did not count.
    """

    is_in_log_mode: bool
    generation: int
    stamp: int
    page_bytes: int
    pages: int | None

    @classmethod
    def parse(cls, found: bytes) -> "Header | None":
        """None of what is no SQLite file."""
        if len(found) < HEADER_BYTES or not found.startswith(_MAGIC):
            return None
        page_bytes = _number(found, 16, 2)
        is_counted = found[24:28] == found[92:96]
        return cls(
            is_in_log_mode=found[19] == 2,
            generation=_number(found, 60),
            stamp=_number(found, 68),
            page_bytes=65_536 if page_bytes == 1 else page_bytes,
            pages=_number(found, 28) if is_counted else None,
        )


def may_be_joined(real: Path, main: Inode, *, takes_empty: bool = False) -> bool:
    """Whether a file, with what lies beside it, may be opened while others have it open. If not, the first one who has
    it alone makes it whole: it has no log, or somebody was killed while he copied from one.

    Args:
        main: which file is meant.
        takes_empty: for who makes a database of an empty file, or tells that it is none.

    Raises: FileLost, where nobody may open it.
    """
    header = Header.parse(read_header(real, main))
    log = log_of(real)
    found = real.stat()
    if (found.st_dev, found.st_ino) != main:
        raise FileLost(f"{real} was replaced")
    if found.st_size == 0 and (log.exists() or not takes_empty):
        raise FileLost(f"{real} is empty: it was cut")  # and SQLite would delete its log
    if header is None:
        return True  # SQLite says what it is, or it cannot be told on this system
    if not header.is_in_log_mode and log.exists() and log.stat().st_size:
        raise FileLost(f"{log} belongs to another file than {real}, which is whole without it")
    if not (missing := _missing(real, header)):
        return header.is_in_log_mode
    # The first page is copied from the log before the last ones are.
    in_log = _pages_in(log_of(real))
    if not _has_journal(real) and not in_log.issuperset(_missing(real, header)):  # in this order: what leaves those
        raise FileLost(f"{real} was cut: its last {len(missing)} pages are missing")  # is in the file by then
    return False


def is_to_be_joined(real: Path, main: Inode, *, waits: bool, takes_empty: bool) -> bool:
    """`may_be_joined`, where who copies from the log into a file that grows by it is waited for."""
    latest = monotonic() + (COPIED_S if waits else 0)
    while not (is_joined := may_be_joined(real, main, takes_empty=takes_empty)) and monotonic() < latest:
        header = Header.parse(read_header(real, main))
        if header is None or not header.is_in_log_mode:
            break  # there is no log that is copied from
        sleep(LOOK_S)  # and whatever the look says then counts: the last page may have come meanwhile
    return is_joined


def read_header(path: Path, main: Inode) -> bytes:
    """The first bytes of a file that this process may have open; none where they cannot be read.

    SQLite's locks are the process's, and all of them end when it closes any descriptor of that file. So it is left to
    SQLite to open and to close one, which it does when the last lock is gone; only the reading is ours.
    """
    with suppress(OSError, sqlite3.Error), closing(sqlite3.connect(f"{address(path, 'ro')}&immutable=1", uri=True)):
        for name in os.listdir(_DESCRIPTORS):  # noqa: PTH208  names, and no paths
            with suppress(OSError):  # others come and go
                descriptor = int(name)
                found = os.pread(descriptor, HEADER_BYTES, 0) if _is_of(descriptor, main) else b""
                if found and _is_of(descriptor, main):
                    return found
    return b""


def _missing(path: Path, header: Header) -> range:
    """The numbers of the pages that a file counts and does not have."""
    return range(path.stat().st_size // header.page_bytes + 1, (header.pages or 0) + 1)


def _is_of(descriptor: int, main: Inode) -> bool:
    found = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == main


def _has_journal(real: Path) -> bool:
    """Whether somebody writes a file that is out of log mode, or was killed meanwhile: SQLite mends that."""
    return inode_of(f"{real}-journal") is not None


def _pages_in(log: Path) -> set[int]:
    """The numbers of the pages of which the log has what was committed last."""
    pages: set[int] = set()
    with suppress(OSError), log.open("rb") as file:
        header = file.read(_LOG_HEADER_BYTES)
        page_bytes, salts = _number(header, 8), header[16:24]
        not_committed: set[int] = set()
        while len(frame := file.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES and frame[8:16] == salts:
            not_committed.add(_number(frame, 0))
            if _number(frame, 4):  # the last one of a commit
                pages |= not_committed
            file.seek(page_bytes, os.SEEK_CUR)
    return pages


def _number(found: bytes, at: int, length: int = 4) -> int:
    return int.from_bytes(found[at : at + length], "big")
