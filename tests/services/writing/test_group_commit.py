"""The one writer: waiting commands share a commit, and none of them suffers for another."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError
from uuid_utils.compat import uuid7

from db.tables import PaymentRow, PurchaseRow
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.open_payment import RecordIntent
from gateway.services.core.commands.save_course import SaveCourse
from gateway.services.core.model.outcomes import (
    Busy,
    Confirmed,
    CourseSaved,
    Created,
    MetadataConflict,
    Opened,
    Outcome,
)
from gateway.services.core.model.state import Decision, Moment, State
from gateway.services.core.model.values import Course
from gateway.services.writing.group_commit import GroupCommit, WriterStopped
from gateway.services.writing.turn import Turn
from gateway.services.writing.waiting import MOST_PASSED_OVER
from tests.service import ADMIN, METADATA, TIERS, Service, ends_of, running, statements_of, student

pytestmark = pytest.mark.anyio


async def all_of(write: Callable[[Command], Awaitable[Outcome]], *commands: Command) -> list[Outcome | BaseException]:
    """What each of the commands comes to, all waiting at once: its outcome, or what it raised."""
    return await asyncio.gather(*map(write, commands), return_exceptions=True)


def purchases_for(service: Service, course: Course, number: int) -> list[CreatePurchase]:
    """So many commands that have nothing to do with each other."""
    return [service.creating(course, f"student-{index}") for index in range(number)]


async def test_all_that_waits_shares_one_turn(service: Service) -> None:
    course = await service.save_course()
    outcomes = await service.together(*purchases_for(service, course, 100))
    assert all(isinstance(outcome, Created) for outcome in outcomes)
    assert len(service.stored(PurchaseRow)) == 100


async def test_each_caller_gets_its_own_outcome(service: Service) -> None:
    course = await service.save_course()
    commands = purchases_for(service, course, 20)
    outcomes = await service.together(*commands)
    assert [outcome.purchase.id for outcome in outcomes if isinstance(outcome, Created)] == [
        command.purchase_id for command in commands
    ]


async def test_a_turn_takes_no_more_commands_than_it_may(database_url: str) -> None:
    async with running(database_url, most_in_turn=10) as service:
        course = await service.save_course()
        turns = service.writer.turns
        outcomes = await all_of(service.writer.submit, *purchases_for(service, course, 95))
        assert all(isinstance(outcome, Created) for outcome in outcomes)
        assert service.writer.turns == turns + 10


async def test_callers_go_before_the_background_which_shares_a_turn_of_its_own(service: Service) -> None:
    course = await service.save_course()
    turns, ended = service.writer.turns, list[Command]()
    background: list[Command] = [PlanAsk(uuid7(), 0) for _ in range(3)]
    callers: list[Command] = [*purchases_for(service, course, 3)]
    await asyncio.gather(*(_noted(service, command, ended) for command in background + callers))
    assert ended == [*callers, *background]
    assert service.writer.turns == turns + 2


async def test_the_background_has_its_turn_however_many_callers_wait(database_url: str) -> None:
    async with running(database_url, most_in_turn=1) as service:
        course = await service.save_course()
        ended = list[Command]()
        background: Command = PlanAsk(uuid7(), 0)
        callers: list[Command] = [*purchases_for(service, course, 2 * MOST_PASSED_OVER)]
        await asyncio.gather(*(_noted(service, command, ended) for command in [background, *callers]))
        assert ended.index(background) == MOST_PASSED_OVER


async def _noted(service: Service, command: Command, ended: list[Command]) -> None:
    await service.writer.submit(command)
    ended.append(command)


async def test_a_lone_command_waits_for_nobody(service: Service) -> None:
    await service.save_course()
    assert service.writer.turns == 1


async def test_later_commands_of_a_turn_see_what_earlier_ones_decided(service: Service) -> None:
    course = replace(await service.save_course(), id=uuid7())
    saved, opened, created, other = await service.together(
        SaveCourse(ADMIN, course.id, True, "Chess", TIERS),
        service.opening(student(), course),
        service.creating(course),
        service.creating(course, metadata=replace(METADATA, session_duration=90)),
    )
    assert isinstance(saved, CourseSaved)
    assert isinstance(opened, Opened)
    assert isinstance(created, Created)
    assert isinstance(other, MetadataConflict)
    assert other.existing == created.purchase


@pytest.mark.parametrize("raised", [ZeroDivisionError, StopIteration])
async def test_a_command_that_raises_fails_alone(
    service: Service, monkeypatch: pytest.MonkeyPatch, raised: type[Exception]
) -> None:
    course = await service.save_course()
    commands = purchases_for(service, course, 5)

    decide = CreatePurchase.decide

    def decide_or_raise(command: CreatePurchase, state: State, moment: Moment) -> Decision:
        if command == commands[2]:
            raise raised("a bug")
        return decide(command, state, moment)

    monkeypatch.setattr(CreatePurchase, "decide", decide_or_raise)
    turns = service.writer.turns
    outcomes = await all_of(service.writer.submit, *commands)
    assert [isinstance(outcome, Created) for outcome in outcomes] == [True, True, False, True, True]
    assert isinstance(outcomes[2], Exception)
    assert "a bug" in str(outcomes[2])
    assert service.writer.turns == turns + 1
    assert {row.student_id for row in service.stored(PurchaseRow)} == {f"student-{n}" for n in (0, 1, 3, 4)}


async def test_a_command_that_the_database_refuses_fails_alone(service: Service) -> None:
    course = await service.save_course()
    commands = purchases_for(service, course, 8)
    commands[5] = replace(commands[5], metadata=replace(METADATA, session_duration=481))
    outcomes = await all_of(service.writer.submit, *commands)
    assert [type(outcome) for outcome in outcomes] == [Created] * 5 + [IntegrityError] + [Created] * 2
    assert {row.student_id for row in service.stored(PurchaseRow)} == {f"student-{n}" for n in range(8) if n != 5}


async def test_a_command_that_cannot_even_be_looked_up_fails_alone(service: Service) -> None:
    course = await service.save_course()
    commands = purchases_for(service, course, 5)
    commands[0] = replace(commands[0], student_id="\ud800")
    outcomes = await all_of(service.writer.submit, *commands)
    assert [type(outcome) for outcome in outcomes] == [UnicodeEncodeError] + [Created] * 4
    assert len(service.stored(PurchaseRow)) == 4


async def test_a_row_that_no_run_gets_past_fails_alone(service: Service) -> None:
    course = await service.save_course()
    first = await service.opened(student("student-1"), course)
    [opened] = await service.together(service.opening(student("student-2"), course))
    assert isinstance(opened, Opened)
    assert first.reference is not None
    taken = RecordIntent(student("student-2"), opened.payment.id, first.reference)
    outcomes = await all_of(service.writer.submit, service.creating(course, "student-3"), taken)
    assert [type(outcome) for outcome in outcomes] == [Created, IntegrityError]
    assert [row.reference for row in service.stored(PaymentRow)] == [first.reference, None]


async def test_after_a_failure_the_writer_goes_on(service: Service) -> None:
    course = await service.save_course()
    await all_of(service.writer.submit, service.creating(course, metadata=replace(METADATA, session_duration=481)))
    assert isinstance(await service.create(course), Created)


async def test_what_a_cancelled_caller_asked_for_is_done(service: Service) -> None:
    course = await service.save_course()
    cancelled = asyncio.create_task(service.writer.submit(service.creating(course, "student-1")))
    other = asyncio.create_task(service.writer.submit(service.creating(course, "student-2")))
    await asyncio.sleep(0)  # both begin to wait
    cancelled.cancel()
    assert isinstance(await other, Created)
    assert cancelled.cancelled()
    assert {row.student_id for row in service.stored(PurchaseRow)} == {"student-1", "student-2"}


async def test_beyond_its_bound_the_queue_answers_busy_and_does_nothing(database_url: str) -> None:
    async with running(database_url, most_waiting=3) as service:
        course = await service.save_course()
        outcomes = await all_of(service.writer.submit, *purchases_for(service, course, 5))
        assert [type(outcome) for outcome in outcomes] == [Created, Created, Created, Busy, Busy]
        assert len(service.stored(PurchaseRow)) == 3
        assert isinstance(await service.create(course, "student-4"), Created)


async def test_a_writer_that_was_not_started_is_busy(service: Service) -> None:
    writer = GroupCommit(service.engine, clock=service.clock, new_id=uuid7)
    assert not writer.is_alive
    assert await writer.submit(SaveCourse(ADMIN, uuid7(), True, "Chess", TIERS)) == Busy()
    await writer.close()


async def test_closing_finishes_what_waits_and_then_takes_nothing(service: Service) -> None:
    course = await service.save_course()
    writer = GroupCommit(service.engine, clock=service.clock, new_id=uuid7, most_in_turn=2)
    writer.start()
    waiting = asyncio.gather(*map(writer.submit, purchases_for(service, course, 5)))
    await asyncio.sleep(0)  # all five begin to wait
    await writer.close()
    assert all(isinstance(outcome, Created) for outcome in await waiting)
    assert writer.turns == 3
    assert not writer.is_alive
    assert await writer.submit(service.creating(course, "student-9")) == Busy()
    assert len(service.stored(PurchaseRow)) == 5


async def test_while_it_closes_the_writer_takes_nothing_new(service: Service) -> None:
    course = await service.save_course()
    writer = GroupCommit(service.engine, clock=service.clock, new_id=uuid7)
    writer.start()
    waiting = asyncio.create_task(writer.submit(service.creating(course, "student-1")))
    closing = asyncio.create_task(writer.close())
    await asyncio.sleep(0)  # the one waits, the other has begun to close
    assert writer.is_alive
    assert await writer.submit(service.creating(course, "student-2")) == Busy()
    assert isinstance(await waiting, Created)
    await closing
    assert [row.student_id for row in service.stored(PurchaseRow)] == ["student-1"]


async def test_an_answer_comes_only_after_the_commit(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    course = await service.save_course()
    loop = asyncio.get_running_loop()
    asking: list[asyncio.Task[Outcome]] = []
    was_answered: list[bool] = []

    async def is_answered() -> bool:
        return asking[0].done()

    commit = service.commits.do_commit

    def answered_before(connection: Any) -> None:
        was_answered.append(asyncio.run_coroutine_threadsafe(is_answered(), loop).result())
        commit(connection)

    monkeypatch.setattr(service.commits, "do_commit", answered_before)
    asking.append(asyncio.create_task(service.create(course)))
    await asking[0]
    assert was_answered == [False]
    assert len(service.stored(PurchaseRow)) == 1  # read by another connection, as soon as it was answered


async def test_a_turn_takes_the_same_number_of_statements_whatever_its_size(service: Service) -> None:
    counts = {}
    for size in (1, 10, 100):
        course = await service.save_course()
        openings = [service.opening(student(f"student-{index}"), course) for index in range(size)]
        opened = await service.together(*openings)
        payments = [outcome.payment for outcome in opened if isinstance(outcome, Opened)]
        with statements_of(service.engine) as statements:
            outcomes = await service.together(*map(service.confirming, payments))
        assert all(isinstance(outcome, Confirmed) for outcome in outcomes)
        counts[size] = len(statements)
    assert len(set(counts.values())) == 1, counts


async def test_a_turn_that_changes_nothing_saves_and_commits_nothing(service: Service) -> None:
    course = await service.save_course()
    payment, _ = await service.paid(student(), course)
    with statements_of(service.engine) as statements, ends_of(service.engine) as ends:
        await service.together(*(service.confirming(payment) for _ in range(10)))
    assert statements
    assert not [sql for sql in statements if sql.startswith(("INSERT", "UPDATE", "DELETE"))]
    assert ends == ["rollback"]


async def test_when_the_writer_dies_nobody_waits_for_ever(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    course = await service.save_course()

    def die(*_: object) -> None:
        raise RuntimeError("the writer's own bug")

    writer = GroupCommit(service.engine, clock=service.clock, new_id=uuid7, most_in_turn=2)
    writer.start()
    monkeypatch.setattr(Turn, "run", die)
    outcomes = await all_of(writer.submit, *purchases_for(service, course, 5))
    assert [type(outcome) for outcome in outcomes] == [WriterStopped] * 5
    assert not writer.is_alive
    assert await writer.submit(service.creating(course)) == Busy()
    assert service.stored(PurchaseRow) == []
    await writer.close()
