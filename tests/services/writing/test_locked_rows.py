"""What is locked by hand, in a transaction left open, keeps those waiting who need it, and nobody else."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest
from sqlalchemy import select

from db.statements import COURSE, JOB, PAYMENT, PURCHASE
from db.tables import PaymentRow, PurchaseRow
from gateway.services.core.model.outcomes import Busy, Confirmed, Created, DuplicatePayment, Opened, Outcome
from gateway.services.core.model.values import Course, Payment
from tests.service import Service, heard, running, student

pytestmark = pytest.mark.anyio

OTHERS = 20


@pytest.fixture
async def remote(new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A service on PostgreSQL, whose groups wait for a lock for as long as a test takes."""
    monkeypatch.setattr("db.engine.LOCK_TIMEOUT_MS", 60_000)
    async with running(new_postgresql()) as service:
        yield service


async def paying(service: Service, course: Course) -> list[Payment]:
    return [await service.opened(student(f"student-{number}"), course) for number in range(OTHERS)]


async def while_waiting(held: "asyncio.Task[Outcome]", others: Coroutine[Any, Any, Any]) -> Any:
    """What others come to while one waits for a lock, which it does to their end."""
    outcomes = await others
    assert not held.done()
    return outcomes


async def confirming(service: Service, payments: list[Payment]) -> list[Outcome]:
    return await asyncio.gather(*(service.writer.submit(service.confirming(payment)) for payment in payments))


async def test_a_locked_payment_waits_while_all_others_of_its_turn_go_on(remote: Service) -> None:
    locked, *others = await paying(remote, await remote.save_course())
    with remote.beside() as connection:
        connection.execute(select(PAYMENT).where(PAYMENT.c.id == locked.id).with_for_update())
        held = asyncio.create_task(remote.writer.submit(remote.confirming(locked)))
        outcomes = await while_waiting(held, confirming(remote, others))
        assert all(isinstance(each, Confirmed) for each in outcomes)
        again = asyncio.create_task(remote.writer.submit(remote.confirming(locked)))
        turns = remote.writer.turns
        more = await while_waiting(again, confirming(remote, others))  # asked again for it, nobody is held up any more
        assert all(isinstance(each, Confirmed) and each.already_processed for each in more)
        assert remote.writer.turns - turns < 5
    for outcome in (await held, await again):
        assert isinstance(outcome, Confirmed)
    assert len(remote.stored(PurchaseRow)) == OTHERS


async def test_a_locked_purchase_that_is_found_by_way_of_a_payment_keeps_only_its_student_waiting(
    remote: Service,
) -> None:
    course = await remote.save_course()
    locked, *others = await paying(remote, course)
    purchase = await remote.created(course, "student-0")
    with remote.beside() as connection:
        connection.execute(select(PURCHASE).where(PURCHASE.c.id == purchase.id).with_for_update())
        held = asyncio.create_task(remote.writer.submit(remote.confirming(locked)))
        outcomes = await while_waiting(held, confirming(remote, others))
        assert all(isinstance(each, Confirmed) for each in outcomes)
    await held


async def test_a_locked_course_keeps_only_those_waiting_who_write_of_it(remote: Service) -> None:
    # Whoever refers to a row waits for its lock as the database checks the reference, which is while a turn saves.
    locked, free = await remote.save_course(), await remote.save_course()
    with remote.beside() as connection:
        connection.execute(select(COURSE).where(COURSE.c.id == locked.id).with_for_update())
        held = [asyncio.create_task(remote.open(student(f"student-{n}"), locked)) for n in range(3)]
        opened = asyncio.gather(*(remote.open(student(f"student-{n}"), free) for n in range(OTHERS)))
        assert all(isinstance(each, Opened) for each in await opened)
        assert not any(each.done() for each in held)
    assert all(isinstance(each, Opened) for each in await asyncio.gather(*held))
    assert len(remote.stored(PaymentRow)) == OTHERS + 3


