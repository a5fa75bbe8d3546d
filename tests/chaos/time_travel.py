"""The jobs' clocks, set forward.

After a failure a job waits for seconds to an hour, a dead runner's lease lasts for seconds, and a payment that
nobody confirms is asked after ever more rarely. Nobody has the time to sit it out, so the run moves all instants of
the books an hour into the past, at once, so that they agree as they did, those that a history tells among them (the
end that an access was given); and `lease_until` of jobs whose runner was killed, while one that lives keeps its lease.
It changes nothing else: no state, no count of attempts, no amount, and it makes no job.
"""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Table, Text, bindparam, cast, select, text, update
from sqlalchemy.exc import OperationalError
from sqlmodel import col

from db.engine import feed_engine, writer_engine
from db.tables import AuditEntryRow, Row
from db.types import Instant
from db.urls import is_embedded
from gateway.services.jobs.leases import LEASE_S

HOUR = timedelta(hours=1)
KEPT = ("lease_until",)
LEASES = "UPDATE job SET lease_until = lease_until - {hour} WHERE state = 'RUNNING' AND lease_until <= :latest"
DUE = """
SELECT count(*) FROM job
WHERE state = 'RUNNING' OR (state IN ('PENDING', 'RETRYING') AND run_at <= {now})
"""
TOLD = re.compile(r'(?<=")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)(?=")')
"""An instant in an entry's changes."""

LOOK_EVERY_S = 0.1
MOST_TRIES = 100
LOCKED_FOR_MS = 200
"""How long it waits for all tables at once: less than until PostgreSQL looks whether two wait for each other."""


def _earlier(table: Table) -> str | None:
    """All instants of a table, an hour earlier."""
    instants = [each.name for each in table.c if isinstance(each.type, Instant) and each.name not in KEPT]
    moved = ", ".join(f"{name} = {name} - {{hour}}" for name in instants)
    return f"UPDATE {table.name} SET {moved}" if moved else None


EARLIER = [moved for table in Row.metadata.sorted_tables if (moved := _earlier(table))]


def _tell_earlier(connection: Connection) -> None:
    """The instants that histories tell, an hour earlier: they are words of a text, and no column."""
    changes = col(AuditEntryRow.changes)
    told = select(col(AuditEntryRow.id), changes).where(cast(changes, Text).like("%T__:__:__%"))
    for entry, stored in connection.execute(told).all():
        moved = json.loads(TOLD.sub(_an_hour_earlier, json.dumps(stored)))
        connection.execute(update(AuditEntryRow).where(col(AuditEntryRow.id) == entry).values(changes=moved))


def _an_hour_earlier(told: re.Match[str]) -> str:
    return (datetime.fromisoformat(told.group()) - HOUR).isoformat()


class Clocks:
    """Of the jobs in one database."""

    def __init__(self, database_url: str, happened: Counter[str]) -> None:
        self._happened = happened
        self._url = database_url
        self._readers = feed_engine(database_url)
        is_sqlite = is_embedded(database_url)
        self._words = {
            "hour": "3600000000" if is_sqlite else "interval '1 hour'",
            "now": "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)" if is_sqlite else "now()",
        }

    async def an_hour_passes(self) -> None:
        self._happened["hours passed for the jobs"] += 1
        await self._change(*EARLIER, also=_tell_earlier)

    async def leases_end(self, killed_at: datetime) -> None:
        """Those that were given before all workers were killed; whoever took a job since then lives."""
        await self._change(LEASES, latest=killed_at + timedelta(seconds=LEASE_S))

    async def wait_until_nothing_is_due(self, most_s: float) -> None:
        async with asyncio.timeout(most_s):
            while await self._due():  # noqa: ASYNC110  what is waited for happens in other processes
                await asyncio.sleep(LOOK_EVERY_S)

    async def close(self) -> None:
        await self._readers.dispose()

    async def _due(self) -> int:
        async with self._readers.connect() as connection:
            return int((await connection.execute(text(DUE.format(**self._words)))).scalar_one())

    async def _change(
        self, *statements: str, also: Callable[[Connection], None] | None = None, **instants: datetime
    ) -> None:
        typed = [bindparam(name, value, type_=Instant) for name, value in instants.items()]

        def change() -> None:
            engine = writer_engine(self._url)
            with engine.begin() as connection:
                if not is_embedded(self._url):
                    tables = ", ".join(statement.split()[1] for statement in statements)
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = {LOCKED_FOR_MS}")
                    connection.exec_driver_sql(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")
                for statement in statements:
                    connection.execute(text(statement.format(**self._words)).bindparams(*typed))
                if also is not None:
                    also(connection)
            engine.dispose()

        def change_once_free() -> None:
            for _ in range(MOST_TRIES):
                try:
                    change()
                except OperationalError:  # somebody writes: nothing was changed
                    continue
                return
            change()

        await asyncio.to_thread(change_once_free)
