"""Every operation that stands in the repository is answered the same by a plan and by graphql-core."""

from collections.abc import Callable

import pytest
from graphql import OperationType

from gateway.execution.schema import build_schema
from tests.execution.differential.corpus import documents, with_variables
from tests.execution.differential.ways import Ways
from tests.execution.differential.worlds import VIEWERS, seed_twins, world

pytestmark = pytest.mark.anyio

FEWEST = 150
"""Documents: if these are not found any more, nothing is compared."""

MOST_EVENTS = 1
"""Of a subscription: the state that it begins with, as nothing happens meanwhile."""


async def test_every_operation_in_the_repository_is_answered_the_same(new_sqlite: Callable[[], str]) -> None:
    schema = build_schema()
    ways, (one_url, other_url) = Ways(schema), (new_sqlite(), new_sqlite())
    await seed_twins(one_url, other_url)
    found = documents()
    assert len(found) > FEWEST
    async with world(one_url) as one, world(other_url) as other:
        pool = await one.pool()
        for text, document in found.items():
            for drawn, kind in with_variables(text, document, schema._schema, pool):
                if kind is OperationType.QUERY:
                    await ways.compare(drawn, one.contexts())
                elif kind is OperationType.MUTATION:
                    for viewer in VIEWERS.values():
                        await ways.compare_change(drawn, one.context(viewer), other.context(viewer))
        assert one.service.everything() == other.service.everything()
    assert not ways.tally.differences, str(ways.tally.differences[0])
