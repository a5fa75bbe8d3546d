"""The jobs' clocks, set forward.

After a failure a job waits for seconds to an hour, a dead runner's lease lasts for seconds, and a payment that
nobody confirms is asked after ever more rarely. Nobody has the time to sit it out, so the run moves what these waits
are counted from an hour into the past: `run_at` of jobs that wait, `created_at`, `confirmed_at` and `ask_at` of
payments, and `lease_until` of jobs whose runner was killed; one that lives keeps its lease. It changes nothing else: no
state, no count of attempts, no amount, and it makes no job.
"""

import asyncio
from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import bindparam, text

from db.engine import feed_engine, writer_engine
from db.types import Instant
from db.urls import is_embedded
from gateway.services.jobs.leases import LEASE_S

WAITING = "UPDATE job SET run_at = run_at - {hour} WHERE state IN ('PENDING', 'RETRYING')"
PAYMENTS = """
UPDATE payment
SET created_at = created_at - {hour}, confirmed_at = confirmed_at - {hour}, ask_at = ask_at - {hour}
"""
LEASES = "UPDATE job SET lease_until = lease_until - {hour} WHERE state = 'RUNNING' AND lease_until <= :latest"
DUE = """
SELECT count(*) FROM job
WHERE state = 'RUNNING' OR (state IN ('PENDING', 'RETRYING') AND run_at <= {now})
"""
LOOK_EVERY_S = 0.1


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
        await self._change(WAITING, PAYMENTS)

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

    async def _change(self, *statements: str, **instants: datetime) -> None:
        typed = [bindparam(name, value, type_=Instant) for name, value in instants.items()]

        def change() -> None:
            engine = writer_engine(self._url)
            for statement in statements:  # each by itself, and its table locked first: so that no two wait in a ring
                with engine.begin() as connection:
                    if not is_embedded(self._url):
                        connection.exec_driver_sql(f"LOCK TABLE {statement.split()[1]} IN EXCLUSIVE MODE")
                    connection.execute(text(statement.format(**self._words)).bindparams(*typed))
            engine.dispose()

        await asyncio.to_thread(change)
