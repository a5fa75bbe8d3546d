"""Deciding changes nothing and depends on nothing but its arguments; what it deals in cannot be changed."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable
from copy import deepcopy
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services import core
from gateway.services.core.commands.every import Command
from gateway.services.core.legacy.values import Unclear
from gateway.services.core.model.job_outcomes import Stale
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Money
from gateway.services.core.model.verdicts import Captured, Verdict
from gateway.services.core.rules.idempotency import recorded
from tests.draws import many
from tests.services.core.examples import CONFIRM, NOW, OPEN, PAYMENT, key, moment
from tests.services.core.states import COMMANDS, LAPSED, STATES, VERDICTS, state_with


def ids() -> st.SearchStrategy[Callable[[], Moment]]:
    return st.sampled_from([NOW, NOW + timedelta(days=400)]).map(lambda now: lambda: moment(now))


def state_of(state: State) -> dict[str, object]:
    return {field.name: deepcopy(getattr(state, field.name)) for field in fields(State)}


@settings(derandomize=True, max_examples=many(200), deadline=None)
@given(st.sampled_from(COMMANDS), STATES, ids())
def test_a_decision_changes_nothing_and_is_the_same_again(
    command: Command, state: State, at: Callable[[], Moment]
) -> None:
    before, asked = state_of(state), deepcopy(command)
    first, second = command.decide(state, at()), command.decide(state, at())
    assert state_of(state) == before
    assert command == asked
    assert first == second


@settings(derandomize=True, max_examples=many(200), deadline=None)
@given(st.sampled_from(COMMANDS), STATES, ids())
def test_what_was_decided_once_is_found_and_not_decided_again(
    command: Command, state: State, at: Callable[[], Moment]
) -> None:
    """A turn that is run again after its commit adds no row, whichever command it was.

    A job's run ends with it: nobody holds the job any longer.
    """
    first = command.decide(state, at())
    state.apply(first.changes)
    again = command.decide(state, at()).changes
    assert (again.courses, again.refunds, again.jobs, again.events, again.audit) == ((), (), (), (), ())
    assert {row.id for row in again.payments} <= set(state.payments)
    assert {row.id for row in again.purchases} <= set(state.purchases)
    is_run = getattr(command, "lease", None) is not None and type(first.outcome) is not Stale
    assert type(command.decide(state, at()).outcome) is (Stale if is_run else type(first.outcome))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: type(command).__name__)
def test_applying_a_decision_leaves_the_decision_as_it_was(command: Command) -> None:
    state = state_with(PAYMENT, None, has_course=True, has_job=False)
    decision = command.decide(state, moment())
    before = deepcopy(decision)
    state.apply(decision.changes)
    state.apply(NOTHING)
    assert decision == before


def test_every_command_and_every_verdict_is_among_the_examples() -> None:
    assert {type(command) for command in COMMANDS} == set(get_args(Command))
    assert {type(verdict) for verdict in VERDICTS} == set(get_args(Verdict))


def test_a_new_id_is_taken_for_each_new_row_and_none_twice() -> None:
    taken: list[UUID] = []

    def new_id() -> UUID:
        taken.append(key(5_000 + len(taken)))
        return taken[-1]

    state = state_with(PAYMENT, None, has_course=True, has_job=False)
    mismatch = replace(CONFIRM, verdict=Captured("attempt-1", Money(1, "INR")))
    changes = mismatch.decide(state, Moment(NOW, new_id)).changes
    refunds, jobs, audit = [row.id for row in changes.refunds], [row.id for row in changes.jobs], changes.audit
    assert sorted([*refunds, *jobs, *(entry.id for entry in audit)]) == taken
    assert (len(refunds), len(jobs), len(audit)) == (1, 1, 3)
    assert len(set(taken)) == len(taken) == 5


def test_every_row_of_a_decision_is_stamped_with_the_moment_it_was_given() -> None:
    later = NOW + timedelta(days=3)
    state = state_with(PAYMENT, LAPSED, has_course=True, has_job=False)
    changes = CONFIRM.decide(state, moment(later)).changes
    [expired, bought] = changes.purchases
    assert (expired.ended_at, bought.created_at, bought.access.starts_at) == (later, later, later)
    assert [payment.confirmed_at for payment in changes.payments] == [later]
    assert {entry.at for entry in changes.audit} == {later}


def test_a_key_is_recorded_with_the_moment_it_was_used() -> None:
    [record] = recorded(replace(OPEN, key="k"), PAYMENT.id, moment())
    assert (record.result_id, record.created_at) == (PAYMENT.id, NOW)


MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(core.__path__, f"{core.__name__}.")
    if not module.ispkg
]
CLASSES = [
    thing
    for module in MODULES
    for _, thing in inspect.getmembers(module, inspect.isclass)
    if thing.__module__ == module.__name__
]
READERS = ["_Entries", "_Row", "RefundBooks"]
"""What lives within one call, and never leaves its module: it notes what it reads. Its own exceptions
apart, the core has nothing else that is no value."""
VALUES = [thing for thing in CLASSES if is_dataclass(thing) and thing is not State]


def test_the_core_consists_of_dataclasses_and_enums_alone() -> None:
    odd = [thing for thing in CLASSES if not is_dataclass(thing) and not issubclass(thing, str | Unclear)]
    assert [thing.__name__ for thing in odd] == READERS
    assert len(VALUES) > 30


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_a_value_is_frozen_and_slotted(value: Any) -> None:
    assert value.__dataclass_params__.frozen
    assert "__slots__" in vars(value)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: value.__name__)
def test_a_value_has_no_field_that_can_be_changed_in_place(value: Any) -> None:
    """Lists, sets and dicts would be; the JSON objects of jobs, events and audit entries are written and not read."""
    mutable = {field.name for field in fields(value) if any(word in str(field.type) for word in ("list[", "set["))}
    dicts = {field.name for field in fields(value) if "dict[" in str(field.type)}
    assert mutable == set()
    assert dicts <= {"payload", "changes", "data"}


def test_changes_add_up_in_their_order() -> None:
    parts = [Changes(payments=(replace(PAYMENT, student_id=f"student-{number}"),)) for number in range(3)]
    assert Changes.all_of(parts) == parts[0] + parts[1] + parts[2]
    assert [payment.student_id for payment in Changes.all_of(parts).payments] == ["student-0", "student-1", "student-2"]
