"""A database that cannot be written to: all are Busy, nothing is written or split, and it goes on when it is over."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from sqlalchemy import event
from structlog.testing import capture_logs

from db.outages import Outage
from db.urls import file_of
from gateway.services.core.commands.every import Command
from gateway.services.core.model.outcomes import Busy, Confirmed, Created
from gateway.services.core.model.values import Course
from gateway.services.outages import Damaged
from tests.outages import OF_POSTGRESQL, OF_SQLITE, administer, as_application, hang_up
from tests.service import Service, running, statements_of, student
from tests.services.writing.pragmas import writer_has

pytestmark = pytest.mark.anyio

WAYS = {"postgresql": OF_POSTGRESQL, "sqlite": OF_SQLITE}
CASES = [(kind, name) for kind, ways in WAYS.items() for name in ways]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("db.engine.BUSY_TIMEOUT_MS", 1)
    monkeypatch.setattr("gateway.services.outages.CALM_S", 0.1)
    monkeypatch.setattr("gateway.services.writing.standing.TRY_S", 0.02)


@asynccontextmanager
async def _on(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    url: str = request.getfixturevalue(f"new_{kind}")()
    async with running(as_application(url) if kind == "postgresql" else url) as service:
        service.others.keeps = False
        yield service


async def _refused_meanwhile(service: Service, course: Course) -> None:
    turns = service.writer.turns
    commands = [service.creating(course, f"student-{number}") for number in range(8)]
    outcomes = await asyncio.gather(*map(service.writer.submit, commands))
    assert outcomes == [Busy()] * 8
    assert service.writer.turns - turns <= 3, "one turn, or after a lost connection one more: none was split"
    assert not service.writer.is_alive


async def _over(service: Service) -> None:
    """Nobody asks meanwhile: the writer finds out by itself."""
    async with asyncio.timeout(10):
        while not await service.writer.look() or service.writer._turn.outages.is_on:  # noqa: ASYNC110  the end of an outage is no event
            await asyncio.sleep(0.01)


def _outages(logs: list[Any]) -> list[Any]:
    assert not [entry for entry in logs if entry["event"] in ("turn split", "group split")]
    assert not [entry for entry in logs if "exc_info" in entry]
    return [entry for entry in logs if entry["event"].startswith("outage")]


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_in_an_outage_all_are_busy_and_afterwards_all_goes_on(
    kind: str, name: str, request: pytest.FixtureRequest
) -> None:
    what, _, outage = WAYS[kind][name]
    async with _on(kind, request) as service:
        course = await service.save_course()
        payment = await service.opened(student(), course)
        before = service.everything()
        with capture_logs() as logs:
            with outage(service.url):
                await _refused_meanwhile(service, course)
                await _refused_meanwhile(service, course)
            await _over(service)
            assert service.everything() == before, "neither what was refused, nor a trace of looking whether it is over"
            assert isinstance(await service.confirm(student(), payment), Confirmed)
        began, ended = _outages(logs)
        assert (began["event"], began["part"], began["what"]) == ("outage began", "writes", what.value)
        assert (ended["event"], ended["refused"], ended["since"]) == ("outage ended", 16, began["since"])


@pytest.mark.parametrize(("kind", "name"), CASES)
async def test_whoever_asks_whether_anything_can_be_written_is_told_though_nobody_writes(
    kind: str, name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.writing.proof.PROVEN_S", 0)
    what, _, outage = WAYS[kind][name]
    async with _on(kind, request) as service:
        before = service.everything()
        with capture_logs() as logs:
            assert await service.writer.look()
            with outage(service.url):
                assert not await service.writer.look()
                assert service.writer.trouble == what.value
            await _over(service)
        assert service.everything() == before
        assert not service.writer.trouble
        began, ended = _outages(logs)
        assert (began["what"], ended["refused"]) == (what.value, 0)


async def test_a_commit_of_just_now_is_proof_enough(service: Service) -> None:
    await service.created(await service.save_course())
    with statements_of(service.engine) as asked:
        assert await service.writer.look()
    assert asked == []


async def test_an_idle_line_that_was_lost_is_no_outage(
    new_postgresql: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.writing.proof.PROVEN_S", 0)
    async with running(new_postgresql()) as service:
        assert await service.writer.look()
        with capture_logs() as logs:
            administer(service.url, hang_up(service.url))
            assert await service.writer.look()
        assert _outages(logs) == []


@pytest.mark.parametrize(
    ("pragma", "what"), [("max_page_count = 1", Outage.FULL), ("query_only = ON", Outage.READ_ONLY)]
)
async def test_a_file_that_takes_no_more_is_an_outage_until_it_does(
    pragma: str, what: Outage, new_sqlite: Callable[[], str]
) -> None:
    async with running(new_sqlite()) as service:
        course = await service.save_course()
        with capture_logs() as logs:
            async with writer_has(service, pragma):
                number = 0
                while isinstance(await service.create(course, f"early-{number}"), Created):
                    number += 1  # there may be room for a few in pages that are there already
                await _refused_meanwhile(service, course)
            await _over(service)
        assert isinstance(await service.create(course), Created)
        began, ended = _outages(logs)
        assert (began["what"], ended["refused"]) == (what.value, 9)


@contextmanager
def _spoilt(path: Any, table: str) -> Iterator[None]:
    """The first page of a table holds nonsense, and then what it held before."""
    with sqlite3.connect(path) as connection:
        [(root,)] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,))
        [(size,)] = connection.execute("PRAGMA page_size")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    connection.close()
    whole = path.read_bytes()
    start = (root - 1) * size
    path.write_bytes(whole[:start] + b"\xff" * size + whole[start + size :])
    try:
        yield
    finally:
        path.write_bytes(whole)


async def test_a_damaged_page_fails_those_who_need_it_and_no_others(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    async with running(url) as service:
        course = await service.save_course()
        payment = await service.opened(student(), course)
    with _spoilt(file_of(url), "payment"):
        async with running(url) as service:
            with capture_logs() as logs:
                asked: list[Command] = [service.confirming(payment), service.creating(course, "student-2")]
                confirmed, created = await asyncio.gather(*map(service.writer.submit, asked), return_exceptions=True)
            assert isinstance(confirmed, Damaged)
            assert isinstance(created, Created), "a course and its purchases are whole"
            [began, *_] = _outages(logs)
            assert began["what"] == Outage.DAMAGED.value


async def test_a_file_that_was_cut_while_nobody_had_it_open_is_busy_and_named(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    async with running(url) as service:
        course = await service.save_course()
    path = file_of(url)
    whole = path.read_bytes()
    async with running(url) as service:
        os.truncate(path, 8192)
        with capture_logs() as logs:
            assert await service.writer.submit(service.creating(course)) == Busy()
        [told] = [line for line in logs if line["event"] == "database file lost"]
        assert told["reason"].startswith(f"{path} was cut")
        path.write_bytes(whole)
        assert isinstance(await service.writer.submit(service.creating(course)), Created)


async def test_a_commit_without_an_answer_may_be_done_where_nobody_can_find_out(service: Service) -> None:
    course = await service.save_course()
    dialect: Any = service.engine.dialect
    commit, is_away = dialect.do_commit, []

    def commit_then_lose(connection: Any) -> None:
        commit(connection)
        is_away.append(True)
        service.lose_connection(connection)

    def refuse(dialect: Any, *_: object) -> None:
        if is_away:
            raise dialect.dbapi.OperationalError("connection refused")

    event.listen(service.engine, "do_connect", refuse)
    dialect.do_commit = commit_then_lose
    try:
        command = service.creating(course)
        assert await service.writer.submit(command) == Busy(may_be_done=True)
    finally:
        dialect.do_commit = commit
    assert await service.writer.submit(service.creating(course, "student-2")) == Busy(), "of this one nothing was sent"
    is_away.clear()
    outcome = await service.writer.submit(command)
    assert isinstance(outcome, Created)
    assert len(service.rows("SELECT 1 FROM purchase")) == 1
