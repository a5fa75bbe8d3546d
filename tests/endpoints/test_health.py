"""What an operator's machines ask: whether it lives, whether it can serve, which request was which, and for whom."""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import create_engine, insert, make_url, update

from db.standing import HEAD
from db.statements import JOB
from gateway.clock import CLOCK
from gateway.services.core.model.jobs import NOBODY, ClockNote, Job, JobKind, clock_notes_payload
from gateway.services.core.model.values import Role
from gateway.services.rows.jobs import job_columns
from tests.beside import beside
from tests.served.gateway import Person, Served, served
from tests.served.inside import inside
from tests.served.operations import COURSE, SAVE_COURSE
from tests.served.server import TOO_LONG_S

pytestmark = pytest.mark.anyio

SCHEMA = {"database": HEAD, "gateway": HEAD, "oldestGateway": None}
ALL_WELL = {"status": "ok", "database": True, "migrations": True, "writer": True, "clock": True, "schema": SCHEMA}
PAGE = {"Accept": "text/html"}


def test_a_served_gateway_is_alive_and_ready(gateway: Served) -> None:
    assert (_get(gateway, "/healthz").status_code, _get(gateway, "/healthz").json()) == (200, {"status": "ok"})
    assert (_get(gateway, "/readyz").status_code, _get(gateway, "/readyz").json()) == (200, ALL_WELL)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_an_unmigrated_database_is_not_ready(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    with closing(sqlite3.connect(tmp_path / "empty.db")) as made:  # a gateway makes none
        made.execute("VACUUM")  # else SQLite writes nothing as yet, and a file without a page was cut
    if kind == "postgresql":
        url = _empty_beside(request.getfixturevalue("new_postgresql")())
    async with inside(url) as gateway:
        ready = await gateway.client.get("/readyz")
        unmigrated = {"migrations": False, "schema": {**SCHEMA, "database": None}}
        assert (ready.status_code, ready.json()) == (503, {**ALL_WELL, "status": "unavailable", **unmigrated})
        assert (await gateway.client.get("/healthz")).status_code == 200


async def test_without_its_writer_a_gateway_is_not_ready_and_says_busy(database_url: str) -> None:
    async with inside(database_url) as gateway:
        [writer] = [task for task in asyncio.all_tasks() if task.get_name() == "writer"]
        writer.cancel()
        await asyncio.wait([writer])
        ready = await gateway.client.get("/readyz")
        assert (ready.status_code, ready.json()) == (503, {**ALL_WELL, "status": "unavailable", "writer": False})
        [error] = (await gateway.ask(SAVE_COURSE, Role.ADMIN, input=COURSE)).json()["errors"]
        assert (error["extensions"]["code"], error["extensions"]["retryable"]) == ("BUSY", True)
        assert error["extensions"]["retryAfterSeconds"] > 0


def test_a_gateway_outlives_an_outage_of_its_database(new_postgresql: Callable[[], str]) -> None:
    url = new_postgresql()
    with served(url) as gateway:
        before = gateway.course()
        _shut(url, is_shut=True)
        ready = _get(gateway, "/readyz")
        assert (ready.status_code, ready.json()["database"]) == (503, False)
        assert _get(gateway, "/healthz").status_code == 200
        assert gateway.admin.codes(SAVE_COURSE, input=COURSE) == ["BUSY"]
        _shut(url, is_shut=False)
        _wait_until_well(
            gateway
        )  # a try that began before may still be under way, and whoever asks meanwhile shares it
        assert gateway.course() > before


async def test_a_clock_in_doubt_at_the_start_is_told_until_the_operator_says_that_it_is_right(
    database_url: str,
) -> None:
    """Three days after the last sign of life, on a machine that left no note of its clock, and on one that did."""

    async def clock(**settings: str) -> object:
        async with inside(database_url, **settings) as gateway:
            ready = await gateway.client.get("/readyz")
            assert ready.status_code == 200
            return ready.json()["clock"]

    now = datetime.now(UTC)
    ours = CLOCK.note() or ClockNote("no boot", 0.0, now)  # where a machine's start has no name
    sweep = Job(CLOCK.new_id(), JobKind.SWEEP_LAPSED, NOBODY, now - timedelta(days=3), now)
    with beside(database_url) as connection:
        connection.execute(insert(JOB).values(**job_columns(sweep)))
    assert await clock(worker="false") is False
    assert await clock(worker="false", clock_is_right="true") is True
    with beside(database_url) as connection:
        connection.execute(update(JOB).values(payload=clock_notes_payload([ours])))
    assert await clock(worker="false") is (ours.boot != "no boot")


@pytest.mark.parametrize("given", ["a", "0b6e7a52-6d0e-4f5e-9f1d-1c2d3e4f5a6b", "Root-1.67891233_DEF", "x" * 64])
def test_a_request_keeps_the_id_that_it_came_with(gateway: Served, given: str) -> None:
    assert _get(gateway, "/healthz", {"X-Request-Id": given}).headers["X-Request-Id"] == given


@pytest.mark.parametrize("given", ["", "a b", "x" * 65, 'a"b', "a;b", "<script>", "é".encode(), "a\tb"])
def test_a_hostile_request_id_is_replaced(gateway: Served, given: str | bytes) -> None:
    answered = _get(gateway, "/healthz", {"X-Request-Id": given}).headers["X-Request-Id"]
    assert len(answered) == 32
    assert answered.isalnum()


def test_every_answer_has_a_request_id_of_its_own(gateway: Served) -> None:
    bad_token = Person(gateway.server.url, "nonsense", "", gateway.http)
    answers = [
        _get(gateway, "/healthz"),
        _get(gateway, "/nowhere"),
        _get(gateway, "/graphql"),
        bad_token.post("{ viewer { id } }"),
        gateway.admin.post("{"),
        gateway.admin.post("{ viewer { id } }"),
    ]
    assert [answer.status_code for answer in answers] == [200, 404, 400, 401, 200, 200]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)


