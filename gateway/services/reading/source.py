"""Runs read statements, each on one of a few connections that are kept."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from sqlalchemy import Dialect
from sqlalchemy.exc import DBAPIError

from db.compiled import Raw, Statement
from db.engine import READERS
from db.errors import without_row
from db.files import FileLost
from db.guard import Guard, settle_file
from db.outages import Outage, in_a_line, outage_of_read
from db.readers import Connection, Immediate, open_immediate, open_reader, reader_dialect
from db.urls import file_of, is_embedded
from gateway.services import ends
from gateway.services.background import BackgroundTask
from gateway.services.outages import Damaged, Outages, Unavailable

log = structlog.get_logger(__name__)

LOOK_S = 0.01
"""How long a file may be gone, or another one lie at its path, before a read notices. A look takes microseconds, but a
read does not take many."""

WATCH_S = 0.5
"""The same, while nobody reads."""

HEALTH = "SELECT singleton FROM installation"
"""It reads a page of the database, which `SELECT 1` does not on SQLite."""

PLACE_S = 6.0
"""How long a read waits for a connection: they are all taken for so long only where the database does not answer."""

_Place = tuple[int, Connection | None]
_EMPTY: _Place = (0, None)


class Source:
    """Reads of one database, each as it was last committed. A connection is opened when it is first needed."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.dialect: Dialect = reader_dialect(url)
        self.outages = Outages("reads")
        self._watching = BackgroundTask("outage of reads", self._look_for_its_end)
        self._guard = Guard(file_of(url), waits=False) if is_embedded(url) else None
        self._now: Immediate | None = None
        self._look_at = 0.0
        self._lost: FileLost | None = None
        self._opened = 0
        """How often the file was opened anew: connections of another time are closed."""
        self._driver_error: type[Exception] = type(self.dialect).import_dbapi().Error
        # The connection that was used last is used next, so that an idle process keeps one warm.
        self._places: asyncio.LifoQueue[_Place] = asyncio.LifoQueue()
        for _ in range(READERS):
            self._places.put_nowait(_EMPTY)

    async def rows(self, statement: Statement, **parameters: object) -> list[list[Any]]:
        """The statement's rows, each as the values of its columns in their order.

        Raises:
            Unavailable: the database cannot be used now.
            Damaged: what the statement reads is.
            DBAPIError: the database refused the statement. It names no parameter.
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
        if self._guard is None:
            return None
        try:
            return self._on_the_file(self._guard).fetch(sql, parameters)
        except self._driver_error:
            return None

    async def fetch(self, sql: str, parameters: Sequence[object] = ()) -> Sequence[Raw]:
        """The rows of a driver's own SQL as the driver gives them. Raises as `rows` does."""
        try:
            rows = await self._fetched(sql, parameters)
        except (self._driver_error, OSError) as error:
            raise self._told(sql, self._lost_or(error)) from error
        if self.outages.is_on:
            self.outages.succeed()
        return rows

    async def _fetched(self, sql: str, parameters: Sequence[object]) -> Sequence[Raw]:
        """Raises the driver's own errors, OSError; TimeoutError, where all connections wait for a database that does
        not answer."""
        opened, connection = await self._place()
        try:
            standing = self.standing()
            if connection is not None and opened != standing:
                await connection.close()
                connection = None
            opened, is_kept = standing, connection is not None
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
        finally:
            if connection is not None and connection.is_lost:
                await connection.close()
                connection = None
            self._places.put_nowait((opened, connection))

    def standing(self) -> int:
        """Which file is read, by how often one was opened; always the same of a server.

        Raises:
            FileLost: what lies at the path is not the database that was opened, or an older state of it.
        """
        if self._guard is not None:
            try:
                self._on_the_file(self._guard)
            except FileLost:
                raise
            except self._driver_error:
                pass  # it is locked for a moment, say, for which a read waits
        return self._opened

    @property
    def lost_for(self) -> str | None:
        """Why an SQLite file is not read, where it is lost."""
        return self._lost.reason if self._lost is not None else None

    async def watch(self) -> None:
        """For ever: let go of files that were deleted or replaced, also while nobody reads."""
        while self._guard is not None:
            with suppress(self._driver_error):
                self.standing()
            idle = [self._places.get_nowait() for _ in range(self._places.qsize())]
            for place in reversed(idle):
                await self._close_if_old(place)
            await asyncio.sleep(WATCH_S)

    async def close(self) -> None:
        """Wait for the reads under way, and close every connection; those that hang are left behind."""
        self._watching.cancel()
        if self._guard is not None and self._now is not None:
            with suppress(self._driver_error):
                self._guard.check(self._now.rows)
            self._guard.let_go(self._now.driver, self._now.close)
        with suppress(TimeoutError):
            async with asyncio.timeout(ends.READS_S):
                for _ in range(READERS):
                    _, connection = await self._places.get()
                    if connection is not None:
                        await connection.close()
        if self._guard is not None:
            self._guard.end()
            if self._opened and not self._guard.is_lost:
                settle_file(file_of(self._url))

    async def _place(self) -> "_Place":
        if not self._places.empty():
            return self._places.get_nowait()
        async with asyncio.timeout(PLACE_S):
            return await self._places.get()

    async def _leave_idle(self) -> None:
        """Close those that are idle: what one of them was lost by, such as a failover, the others met as well, and each
        would be waited for in vain once more."""
        idle = [self._places.get_nowait() for _ in range(self._places.qsize())]
        for _, connection in idle:
            self._places.put_nowait(_EMPTY)
            if connection is not None:
                await connection.close()

    def _on_the_file(self, guard: Guard) -> Immediate:
        """The connection to the file that lies at the path. Raises as `standing` does."""
        if (now := monotonic()) < self._look_at:
            if self._now is not None:
                return self._now
            if self._lost is not None:
                raise self._lost
        self._look_at = now + LOOK_S
        try:
            if self._now is None:
                self._now = open_immediate(self._url, guard)
                self._opened += 1
            else:
                guard.check(self._now.rows)
        except FileLost as lost:
            self._let_go(lost)
            raise
        self._lost = None
        return self._now

    def _let_go(self, lost: FileLost) -> None:
        if self._lost is None or self._lost.reason != lost.reason:
            log.error("database file lost", reason=lost.reason, readers="down until the file is put back")
        self._lost = FileLost(lost.reason)
        if self._now is not None and self._guard is not None:
            self._guard.let_go(self._now.driver, self._now.close)
            self._now, self._opened = None, self._opened + 1

    async def _close_if_old(self, place: "_Place") -> None:
        opened, connection = place
        if connection is not None and opened != self._opened:
            await connection.close()
            connection = None
        self._places.put_nowait((opened, connection))

    def _lost_or(self, error: Exception) -> Exception:
        """Of a file that was cut since the last look SQLite says that it is damaged."""
        if outage_of_read(error) is Outage.DAMAGED:
            self._look_at = 0.0
            try:
                self.standing()
            except FileLost as lost:
                return lost
        return error

    def _told(self, sql: str, error: Exception) -> Exception:
        """What is raised for an error of the driver: without parameters."""
        if isinstance(error, FileLost):  # which the log has already
            return Unavailable(error.reason)
        if (outage := outage_of_read(error)) is None:
            assert isinstance(error, self._driver_error)
            return self._without_parameters(sql, error)
        self.outages.note(outage.value, in_a_line(error))
        if self._watching.has_ended:
            self._watching.start()
        return Damaged(in_a_line(error)) if outage is Outage.DAMAGED else Unavailable(in_a_line(error))

    async def _look_for_its_end(self) -> None:
        """Ask until the outage is over, so that its end is told though nobody else asks."""
        while self.outages.is_on:
            await asyncio.sleep(WATCH_S)
            try:
                await self._fetched(HEALTH, ())
            except (self._driver_error, OSError) as error:
                if outage := outage_of_read(error):
                    self.outages.note(outage.value, in_a_line(error), 0)
                    continue
            self.outages.succeed()

    def _without_parameters(self, sql: str, error: Exception) -> DBAPIError:
        told = without_row(error)
        return DBAPIError.instance(sql, None, told, self._driver_error, hide_parameters=True, dialect=self.dialect)  # type: ignore[return-value]  # it is one, of an error of the driver
