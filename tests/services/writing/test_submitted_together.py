"""Commands that are submitted as one: decided in one turn, in their order, and committed together."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from db.tables import IdempotencyRecordRow, PurchaseRow
from gateway.services.core.commands.create_purchase import CreatePurchase
from gateway.services.core.commands.every import Command
from gateway.services.core.model.outcomes import (
    Busy,
    Created,
    FieldProblem,
    IdempotencyKeyReused,
    InvalidInput,
    MetadataConflict,
    Outcome,
)
from gateway.services.core.model.state import Decision, Moment, State
from tests.service import METADATA, Service, ends_of, running, statements_of

pytestmark = pytest.mark.anyio

WRONG = replace(METADATA, session_duration=481)


async def grants(service: Service, number: int) -> list[CreatePurchase]:
    """So many commands that have nothing to do with each other."""
    course = await service.save_course()
    return [service.creating(course, f"student-{index}") for index in range(number)]


async def submitted(service: Service, commands: Sequence[Command]) -> list[Outcome]:
    return await service.purchases.submit_all(commands, [()] * len(commands))


async def test_a_list_has_its_results_in_its_order_and_one_commit(service: Service) -> None:
    commands = await grants(service, 100)
    turns = service.writer.turns
    with ends_of(service.engine) as ends:
        outcomes = await submitted(service, commands)
    assert [outcome.purchase.id for outcome in outcomes if isinstance(outcome, Created)] == [
        command.purchase_id for command in commands
    ]
    assert (ends, service.writer.turns) == (["commit"], turns + 1)


async def test_a_list_takes_as_many_statements_as_one(service: Service) -> None:
    counts = []
    for number in (1, 100):
        commands = await grants(service, number)
        with statements_of(service.engine) as statements:
            await submitted(service, commands)
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_a_student_and_course_given_twice_come_to_what_two_calls_would(service: Service) -> None:
    course = await service.save_course()
    command, again, other = (service.creating(course) for _ in range(3))
    outcomes = await submitted(
        service, [command, again, replace(other, metadata=replace(METADATA, session_duration=90))]
    )
    first = outcomes[0]
    assert isinstance(first, Created)
    assert (first.already_processed, outcomes[1]) == (False, replace(first, already_processed=True))
    assert isinstance(outcomes[2], MetadataConflict)
    assert len(service.stored(PurchaseRow)) == 1


async def test_each_item_has_its_own_key(service: Service) -> None:
    course = await service.save_course()
    keyed = [service.creating(course, f"student-{index}", key=f"k{index}") for index in range(3)]
    twice = service.creating(course, "student-0", key="k0")
    other = service.creating(course, "student-9", key="k0")
    first, *_, again, reused = await submitted(service, [*keyed, twice, other])
    assert isinstance(first, Created)
    assert (again, reused) == (replace(first, already_processed=True), IdempotencyKeyReused("k0"))
    assert {row.key for row in service.stored(IdempotencyRecordRow)} == {"k0", "k1", "k2"}


async def test_an_item_that_is_wrong_in_itself_is_answered_in_its_place(service: Service) -> None:
    course = await service.save_course()
    commands = [service.creating(course, name) for name in ("student-1", " ", "student-3")]
    input_problems = FieldProblem(("courseId",), "must be an id")
    outcomes = await service.purchases.submit_all(commands, [(), (), (input_problems,)])
    assert [type(outcome) for outcome in outcomes] == [Created, InvalidInput, InvalidInput]
    assert outcomes[2] == InvalidInput((input_problems,))
    assert [row.student_id for row in service.stored(PurchaseRow)] == ["student-1"]


async def test_a_list_in_which_nothing_is_right_asks_nobody(service: Service) -> None:
    turns = service.writer.turns
    assert await service.purchases.submit_all([], []) == []
    assert await service.writer.submit_all([]) == []
    course = await service.save_course()
    [refused] = await submitted(service, [service.creating(course, " ")])
    assert isinstance(refused, InvalidInput)
    assert service.writer.turns == turns + 1  # the course


async def test_a_list_is_not_parted_by_the_bound_of_a_turn(database_url: str) -> None:
    async with running(database_url, most_in_turn=10) as service:
        one, *others = await grants(service, 30)
        turns = service.writer.turns
        waiting = [service.writer.submit(one), submitted(service, others[:8]), submitted(service, others[8:])]
        await asyncio.gather(*waiting)
        assert service.writer.turns == turns + 2  # the one with the eight, and then all the rest
        assert len(service.stored(PurchaseRow)) == 30


async def test_a_list_for_which_there_is_no_room_is_busy_as_a_whole(database_url: str) -> None:
    async with running(database_url, most_waiting=3) as service:
        commands = await grants(service, 6)
        first, second = await asyncio.gather(submitted(service, commands[:4]), submitted(service, commands[4:]))
        assert [type(outcome) for outcome in first] == [Created] * 4
        assert second == [Busy(), Busy()]
        assert len(service.stored(PurchaseRow)) == 4
        assert isinstance((await submitted(service, commands[4:]))[0], Created)


async def test_an_item_that_raises_is_missing_from_the_commit_of_the_others(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = await grants(service, 5)

    decide = CreatePurchase.decide

    def decide_or_raise(command: CreatePurchase, state: State, moment: Moment) -> Decision:
        if command == commands[2]:
            raise ZeroDivisionError("a bug")
        return decide(command, state, moment)

    monkeypatch.setattr(CreatePurchase, "decide", decide_or_raise)
    turns = service.writer.turns
    with pytest.raises(ZeroDivisionError, match="a bug"):
        await submitted(service, commands)
    assert service.writer.turns == turns + 1
    assert {row.student_id for row in service.stored(PurchaseRow)} == {f"student-{n}" for n in (0, 1, 3, 4)}


async def test_an_item_that_the_database_refuses_takes_no_other_down(service: Service) -> None:
    course = await service.save_course()
    commands = [service.creating(course, f"student-{index}") for index in range(7)]
    commands[5] = replace(commands[5], metadata=WRONG)
    beside = service.creating(course, "student-9")
    raised, created = await asyncio.gather(
        service.writer.submit_all(commands), service.writer.submit(beside), return_exceptions=True
    )
    assert isinstance(raised, IntegrityError)
    assert isinstance(created, Created)
    assert {row.student_id for row in service.stored(PurchaseRow)} == {f"student-{n}" for n in (0, 1, 2, 3, 4, 6, 9)}


async def test_a_list_stays_whole_where_it_is_another_that_the_database_refuses(service: Service) -> None:
    course = await service.save_course()
    refused = service.creating(course, "student-9", metadata=WRONG)
    commands = [service.creating(course, f"student-{index}") for index in range(7)]
    with ends_of(service.engine) as ends:
        raised, created = await asyncio.gather(
            service.writer.submit(refused), service.writer.submit_all(commands), return_exceptions=True
        )
    assert isinstance(raised, IntegrityError)
    assert isinstance(created, list)
    assert [type(outcome) for outcome in created] == [Created] * 7
    assert ends.count("commit") == 1
