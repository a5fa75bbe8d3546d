"""A row that a turn changed is written with all that changed of it: no decision moves a column that no UPDATE has."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Table

from db.saves import FIXED, changing
from db.statements import ACCESS, COURSE, EVENT, JOB, PAYMENT, PURCHASE, REFUND, SESSION
from gateway.services.core.commands.every import Command
from gateway.services.core.model.state import State
from gateway.services.rows.columns import Columns
from gateway.services.rows.courses import course_columns
from gateway.services.rows.jobs import event_columns, job_columns
from gateway.services.rows.payments import payment_columns, refund_columns
from gateway.services.rows.purchases import access_columns, purchase_columns, session_columns
from tests.draws import many
from tests.services.core.examples import moment
from tests.services.core.states import COMMANDS, STATES

TABLES = (COURSE, PAYMENT, PURCHASE, ACCESS, SESSION, REFUND, EVENT, JOB)
KINDS: tuple[tuple[str, Table, Callable[[Any], Columns]], ...] = (
    ("courses", COURSE, course_columns),
    ("payments", PAYMENT, payment_columns),
    ("purchases", PURCHASE, purchase_columns),
    ("purchases", ACCESS, access_columns),
    ("sessions", SESSION, session_columns),
    ("refunds", REFUND, refund_columns),
    ("events", EVENT, event_columns),
    ("jobs", JOB, job_columns),
)


def changed_columns(command: Command, state: State) -> Iterator[tuple[Table, str]]:
    """Each column that a decision changes of a row which was there before it."""
    before = deepcopy(state)
    state.apply(command.decide(state, moment()).changes)
    for kind, table, columns_of in KINDS:
        for key, row in getattr(before, kind).items():
            was, now = columns_of(row), columns_of(getattr(state, kind)[key])
            yield from ((table, name) for name in was if was[name] != now[name])


@settings(derandomize=True, max_examples=many(200), deadline=None)
@given(st.sampled_from(COMMANDS), STATES)
def test_every_column_that_a_decision_changes_is_written(command: Command, state: State) -> None:
    assert [name for table, name in changed_columns(command, state) if name in FIXED[table.name]] == []


@pytest.mark.parametrize("table", TABLES, ids=lambda table: str(table.name))
def test_what_is_fixed_is_a_column_and_the_rest_is_written(table: Table) -> None:
    columns = {column.name for column in table.c}
    assert FIXED[table.name] < columns
    assert {column.name for column in table.primary_key} <= FIXED[table.name]
    assert set(changing(table)) == columns - FIXED[table.name]


def test_each_table_whose_rows_change_says_what_is_fixed() -> None:
    assert set(FIXED) == {table.name for table in TABLES}
