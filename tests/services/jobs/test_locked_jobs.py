"""Rows that are locked by hand, in a transaction left open on PostgreSQL: of jobs and sweeps only they wait."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Table, select

from db.job_tables import JobRow
from db.statements import JOB, PAYMENT, PURCHASE
from db.tables import PaymentRow, PurchaseRow
from gateway.services.core.model.values import Course, Payment
from gateway.services.jobs.leases import LEASE_S
from gateway.services.jobs.runner import MOST_AT_ONCE
from tests.service import Service, running, student
from tests.services.jobs.test_leases import Slow
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
async def shop(new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    monkeypatch.setattr("db.engine.LOCK_TIMEOUT_MS", 200)
    monkeypatch.setattr("gateway.services.jobs.locked_rows.FIRST_PAUSE_S", 0)
    monkeypatch.setattr("gateway.services.writing.turn.FIND_LOCKED_S", 60)  # however busy the machine is
    async with running(new_postgresql()) as service:
        yield open_shop(service)


@pytest.fixture
async def course(shop: Shop) -> Course:
    return await shop.service.save_course()


@contextmanager
def locked(service: Service, table: Table, *keys: UUID) -> Iterator[None]:
    with service.beside() as connection:
        found = connection.execute(select(table).where(table.c.id.in_(keys)).with_for_update())
        assert len(found.all()) == len(keys)
        yield


def refund_jobs(service: Service, state: str) -> list[UUID]:
    return [row.id for row in service.stored(JobRow, kind="payment.refund", state=state)]


async def test_a_locked_job_waits_while_all_others_are_run(shop: Shop, course: Course) -> None:
    await shop.owe(course, 5)
    first, *others = refund_jobs(shop.service, "PENDING")
    runner = shop.runner()
    with locked(shop.service, JOB, first):
        assert await runner.run_due() == 4
        assert refund_jobs(shop.service, "COMPLETED") == others
        await shop.owe(course, 2)
        assert await runner.run_due() == 2
    assert await runner.run_due() == 1
    assert refund_jobs(shop.service, "PENDING") == []
    assert (len(shop.books.returns), shop.broken()) == (7, [])


async def test_more_locked_jobs_than_a_runner_takes_at_once_keep_no_other_waiting(
    shop: Shop, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.jobs.locked_rows.FIRST_PAUSE_S", 3_600)
    monkeypatch.setattr("gateway.services.jobs.locked_rows.LONGEST_PAUSE_S", 3_600)
    await shop.owe(course, MOST_AT_ONCE + 3)
    mine = refund_jobs(shop.service, "PENDING")[: MOST_AT_ONCE + 1]
    runner = shop.runner()
    with locked(shop.service, JOB, *mine):
        assert [await runner.run_due() for _ in range(2)] == [0, 2]
    assert refund_jobs(shop.service, "PENDING") == mine
    assert shop.broken() == []


async def test_a_locked_job_keeps_no_other_lease_from_being_renewed(
    new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.LOCK_TIMEOUT_MS", 200)
    async with running(new_postgresql()) as service:
        shop = open_shop(service, books := Slow())
        await shop.owe(await service.save_course(), 3)
        runner = shop.runner()
        run = asyncio.create_task(runner.run_due())
        await books.until_asked(3)
        service.clock.advance(seconds=LEASE_S - 1)
        until = service.clock.now + timedelta(seconds=LEASE_S)
        first, *others = refund_jobs(service, "RUNNING")
        with locked(service, JOB, first):
            assert await runner.leases.renew(service.purchases.submit)
            held = {row.id: row.lease_until for row in service.stored(JobRow, kind="payment.refund")}
            assert [held[each] == until for each in (first, *others)] == [False, True, True]
        assert await runner.leases.renew(service.purchases.submit)
        assert {row.lease_until for row in service.stored(JobRow, kind="payment.refund")} == {until}
        books.may_answer.set()
        assert await run == 3


async def test_a_locked_purchase_keeps_no_other_from_lapsing(shop: Shop, course: Course) -> None:
    service = shop.service
    first, *others = [await service.created(course, f"student-{number}") for number in range(4)]
    await shop.sweep()
    service.clock.advance(days=91)
    [sweep] = service.stored(JobRow, kind="sweep.lapsed")
    service.change(JobRow, sweep.id, run_at=service.clock.now)
    with locked(service, PURCHASE, first.id):
        await shop.runner().run_due()
        assert [row.id for row in service.stored(PurchaseRow, status="ACTIVE")] == [first.id]
    assert {row.id for row in service.stored(PurchaseRow, status="EXPIRED")} == {each.id for each in others}


async def test_a_locked_payment_keeps_no_other_from_being_asked_about_and_noted(shop: Shop, course: Course) -> None:
    service = shop.service
    payments: list[Payment] = [await service.opened(student(f"student-{number}"), course) for number in range(4)]
    await shop.sweep()
    service.clock.advance(minutes=2)
    with locked(service, PAYMENT, payments[0].id):
        await shop.runner().run_due()
        asked = {row.id: row.asks for row in service.stored(PaymentRow)}
    assert [asked[payment.id] for payment in payments] == [0, 1, 1, 1]
