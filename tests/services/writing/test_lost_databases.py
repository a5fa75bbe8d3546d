"""A database that is locked, gone, or lost in the middle: busy or done, never half done and never done twice."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import event, select
from uuid_utils.compat import uuid7

from db.saves import Saves
from db.statements import COURSE, PAYMENT
from db.tables import CourseRow, PurchaseRow
from db.writer import Writer
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model import verdicts
from gateway.services.core.model.outcomes import (
    Busy,
    Confirmed,
    CourseSaved,
    Created,
    DuplicatePayment,
    Opened,
    Outcome,
    PaymentDeclined,
    Unfulfillable,
)
from gateway.services.core.model.state import State
from gateway.services.core.model.values import Course, Money, OnExisting, Payment
from gateway.services.writing import saving
from tests.service import ADMIN, TIERS, Service, running, student

pytestmark = pytest.mark.anyio

TERMINATE_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
async def impatient(database_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Service]:
    """A service whose writer waits for a lock for an instant only."""
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr("db.engine.LOCK_TIMEOUT_MS", 1)
    async with running(database_url) as service:
        yield service


@pytest.fixture
async def remote(new_postgresql: Callable[[], str]) -> AsyncIterator[Service]:
    """A service on PostgreSQL, whose connections can be lost."""
    async with running(new_postgresql()) as service:
        yield service


async def test_a_row_that_another_writer_holds_for_long_is_busy_and_nothing_is_done(impatient: Service) -> None:
    payment = await impatient.opened(student(), await impatient.save_course())
    before = impatient.everything()
    with impatient.beside() as connection:
        connection.execute(select(PAYMENT).with_for_update())
        commands = [impatient.confirming(payment) for _ in range(3)]
        assert await asyncio.gather(*map(impatient.writer.submit, commands)) == [Busy()] * 3
    assert impatient.everything() == before
    assert isinstance(await impatient.confirm(student(), payment), Confirmed)


async def test_a_lock_that_is_met_while_saving_is_busy_and_nothing_is_done(impatient: Service) -> None:
    # A PostgreSQL turn meets it when it saves; a SQLite turn, which takes the whole file, as it begins.
    course = await impatient.save_course()
    before = impatient.everything()
    with impatient.beside() as connection:
        connection.execute(select(COURSE).with_for_update())
        outcome = await impatient.purchases.submit(SaveCourse(ADMIN, course.id, False, "Chess", TIERS))
        assert outcome == Busy()
    assert impatient.everything() == before
    assert (await impatient.save_course(course_id=course.id, title="Chess")).title == "Chess"


async def test_a_database_that_cannot_be_reached_is_busy_until_it_can(service: Service) -> None:
    def refuse(dialect: Any, *_: object) -> None:
        raise dialect.dbapi.OperationalError("connection refused")

    event.listen(service.engine, "do_connect", refuse)
    command = SaveCourse(ADMIN, uuid7(), True, "Chess", TIERS)
    assert await service.writer.submit(command) == Busy()
    event.remove(service.engine, "do_connect", refuse)
    assert isinstance(await service.writer.submit(command), CourseSaved)
    assert len(service.stored(CourseRow)) == 1


async def test_a_connection_that_was_lost_between_two_turns_is_opened_anew(remote: Service) -> None:
    course = await remote.save_course()
    assert remote.rows(TERMINATE_OTHERS) == [(True,)]
    turns = remote.writer.turns
    assert isinstance(await remote.create(course), Created)
    assert remote.writer.turns == turns + 2
    assert len(remote.stored(PurchaseRow)) == 1


async def test_a_connection_that_is_lost_in_the_middle_of_a_turn_loses_nothing(
    remote: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = await remote.save_course()
    save, losses = saving.save, [TERMINATE_OTHERS]

    def lose_then_save(writer: Writer, saves: Saves, state: State) -> None:
        if losses:
            remote.rows(losses.pop())
        save(writer, saves, state)

    monkeypatch.setattr(saving, "save", lose_then_save)
    outcomes = await asyncio.gather(*(remote.create(course, f"student-{index}") for index in range(3)))
    assert [outcome.already_processed for outcome in outcomes if isinstance(outcome, Created)] == [False] * 3
    assert len(remote.stored(PurchaseRow)) == 3


def lose_after_commit(service: Service, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Has the next commit reach the database, and its acknowledgement get lost. Gives what has been lost so far."""
    dialect, lost = service.engine.dialect, list[str]()
    commit = dialect.do_commit

    def commit_then_lose(connection: Any) -> None:
        commit(connection)
        if not lost:
            lost.append("an acknowledgement")
            service.lose_connection(connection)

    monkeypatch.setattr(dialect, "do_commit", commit_then_lose)
    return lost


async def opening(service: Service, course: Course, _: Payment) -> Command:
    return service.opening(student("student-2"), course)


async def opening_with_key(service: Service, course: Course, _: Payment) -> Command:
    return service.opening(student("student-2"), course, key="k")


async def creating(service: Service, course: Course, _: Payment) -> Command:
    return service.creating(course)


async def replacing(service: Service, course: Course, _: Payment) -> Command:
    await service.created(course)
    return service.creating(course, tier="PREMIUM", on_existing=OnExisting.REPLACE)


async def saving_a_course(_service: Service, _course: Course, _: Payment) -> Command:
    return SaveCourse(ADMIN, uuid7(), True, "Chess", TIERS, key="k")


async def changing(_service: Service, course: Course, _: Payment) -> Command:
    return SaveCourse(ADMIN, course.id, False, "Chess", TIERS)


async def capturing(service: Service, _: Course, payment: Payment) -> Command:
    return service.confirming(payment)


async def upgrading(service: Service, course: Course, payment: Payment) -> Command:
    await service.paid(student(), course, "BASIC")
    return service.confirming(payment)


async def duplicating(service: Service, course: Course, payment: Payment) -> Command:
    await service.paid(student(), course, "STANDARD")
    return service.confirming(payment)


async def mismatching(service: Service, _: Course, payment: Payment) -> Command:
    return service.confirming(payment, verdicts.Captured("a", Money(1, "INR")))


async def declining(service: Service, _: Course, payment: Payment) -> Command:
    return service.confirming(payment, verdicts.PaymentDeclined("a", "lost_card", "No."))


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (opening, Opened),
        (opening_with_key, Opened),
        (creating, Created),
        (replacing, Created),
        (saving_a_course, CourseSaved),
        (changing, CourseSaved),
        (capturing, Confirmed),
        (upgrading, Confirmed),
        (duplicating, DuplicatePayment),
        (mismatching, Unfulfillable),
        (declining, PaymentDeclined),
    ],
)
async def test_a_commit_whose_acknowledgement_is_lost_is_answered_as_done_and_not_done_again(
    service: Service, monkeypatch: pytest.MonkeyPatch, prepare: Any, expected: type[Outcome]
) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course, "STANDARD")
    command = await prepare(service, course, payment)
    lost = lose_after_commit(service, monkeypatch)
    after_commit: list[dict[str, list[str]]] = []
    event.listen(service.engine, "connect", lambda *_: after_commit.append(service.everything()))
    outcome = await service.writer.submit(command)
    assert lost
    assert isinstance(outcome, expected)
    if prepare is not changing:  # the same course saved twice is the same; who asked first cannot be told
        assert getattr(outcome, "already_processed", False) is False
    assert service.everything() == after_commit[0]
