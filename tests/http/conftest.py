"""One gateway for each kind of database, served for the whole run; tests keep apart by fresh students and courses."""

from collections.abc import Callable, Iterator

import pytest

from tests.conftest import KINDS
from tests.http.served import Person, Served, served


@pytest.fixture(scope="session", params=KINDS)
def gateway(request: pytest.FixtureRequest) -> Iterator[Served]:
    new_database: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    with served(new_database()) as started:
        yield started


@pytest.fixture
def student(gateway: Served) -> Person:
    """A student who has nothing."""
    return gateway.student()


@pytest.fixture
def course(gateway: Served) -> str:
    """The id of a course that nobody has."""
    return gateway.course()
