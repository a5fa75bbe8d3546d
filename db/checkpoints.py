"""Copies SQLite's log into the database's file while the writer goes on.

By itself SQLite does so within a commit, each time that the log has grown to a thousand pages, and whoever waits for
that commit waits for all of it.
"""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from db.files import address
from db.opening import opened

EVERY_COMMITS = 32
"""Between two copies: a commit leaves 15 to 50 pages in the log, whatever the number of its commands."""

MOST_PAGES = 8_000
"""From here on a commit does copy (32 MB): while the writer goes on, a copy never comes to the log's end, and only then
does the log begin anew. Few pages are left to that commit, as the others are in the file already."""

KEPT_BYTES = 4_096 * MOST_PAGES
"""To which the log's file is cut where it grew larger, as it does while somebody reads an old state for long."""


class Checkpoints:
    """One thread, which begins with the first copy that is due, and its connection."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._commits = 0
        self._is_due = threading.Event()
        self._is_closing = False
        self._copies = True
        self._thread: threading.Thread | None = None

    def note_commit(self) -> None:
        """A commit was made; copying is somebody else's work from here."""
        self._commits += 1
        if self._commits % EVERY_COMMITS:
            return
        self._is_due.set()
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="checkpoints", daemon=True)
            self._thread.start()

    def close(self, *, copies: bool = True) -> None:
        """Copy once more, if it ever was due, and wait for that.

        Args:
            copies: not, where the log is no longer the file's.
        """
        self._copies, self._is_closing = copies, True
        self._is_due.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        connection: sqlite3.Connection | None = None
        is_last = False
        while not is_last:
            self._is_due.wait()
            self._is_due.clear()
            is_last = self._is_closing
            if not self._copies:
                break
            # Whatever is in its way, a later one makes up for it; and in the end a commit does, which says so.
            with suppress(sqlite3.Error):
                connection = connection or opened(Path(self._path), self._connect)
                connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
        if connection is not None:
            connection.close()

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(address(self._path), uri=True, isolation_level=None)