async def test_the_page_is_served_unless_the_operator_says_no(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite()) as shown:
        assert (await shown.client.get("/graphql", headers=PAGE)).headers["Content-Type"].startswith("text/html")
        assert (await shown.client.get("/graphiql/boot.js")).status_code == 200
    async with inside(new_sqlite(), graphiql="false") as hidden:
        refused = await hidden.client.get("/graphql", headers=PAGE)
        assert (refused.status_code, refused.headers["Content-Type"]) == (406, "application/json; charset=utf-8")
        assert (await hidden.client.get("/graphiql/boot.js")).status_code == 404
        assert (await hidden.ask("{ __typename }")).json() == {"data": {"__typename": "Query"}}


@pytest.fixture(scope="module")
def known_to_all(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    """A gateway with the development secret, whose page holds an admin's token."""
    with served(new_sqlite(), jwt_secret="") as started:
        yield started


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:80", "evil", "0.0.0.0"]
)
def test_with_the_development_secret_another_sites_name_is_refused(known_to_all: Served, host: str) -> None:
    for path in ("/graphql", "/graphiql/boot.js", "/readyz"):
        refused = _get(known_to_all, path, {**PAGE, "Host": host})
        assert (refused.status_code, "eyJ" in refused.text) == (400, False)


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST"])
def test_with_the_development_secret_this_machine_is_served(known_to_all: Served, host: str) -> None:
    assert _get(known_to_all, "/healthz", {"Host": host}).status_code == 200


def test_with_a_secret_of_its_own_a_gateway_has_any_name(gateway: Served) -> None:
    assert _get(gateway, "/healthz", {"Host": "gateway.example"}).status_code == 200


def _wait_until_well(gateway: Served) -> None:
    given_up_at = time.monotonic() + TOO_LONG_S
    while (ready := _get(gateway, "/readyz").json()) != ALL_WELL:
        assert time.monotonic() < given_up_at, ready
        time.sleep(0.05)


def _get(gateway: Served, path: str, headers: dict[str, str | bytes] | None = None) -> httpx.Response:
    given = [
        (name.encode(), value if isinstance(value, bytes) else value.encode())
        for name, value in (headers or {"Accept": "application/json"}).items()
    ]
    return gateway.http.get(gateway.server.url.replace("/graphql", path), headers=given)


def _empty_beside(url: str) -> str:
    """The URL of a new PostgreSQL database without tables, on the same server."""
    _administer(url, "CREATE DATABASE unmigrated")
    return make_url(url).set(database="unmigrated").render_as_string(hide_password=False)


def _shut(url: str, *, is_shut: bool) -> None:
    """Close a database to everybody, as an outage does; or open it again."""
    name = make_url(url).database
    _administer(url, f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not is_shut}")
    if is_shut:
        _administer(url, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def _administer(url: str, statement: str) -> None:
    engine = create_engine(
        make_url(url).set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
