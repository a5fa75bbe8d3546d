"""An SQLite file, and processes that open it."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from db.urls import file_of
from tests.db.holders import Holder


@pytest.fixture
def path(new_sqlite: Callable[[], str]) -> Path:
    return file_of(new_sqlite())


@pytest.fixture
def holders(path: Path) -> Iterator[Callable[[], Holder]]:
    made: list[Holder] = []

    def make() -> Holder:
        made.append(Holder(path))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        for pipe in (each.process.stdin, each.process.stdout):
            assert pipe is not None
            pipe.close()
