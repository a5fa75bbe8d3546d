"""Operations that are drawn from our schema are answered the same by a plan and by graphql-core, whoever asks."""

from collections.abc import Callable

import pytest

from tests.execution.differential.comparisons import STATES, changes, queries
from tests.execution.differential.draws import BY

pytestmark = pytest.mark.anyio

OPERATIONS = {"chance": range(8), "hypothesis-graphql": range(3)}
"""`python -m tests.execution.differential` draws thousands. Hypothesis takes fifty times as long to draw one."""

FEWEST_BY_PLAN = {"chance": 0.15, "hypothesis-graphql": 0.05}
"""Of the answers: of what is drawn much is refused or fails, and then graphql-core has to say how. Three of four
who ask are no admins, and any operation that comes to a student's lists is for admins alone."""


@pytest.mark.parametrize("state", STATES)
async def test_queries_drawn_by_chance_are_answered_the_same(new_sqlite: Callable[[], str], state: str) -> None:
    ways = await queries(new_sqlite(), "chance", state, OPERATIONS["chance"])
    ways.check()
    assert 0 < ways.tally.failed < ways.tally.answers
    assert state != "whole" or ways.share_by_plan > FEWEST_BY_PLAN["chance"]
    assert ways.planned.ways.not_covered == 0


async def test_queries_drawn_by_hypothesis_are_answered_the_same(new_sqlite: Callable[[], str]) -> None:
    ways = await queries(new_sqlite(), "hypothesis-graphql", "whole", OPERATIONS["hypothesis-graphql"])
    ways.check()
    assert ways.planned.ways.not_covered == 0


async def test_queries_are_answered_the_same_on_postgresql(new_postgresql: Callable[[], str]) -> None:
    for state in STATES:
        ways = await queries(new_postgresql(), "chance", state, range(4))
        ways.check()


@pytest.mark.parametrize("by", BY)
async def test_mutations_that_are_drawn_are_answered_the_same_and_leave_the_same_rows(
    new_sqlite: Callable[[], str], by: str
) -> None:
    ways = await changes((new_sqlite(), new_sqlite()), by, "whole", OPERATIONS[by])
    ways.check()
    assert ways.share_by_plan > FEWEST_BY_PLAN[by]
    assert ways.planned.ways.not_covered == 0


async def test_mutations_are_answered_the_same_on_postgresql(new_postgresql: Callable[[], str]) -> None:
    ways = await changes((new_postgresql(), new_postgresql()), "chance", "whole", range(3))
    ways.check()
