"""SQLite connections on a thread each, which is done with the event loop once who opens or closes it goes on."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiosqlite

from db.opening import opened

ROWS_AT_ONCE = 64
"""Which a cursor that is iterated over fetches: aiosqlite's own number."""


class _Threaded(aiosqlite.Connection):
    _end: asyncio.Future[Any] | None = None

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connect, ROWS_AT_ONCE)
        self._thread.daemon = True  # one that hangs keeps no process from its end

    def stop(self) -> asyncio.Future[Any] | None:
        self._end = super().stop()
        return self._end

    async def open(self) -> None:
        try:
            await self
        except BaseException:
            # aiosqlite tells the thread to end, and does not wait for it: it would still have something to say to a
            # loop that is closed by then.
            if self._end is not None:
                await self._end
            raise


async def connect(path: Path, *arguments: Any, **options: Any) -> aiosqlite.Connection:
    """A connection as `sqlite3.connect` opens it, by the door to the file. Raises what that raises, and what
    `db.opening.opening` does, and then leaves no thread behind."""
    connection = _Threaded(lambda: opened(path, lambda: sqlite3.connect(*arguments, **options)))
    await connection.open()
    return connection
