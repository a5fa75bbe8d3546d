"""A run of the bench, as short as it can be: a real gateway, every operation, a few requests."""

import pytest

from bench.comparison import Plan, compare
from bench.field import GATEWAY, ROUTE
from bench.figures import Figures, Subject
from bench.measuring import Pace
from bench.operations import OPERATIONS
from bench.tables import faults

CONNECTIONS, REQUESTS = 2, 20


@pytest.fixture(scope="module")
def figures() -> Figures:
    pace = Pace(warm_s=0.0, seconds=30.0, most=REQUESTS)
    plan = Plan([*OPERATIONS.values()], [CONNECTIONS], [GATEWAY, ROUTE], pace, rounds=1)
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
        assert cell.answered == REQUESTS, name
        assert cell.committed == (REQUESTS if operation.table else None), name
    assert figures[Subject("confirmPayment", ROUTE, CONNECTIONS)].answered == REQUESTS
