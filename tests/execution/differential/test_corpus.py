"""Every operation that stands in the repository is answered the same by a plan and by graphql-core."""

from collections.abc import Callable

import pytest

from tests.execution.differential.comparisons import corpus
from tests.execution.differential.corpus import documents

pytestmark = pytest.mark.anyio

FEWEST = 150
"""Documents: if these are not found any more, nothing is compared."""


async def test_every_operation_in_the_repository_is_answered_the_same(new_sqlite: Callable[[], str]) -> None:
    assert len(documents()) > FEWEST
    ways = await corpus((new_sqlite(), new_sqlite()))
    ways.check()
