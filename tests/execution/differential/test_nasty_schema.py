"""Whatever a schema's fields come to, a plan and graphql-core say the same of it."""

import pytest

from tests.execution.differential.comparisons import nasty_changes, nasty_queries, nasty_streams
from tests.execution.differential.draws import BY

pytestmark = pytest.mark.anyio

OPERATIONS = {"chance": range(15), "hypothesis-graphql": range(4)}
FEWEST_BY_PLAN = {"chance": 0.3, "hypothesis-graphql": 0.05}


@pytest.mark.parametrize("by", BY)
async def test_queries_are_answered_the_same(by: str) -> None:
    ways = await nasty_queries(by, OPERATIONS[by])
    ways.check()
    assert ways.share_by_plan > FEWEST_BY_PLAN[by]
    assert ways.planned.ways.deviated


@pytest.mark.parametrize("by", BY)
async def test_mutations_are_answered_the_same_and_each_of_their_fields_is_run_once(by: str) -> None:
    ways = await nasty_changes(by, OPERATIONS[by])
    ways.check()
    assert ways.share_by_plan > FEWEST_BY_PLAN[by]
    assert ways.planned.ways.deviated


async def test_the_results_of_subscriptions_are_the_same() -> None:
    ways = await nasty_streams(OPERATIONS["chance"])
    ways.check()
    assert ways.share_by_plan > FEWEST_BY_PLAN["chance"]