async def test_a_purchase_that_somebody_makes_and_does_not_commit_keeps_only_its_pair_waiting(remote: Service) -> None:
    # The two have one place in an index: the second waits until the first is there, or is not.
    course = await remote.save_course()
    purchase = await remote.created(course, "student-0")
    await remote.revoke(purchase)
    mine = PURCHASE.update().where(PURCHASE.c.id == purchase.id)
    [revoked] = remote.stored(PurchaseRow)
    with remote.beside() as connection:
        connection.execute(mine.values(status="ACTIVE", ended_at=None))
        held = asyncio.create_task(remote.create(course, "student-0"))
        others = asyncio.gather(*(remote.create(course, f"student-{n}") for n in range(1, OTHERS)))
        assert all(isinstance(each, Created) for each in await others)
        assert not held.done()
        connection.execute(mine.values(status="REVOKED", ended_at=revoked.ended_at))
    assert isinstance(await held, Created)


async def test_while_a_whole_table_is_locked_all_are_busy_in_time_and_served_afterwards(
    remote: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.LOCK_TIMEOUT_MS", 300)
    payments = await paying(remote, await remote.save_course())
    with remote.beside() as connection:
        connection.exec_driver_sql("LOCK TABLE payment IN ACCESS EXCLUSIVE MODE")
        assert await confirming(remote, payments) == [Busy()] * OTHERS
    assert all(isinstance(each, Confirmed) for each in await confirming(remote, payments))


async def test_who_holds_one_row_and_wants_another_of_the_same_turn_gets_it(remote: Service) -> None:
    # A circle: the turn holds the payment, and wants the purchase. It lets go before the server would end one of them.
    course = await remote.save_course()
    payment = await remote.opened(student(), course)
    purchase = await remote.created(course)
    loop, asks_for_purchase = asyncio.get_running_loop(), threading.Event()

    def hear(statement: str) -> None:
        if "FROM purchase" in statement:
            asks_for_purchase.set()

    with remote.beside() as connection, heard(remote.engine, hear):
        connection.execute(select(PURCHASE).where(PURCHASE.c.id == purchase.id).with_for_update())
        held = asyncio.create_task(remote.writer.submit(remote.confirming(payment)))
        await loop.run_in_executor(None, asks_for_purchase.wait)
        wanted = select(PAYMENT.c.id).where(PAYMENT.c.id == payment.id).with_for_update()
        found = await loop.run_in_executor(None, connection.execute, wanted)
        assert found.scalars().all() == [payment.id]
        assert not held.done()
    assert isinstance(await held, DuplicatePayment)


async def test_the_writer_is_closed_while_a_group_waits_for_a_lock(
    remote: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.ends.TURN_S", 0.5)
    payment = await remote.opened(student(), await remote.save_course())
    with remote.beside() as connection:
        connection.execute(select(PAYMENT).with_for_update())
        connection.execute(select(JOB).with_for_update())
        held = asyncio.create_task(remote.writer.submit(remote.confirming(payment)))
        await asyncio.sleep(0)
        await remote.writer.close()
        assert await held == Busy()


async def test_a_commit_without_an_answer_may_be_done_where_its_row_is_locked_from_then_on(
    remote: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.engine.LOCK_TIMEOUT_MS", 300)
    payment = await remote.opened(student(), await remote.save_course())
    dialect: Any = remote.engine.dialect
    commit = dialect.do_commit
    with remote.beside() as connection:

        def commit_lock_and_lose(committed: Any) -> None:
            commit(committed)
            monkeypatch.setattr(dialect, "do_commit", commit)
            connection.execute(select(PAYMENT).where(PAYMENT.c.id == payment.id).with_for_update())
            committed.dbapi_connection.close()
            committed.dbapi_connection.cursor()  # raises: the connection is closed

        monkeypatch.setattr(dialect, "do_commit", commit_lock_and_lose)
        assert await remote.writer.submit(remote.confirming(payment)) == Busy(may_be_done=True)
    outcome = await remote.writer.submit(remote.confirming(payment))
    assert isinstance(outcome, Confirmed)
    assert outcome.already_processed
