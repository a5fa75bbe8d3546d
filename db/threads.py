"""SQLite connections on a thread each, which is done with the event loop once who opens or closes it goes on."""

import asyncio
import sqlite3
from typing import Any

import aiosqlite

ROWS_AT_ONCE = 64
"""Which a cursor that is iterated over fetches: aiosqlite's own number."""


class _Threaded(aiosqlite.Connection):
    _end: asyncio.Future[Any] | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(lambda: sqlite3.connect(*arguments, **options), ROWS_AT_ONCE)
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


async def connect(*arguments: Any, **options: Any) -> aiosqlite.Connection:
    """A connection as `sqlite3.connect` opens it. Raises what that raises, and then leaves no thread behind."""
    connection = _Threaded(*arguments, **options)
    await connection.open()
    return connection
