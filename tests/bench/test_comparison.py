"""A run of the bench, as short as it can be: a real gateway, every operation, one connection."""

import pytest

from bench.comparison import Plan, compare
from bench.field import GATEWAY, ROUTE
from bench.figures import Figures, Subject
from bench.measuring import Pace
from bench.operations import OPERATIONS
from bench.tables import faults

CONNECTIONS = 2


@pytest.fixture(scope="module")
def figures() -> Figures:
    plan = Plan([*OPERATIONS.values()], [CONNECTIONS], [GATEWAY, ROUTE], Pace(0.0, 0.1), rounds=1)
    measured: list[str] = []
    found: Figures = {}
    for _, each in compare(plan, measured.append):
        found |= each
    assert len(measured) == plan.measurements()
    return found


@pytest.mark.usefixtures("process")
def test_each_operation_is_answered_rightly_and_committed_as_often_as_it_was_answered(figures: Figures) -> None:
    assert faults(figures) == []
    for name, operation in OPERATIONS.items():
        cell = figures[Subject(name, GATEWAY, CONNECTIONS)]
        assert cell.answered > 0, name
        assert cell.committed == (cell.answered if operation.table else None), name
    assert figures[Subject("confirmPayment", ROUTE, CONNECTIONS)].answered > 0
