"""A database of a small platform that has sold for a while, filled once for all tests of a kind."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from bench.seed.filling import Wanted, fill
from db.engine import writer_engine

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def filled(request: pytest.FixtureRequest) -> Iterator[str]:
    """Its URL, while somebody has it open as a gateway does."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    url = maker()
    for _ in fill(url, Wanted(200, left_open=20, courses=8, seed=2, now=NOW)):
        pass
    engine = writer_engine(url)
    with engine.connect():
        yield url
    engine.dispose()
