"""Operations that are drawn from our schema are answered the same by a plan and by graphql-core, whoever asks."""

import os
from collections.abc import Callable
from random import Random

import pytest
from graphql import OperationType

from gateway.execution.schema import build_schema
from tests.execution.differential.draws import BY
from tests.execution.differential.ways import Ways
from tests.execution.differential.worlds import VIEWERS, seed, seed_twins, spoil, take_apart, world

pytestmark = pytest.mark.anyio

MOST = int(os.environ.get("DIFFERENTIAL_OPERATIONS", "40"))
"""Operations of each test."""

OPERATIONS = {"chance": range(MOST), "hypothesis-graphql": range(MOST // 4)}
"""Hypothesis takes fifty times as long to draw one."""

CHANGERS = [VIEWERS[name] for name in ("admin", "admin", "admin", "student", "student", "service", "nobody")]
"""Who sends a mutation, the more often the more it may do."""

STATES: dict[str, Callable[[str], None]] = {"whole": lambda _url: None, "spoilt": spoil, "in pieces": take_apart}


@pytest.mark.parametrize("state", STATES)
async def test_queries_drawn_by_chance_are_answered_the_same(new_sqlite: Callable[[], str], state: str) -> None:
    ways = await compared(new_sqlite(), "chance", state)
    assert ways.tally.answers == 4 * MOST
    assert 0 < ways.tally.failed < ways.tally.answers


async def test_queries_drawn_by_hypothesis_are_answered_the_same(new_sqlite: Callable[[], str]) -> None:
    await compared(new_sqlite(), "hypothesis-graphql", "whole")


@pytest.mark.parametrize("by", BY)
async def test_mutations_that_are_drawn_are_answered_the_same_and_leave_the_same_rows(
    new_sqlite: Callable[[], str], by: str
) -> None:
    ways = await changed((new_sqlite(), new_sqlite()), by, "whole")
    assert ways.tally.answers == len(OPERATIONS[by])


async def changed(urls: tuple[str, str], by: str, state: str) -> Ways:
    """The mutations go to one world by plan, and to another by graphql-core."""
    ways = Ways(build_schema())
    await seed_twins(*urls)
    async with world(urls[0]) as as_it_was:
        pool = await as_it_was.pool()
    for url in urls:
        STATES[state](url)
    async with world(urls[0]) as one, world(urls[1]) as other:
        for drawn in BY[by](build_schema()._schema, OperationType.MUTATION, pool, OPERATIONS[by]):
            viewer = Random(drawn.text).choice(CHANGERS)
            await ways.compare_change(drawn, one.context(viewer), other.context(viewer))
        assert one.service.everything() == other.service.everything()
    assert not ways.tally.differences, str(ways.tally.differences[0])
    return ways


async def compared(url: str, by: str, state: str) -> Ways:
    ways = Ways(build_schema())
    await seed(url)
    async with world(url) as as_it_was:
        pool = await as_it_was.pool()
    STATES[state](url)
    async with world(url) as now:
        for drawn in BY[by](build_schema()._schema, OperationType.QUERY, pool, OPERATIONS[by]):
            await ways.compare(drawn, now.contexts())
    assert not ways.tally.differences, str(ways.tally.differences[0])
    return ways
