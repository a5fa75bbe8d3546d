"""Whatever a schema's fields come to, a plan and graphql-core say the same of it."""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from graphql import OperationType

from tests.execution.differential.draws import BY
from tests.execution.differential.nasty_schema import NastyContext, nasty_schema
from tests.execution.differential.nasty_values import NUMBERS
from tests.execution.differential.values import Pool
from tests.execution.differential.ways import Ways
from tests.execution.differential.worlds import VIEWERS

pytestmark = pytest.mark.anyio

MOST = int(os.environ.get("DIFFERENTIAL_OPERATIONS", "120"))
OPERATIONS = {"chance": range(MOST), "hypothesis-graphql": range(MOST // 6)}
MOST_EVENTS = 5

POOL = Pool(
    {
        "number": NUMBERS,
        "numbers": NUMBERS,
        "herds": NUMBERS,
        "times": (0, 1, 2),
        "plus": (0, 1, 2, 101),
        "factor": (0, 1, 3),
        "inTurns": (0, 1, 2),
    },
    {"Even": (0, 2, 4, 6, 1), "JSON": ({"a": 1}, "text")},
)

CONTEXTS: dict[str, Callable[[], Any]] = {
    name: partial(NastyContext, VIEWERS[name]) for name in ("admin", "student", "nobody")
}


@pytest.mark.parametrize("by", BY)
async def test_queries_are_answered_the_same(by: str) -> None:
    schema = nasty_schema()
    ways = Ways(schema)
    for drawn in BY[by](schema._schema, OperationType.QUERY, POOL, OPERATIONS[by]):
        await ways.compare(drawn, [*CONTEXTS.values()])
    assert not ways.tally.differences, str(ways.tally.differences[0])


@pytest.mark.parametrize("by", BY)
async def test_mutations_are_answered_the_same_and_each_of_their_fields_is_run_once(by: str) -> None:
    schema = nasty_schema()
    ways = Ways(schema)
    for drawn in BY[by](schema._schema, OperationType.MUTATION, POOL, OPERATIONS[by]):
        for new in CONTEXTS.values():
            one, other = new(), new()
            await ways.compare_change(drawn, one, other)
            assert one.journal == other.journal, str(drawn)
    assert not ways.tally.differences, str(ways.tally.differences[0])


async def test_the_results_of_subscriptions_are_the_same() -> None:
    schema = nasty_schema()
    ways = Ways(schema)
    for drawn in BY["chance"](schema._schema, OperationType.SUBSCRIPTION, POOL, OPERATIONS["chance"]):
        for new in CONTEXTS.values():
            await ways.compare_stream(drawn, new, MOST_EVENTS)
    assert not ways.tally.differences, str(ways.tally.differences[0])
