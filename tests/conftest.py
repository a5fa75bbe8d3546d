"""What the tests share: fresh, migrated databases of either kind, and one served gateway for each kind."""

import gc
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from functools import cache

import pytest
import structlog
from hypothesis import HealthCheck, settings

from tests.databases import Databases, PostgresqlDatabases, SqliteDatabases, postgresql, scratch
from tests.served import gateway as served_gateways
from tests.served import old_door
from tests.served import server as servers
from tests.served.gateway import Person, Served, served
from tests.service import Service, running

# How long an example takes says how busy the machine is, and nothing of us.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# Of a trace that nobody configured, every variable of every frame would be drawn: a second of CPU for each.
structlog.dev.ConsoleRenderer.get_active().exception_formatter = structlog.dev.plain_traceback

KINDS = ("sqlite", "postgresql")
"""Every test of the database runs on both. One that cannot be had is a failure, not a skip."""

GARBAGE_AT = 20_000
"""New objects from which on garbage is looked for: ten times Python's own, for a run that has room and little time."""

STARTERS = (old_door.opened, served_gateways.served, servers.serving, servers.started, servers.run)
"""Who starts a process: a module that imports one of them has tests that wait for processes."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fast", action="store_true", help="only what runs in this process on SQLite, and no random histories"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--fast"):
        slow = [item for item in items if is_slow(item)]
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in {*slow}]


def pytest_collection() -> None:
    """What is collected stays: there is no garbage among it to look for."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Ten thousand tests and all that they import stay to the end: nobody need look through them for garbage again."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AT, 20, 20)
    gc.enable()


def is_slow(item: pytest.Item) -> bool:
    """Whether a test asks for PostgreSQL or for a process of its own, or tells random histories."""
    assert isinstance(item, pytest.Function)
    drawn = item.callspec.params.values() if hasattr(item, "callspec") else ()
    starts = "process" in item.fixturenames or any(
        each in STARTERS for each in vars(item.module).values() if callable(each)
    )
    is_remote = "postgresql" in drawn or "new_postgresql" in item.fixturenames
    return starts or is_remote or item.path.parent.name == "simulation"


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the gateway does."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def _certificates_read_once() -> Iterator[None]:
    """Every HTTP client trusts the same authorities, and would read them anew: 20 ms of CPU, a thousand times a run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(scope="session")
def sqlite_databases() -> Iterator[SqliteDatabases]:
    with scratch() as home:
        yield SqliteDatabases(home)


@pytest.fixture(scope="session")
def postgresql_databases() -> Iterator[PostgresqlDatabases]:
    with postgresql() as databases:
        yield databases


@pytest.fixture(scope="session")
def new_sqlite(sqlite_databases: SqliteDatabases) -> Callable[[], str]:
    """Makes SQLite databases: each call gives the URL of a new one, migrated and empty."""
    return sqlite_databases.new


@pytest.fixture(scope="session")
def new_postgresql(postgresql_databases: PostgresqlDatabases) -> Callable[[], str]:
    """Makes PostgreSQL databases on a server of this run's own: each call gives the URL of a new one."""
    return postgresql_databases.new


@pytest.fixture(params=KINDS)
def new_database(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """Makes databases of one kind for one test; a test that uses it runs once for each kind."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    made: list[str] = []

    def new() -> str:
        made.append(databases.new())
        return made[-1]

    yield new
    for url in made:
        databases.take_back(url)


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """A migrated, empty database; a test that uses it runs once for each kind."""
    return new_database()


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    """The service in this process on a fresh database, once for each kind; its clock stands still."""
    async with running(database_url) as started:
        yield started


@pytest.fixture(scope="session")
def process() -> None:
    """Asked for by what starts one, so that `--fast` knows."""


@pytest.fixture(scope="session", params=KINDS)
def gateway(request: pytest.FixtureRequest, process: None) -> Iterator[Served]:
    """Served for the whole run; tests keep apart by fresh students and courses."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    with served(maker()) as started:
        yield started


@pytest.fixture
def student(gateway: Served) -> Person:
    """A student of that gateway, who has nothing."""
    return gateway.student()


@pytest.fixture
def course(gateway: Served) -> str:
    """The id of a course of that gateway, which nobody has."""
    return gateway.course()
