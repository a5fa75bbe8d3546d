"""Runs read statements, each on one of a few connections that are kept."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, cast

from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from db.compiled import Raw, Statement
from db.engine import READERS
from db.readers import Connection, Immediate, open_immediate, open_reader, reader_dialect

PLACE_S = 8.0
"""How long a read waits for a connection: they are all taken for so long only where the database does not answer."""


class Source:
    """Reads of one database, each as it was last committed. A connection is opened when it is first needed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.dialect: Dialect = reader_dialect(url)
        self._has_now, self._now = False, cast(Immediate | None, None)
        self._driver_error: type[Exception] = type(self.dialect).import_dbapi().Error
        # The connection that was used last is used next, so that an idle process keeps one warm.
        self._places: asyncio.LifoQueue[Connection | None] = asyncio.LifoQueue()
        for _ in range(READERS):
            self._places.put_nowait(None)

    async def rows(self, statement: Statement, **parameters: object) -> list[list[Any]]:
        """The statement's rows, each as the values of its columns in their order.

        Raises:
            DBAPIError: the database refused the statement, or is out of reach. It names no parameter.
        """
        return list(map(statement.on(self.dialect).read, await self.raw(statement, parameters)))

    async def raw(self, statement: Statement, parameters: Mapping[str, object]) -> Sequence[Raw]:
        """The statement's rows as the driver gives them. Raises as `rows` does."""
        compiled = statement.on(self.dialect)
        return await self.fetch(compiled.sql, compiled.bound(parameters))

    def fetch_now(self, sql: str, parameters: Sequence[object]) -> Sequence[Raw] | None:
        """The rows of a statement that takes microseconds, without waiting: on the thread of the event loop, since it
        costs several times as much to hand it to another. None where that cannot be, and `fetch` has to be asked: a
        server is far away, and a file may be locked for a moment."""
        if not self._has_now:
            self._has_now, self._now = True, open_immediate(self._url)
        return self._now.fetch(sql, parameters) if self._now else None

    async def fetch(self, sql: str, parameters: Sequence[object] = ()) -> Sequence[Raw]:
        """The rows of a driver's own SQL as the driver gives them. Raises as `rows` does, and TimeoutError where all
        connections wait for a database that does not answer."""
        connection = await self._place()
        is_kept = connection is not None
        try:
            connection = connection or await open_reader(self._url)
            try:
                return await connection.fetch(sql, parameters)
            except self._driver_error:
                if not (is_kept and connection.is_lost):
                    raise
            # Its server was gone already, or went: a read may be asked again, and once is enough of a new connection.
            await self._leave_idle()
            connection = await open_reader(self._url)
            return await connection.fetch(sql, parameters)
        except self._driver_error as error:
            raise self._without_parameters(sql, error) from error
        finally:
            if connection is not None and connection.is_lost:
                await connection.close()
                connection = None
            self._places.put_nowait(connection)

    async def close(self) -> None:
        """Wait for the reads under way, and close every connection; those that hang are left behind."""
        if self._now:
            self._now.close()
        with suppress(TimeoutError):
            for _ in range(READERS):
                connection = await self._place()
                if connection is not None:
                    await connection.close()

    async def _place(self) -> Connection | None:
        if not self._places.empty():
            return self._places.get_nowait()
        async with asyncio.timeout(PLACE_S):
            return await self._places.get()

    async def _leave_idle(self) -> None:
        """Close those that are idle: what one of them was lost by, such as a failover, the others met as well, and each
        would be waited for in vain once more."""
        idle = [self._places.get_nowait() for _ in range(self._places.qsize())]
        for connection in idle:
            self._places.put_nowait(None)
            if connection is not None:
                await connection.close()

    def _without_parameters(self, sql: str, error: Exception) -> BaseException:
        return DBAPIError.instance(sql, None, error, self._driver_error, hide_parameters=True, dialect=self.dialect)
