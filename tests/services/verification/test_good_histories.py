"""Histories that are odd and yet right: `gateway verify` finds nothing in them."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import cycle
from unittest.mock import patch

import pytest
from sqlalchemy import Connection, text
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from db.job_tables import JobRow
from db.tables import AuditEntryRow, PurchaseRow
from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob
from gateway.services.core.model.jobs import BROKEN_OFF, Lease
from gateway.services.core.model.values import Provider, Purpose
from gateway.services.jobs.sweeps import start_sweeps
from gateway.services.verification.tables.digits import Count, gathered
from gateway.services.verification.tables.payments import histories
from gateway.services.verification.tables.purchases import table as purchases
from tests import service as services
from tests.chaos import time_travel
from tests.service import METADATA, Clock, Service, student
from tests.services.verification.everything import tell
from tests.simulation.shop import open_shop
from tests.simulation.verified import broken

pytestmark = pytest.mark.anyio

SKEWS = (0.0, -4.9, -0.3, -3.1, -4.5, -1.7, -2.2)
"""By how much the clocks of some machines differ, in seconds."""

ENTRIES = 12_345
"""Of one kind in one history."""


class Clocks(Clock):
    """Those of several machines, each of which reads its own: the time is another one at each look."""

    def __init__(self) -> None:
        super().__init__()
        self._skews = cycle(SKEWS)

    def __call__(self) -> datetime:
        return self.now + timedelta(seconds=next(self._skews))


async def test_clocks_that_differ_by_seconds_write_what_is_right(database_url: str) -> None:
    with patch.object(services, "Clock", Clocks):
        now = await tell(database_url)
    with opened(database_url) as connection:
        assert broken(connection, lambda: now + timedelta(minutes=1)) == []


async def test_a_clock_that_is_behind_makes_no_fault_and_hides_none(service: Service) -> None:
    shop, course = open_shop(service), await service.save_course()
    _, bought = await shop.paid(course, "BASIC")
    for _ in range(3):
        await shop.sweep()
        service.clock.advance(hours=2)
        await shop.run_jobs()
    service.clock.advance(minutes=1)
    await service.revoke(bought)  # long after anything was made
    for hours in (0, 3, 24 * 400):
        assert found(service, timedelta(hours=hours)) == [], hours
    service.change(PurchaseRow, bought.id, created_at=service.clock.now + timedelta(hours=1))
    for hours in (0, 3):
        assert any("It was created before now." in each for each in found(service, timedelta(hours=hours)))


async def test_a_student_may_be_called_as_the_gateway_is(service: Service) -> None:
    await open_shop(service).paid(await service.save_course(), actor=student("gateway"))
    assert found(service) == []


async def test_a_plan_may_be_corrected_a_hundred_times(service: Service) -> None:
    course = await service.save_course()
    _, purchase = await open_shop(service).paid(course, "PREMIUM")
    for minutes in range(61, 161):
        service.clock.advance(hours=1)
        await service.correct(purchase, replace(METADATA, session_duration=minutes))
    assert found(service) == []


async def test_after_a_long_outage_what_lapsed_may_stand_for_as_long_as_the_clock_is_doubted(service: Service) -> None:
    service.clock.is_certain = False
    shop = open_shop(service)
    await shop.paid(await service.save_course(), "BASIC")
    await shop.sweep()
    service.clock.advance(days=200)
    overdue = found(service)
    await shop.sweep()
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert (len(overdue), found(service)) == (1, [])
    service.clock.advance(hours=2)
    assert len(found(service)) == 1, "the sweep does not go on"


@pytest.mark.parametrize("why", BROKEN_OFF)
async def test_a_sweep_that_was_kept_from_its_end_stands_as_before_it_and_says_why(service: Service, why: str) -> None:
    for sweep in start_sweeps([Provider.SANDBOX]):
        await service.purchases.submit(sweep)
    ids = tuple(row.id for row in service.stored(JobRow))
    await service.purchases.submit(ClaimJobs(uuid7(), ids, 60))
    for job_id in ids:
        await service.purchases.submit(DeferJob(Lease(job_id, 1), why, is_attempt=False))
    assert {row.last_error for row in service.stored(JobRow)} == {why}
    assert found(service) == []


async def test_what_a_history_tells_passes_with_the_hours_of_the_chaos_run(service: Service) -> None:
    shop, course = open_shop(service), await service.save_course()
    first, _ = await shop.paid(course, "BASIC")
    await shop.paid(course, "BASIC", purpose=Purpose.RENEWAL)
    await shop.refund(first)
    _, bought = await shop.paid(course, "BASIC", actor=student("another"))
    await service.extend(bought, service.clock.now + timedelta(days=300))
    told = service.stored(AuditEntryRow, action="purchase.recounted") + service.stored(
        AuditEntryRow, action="purchase.extended"
    )
    assert [len(entry.changes["expiryDate"]) for entry in told] == [2, 2]
    clocks = time_travel.Clocks(service.url, Counter())
    await clocks.an_hour_passes()
    await clocks.close()
    assert found(service) == []


@pytest.mark.parametrize("counts", [histories.COUNTS, purchases.COUNTS], ids=["payments", "purchases"])
def test_what_may_be_done_again_is_counted_however_often_it_was(database_url: str, counts: Mapping[str, Count]) -> None:
    wanted = {name: ENTRIES + place if count.digits > 1 else 1 for place, (name, count) in enumerate(counts.items())}
    entries = " UNION ALL ".join(
        f"SELECT '{counts[name].actions[-1]}' AS action FROM numbers WHERE n <= {many}" for name, many in wanted.items()
    )
    numbers = f"SELECT 1 AS n UNION ALL SELECT n + 1 FROM numbers WHERE n <= {2 * ENTRIES}"
    counted = ", ".join(f"{sql} AS {name}" for name, sql in gathered("entry.action", counts).items())
    sql = f"WITH RECURSIVE numbers(n) AS ({numbers}) SELECT {counted} FROM ({entries}) AS entry"
    with opened(database_url) as connection:
        assert dict(connection.execute(text(sql)).mappings().one()) == wanted


def found(service: Service, behind: timedelta = timedelta()) -> list[str]:
    with opened(service.url) as connection:
        return broken(connection, lambda: service.clock.now - behind)


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    engine = writer_engine(url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()
