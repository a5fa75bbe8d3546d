"""Rows as extreme as the tables take, which the tests of this folder only read."""

from collections.abc import Callable

import pytest

from tests.beside import beside
from tests.conftest import KINDS
from tests.resolvers.test_extreme_rows import fill


@pytest.fixture(scope="session", params=KINDS)
def extreme_url(request: pytest.FixtureRequest) -> str:
    """A database whose rows hold the furthest values of their columns. Nobody writes to it."""
    new: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    url = new()
    with beside(url) as connection:
        fill(connection)
    return url
