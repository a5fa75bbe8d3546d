"""What every command owes: its key, its job and its fields are answered for, whichever command it is."""

from dataclasses import fields, replace
from typing import Any, get_args

import pytest

from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.jobs.run import JobRun
from gateway.services.core.commands.provider_events import EndEvent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.model.command import BaseCommand, KeyedCommand
from gateway.services.core.model.job_outcomes import Stale
from gateway.services.core.model.jobs import Job, JobKind, JobState, Lease
from gateway.services.core.model.state import NOTHING, Changes, RowKeys, State
from tests.services.core.examples import ADMIN, CONFIRM, EVENT, NOW, OPEN, PAYMENT, REFUND, key, moment
from tests.services.core.states import COMMANDS

EXAMPLES: dict[type[Any], Command] = {type(command): command for command in COMMANDS}
KEYED = [command for command in EXAMPLES.values() if isinstance(command, KeyedCommand)]
RUNS = [command for command in EXAMPLES.values() if isinstance(command, JobRun)]
LEASE = Lease(key(70), fence=2)


def name_of(command: object) -> str:
    return type(command).__name__


def keys_of(command: BaseCommand) -> dict[str, object]:
    """The keys that a command has at all."""
    keys = command.keys()
    return {each.name: found for each in fields(keys) if (found := getattr(keys, each.name))}


@pytest.mark.parametrize("kind", get_args(Command), ids=lambda kind: kind.__name__)
def test_a_command_has_the_three_answers(kind: type[Any]) -> None:
    assert issubclass(kind, BaseCommand)
    assert kind.__abstractmethods__ == frozenset()


@pytest.mark.parametrize("kind", get_args(Command), ids=lambda kind: kind.__name__)
def test_what_carries_a_key_or_a_ticket_is_of_the_kind_that_answers_for_it(kind: type[Any]) -> None:
    names = {each.name for each in fields(kind)}
    assert ("key" in names) is issubclass(kind, KeyedCommand)
    decides_the_job_itself = {"DeferJob", "EndJob", "EndSweep", "EndVerification"}
    assert ("lease" in names) is (issubclass(kind, JobRun) or kind.__name__ in decides_the_job_itself)


@pytest.mark.parametrize("command", KEYED, ids=name_of)
def test_a_key_that_cannot_be_stored_is_a_problem_of_every_command_that_has_one(command: KeyedCommand) -> None:
    problems = {problem.path for problem in replace(command, key="\0").problems()}
    assert ("idempotencyKey",) in problems
    assert ("idempotencyKey",) not in {problem.path for problem in replace(command, key="k").problems()}


@pytest.mark.parametrize("command", KEYED, ids=name_of)
def test_the_record_of_a_key_is_among_the_rows_that_are_loaded(command: KeyedCommand) -> None:
    assert "idempotency_keys" not in keys_of(replace(command, key=None))
    assert keys_of(replace(command, key="k"))["idempotency_keys"] == {(command.actor.id, command.operation, "k")}


def test_no_two_commands_share_an_operation() -> None:
    assert len({command.operation for command in KEYED}) == len(KEYED) == 9


@pytest.mark.parametrize("command", KEYED, ids=name_of)
def test_neither_the_actor_nor_the_key_is_part_of_the_wish(command: KeyedCommand) -> None:
    assert not {"actor", "key"} & command.compared_fields().keys()
    assert command.compared_fields() == replace(command, actor=ADMIN, key="another").compared_fields()


@pytest.mark.parametrize("command", RUNS, ids=name_of)
def test_the_job_of_a_run_is_among_the_rows_that_are_loaded(command: JobRun) -> None:
    assert keys_of(replace(command, lease=LEASE))["jobs"] == {LEASE.job_id}
    assert "jobs" not in keys_of(replace(command, lease=None))


@pytest.mark.parametrize("command", RUNS, ids=name_of)
def test_a_run_of_a_job_that_somebody_else_holds_changes_nothing(command: JobRun) -> None:
    state = State()
    state.apply(Changes(payments=(PAYMENT,), refunds=(REFUND,), events=(EVENT,), jobs=(held(fence=LEASE.fence + 1),)))
    decision = replace(command, lease=LEASE).decide(state, moment())
    assert (decision.outcome, decision.changes) == (Stale(), NOTHING)


def test_a_run_ends_its_job_in_the_same_commit() -> None:
    state = State()
    state.apply(Changes(events=(EVENT,), jobs=(held(fence=LEASE.fence),)))
    decision = EndEvent(EVENT.id, lease=LEASE).decide(state, moment())
    [job] = decision.changes.jobs
    assert (job.id, job.state, job.finished_at) == (LEASE.job_id, JobState.COMPLETED, NOW)
    assert [event.id for event in decision.changes.events] == [EVENT.id]


@pytest.mark.parametrize("command", COMMANDS, ids=name_of)
def test_a_command_has_keys_and_the_payment_and_the_course_that_it_names_are_among_them(command: Command) -> None:
    """A decision sees what its keys name: one without any would decide on an empty state."""
    keys = keys_of(command)
    assert keys
    if payment_id := getattr(command, "payment_id", None):
        assert payment_id in {*command.keys().payments, *command.keys().payments_with_refunds}
    if course_id := getattr(command, "course_id", None):
        assert course_id in command.keys().courses


def test_a_payment_is_decided_before_an_admins_grant() -> None:
    first = {name_of(command) for command in EXAMPLES.values() if command.precedence == 0}
    assert first == {ConfirmPayment.__name__, Reconcile.__name__}
    assert sorted([OPEN, CONFIRM], key=lambda command: command.precedence) == [CONFIRM, OPEN]


def test_keys_of_many_commands_are_gathered_kind_by_kind() -> None:
    every = {each.name: {key(index)} for index, each in enumerate(fields(RowKeys))}
    one, other = RowKeys(**every), RowKeys(payments={key(1)})  # type: ignore[arg-type]  # any values tell them apart
    both = one | other
    assert both.payments == {key(0), key(1)}
    assert all(getattr(both, name) == every[name] for name in every if name != "payments")
    assert RowKeys.all_of(()) == RowKeys()


def test_changes_of_every_kind_add_up() -> None:
    """A kind of row that were left out of a sum would be decided and never written."""
    rows = {each.name: (each.name,) for each in fields(Changes)}
    changes = Changes(**rows)  # type: ignore[arg-type]  # any values tell them apart
    assert {name: getattr(changes + changes, name) for name in rows} == {name: rows[name] * 2 for name in rows}
    assert Changes.all_of([changes, changes]) == changes + changes


def held(fence: int) -> Job:
    """The job of the lease, as a runner holds it under a number."""
    job = Job(LEASE.job_id, JobKind.WEBHOOK_HANDLE, EVENT.id, NOW, NOW)
    return replace(job, state=JobState.RUNNING, attempts=1, fence=fence, lease_until=NOW)
