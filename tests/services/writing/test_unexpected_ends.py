"""A fault of ours in what goes on beside turns: it is told once, and the writer goes on."""

import asyncio
from collections.abc import Callable

import pytest
from structlog.testing import capture_logs

from gateway.services.core.model.outcomes import Busy, Created
from gateway.services.writing.group_commit import GroupCommit, WriterStopped
from gateway.services.writing.turn import Turn
from tests.service import Service, running
from tests.services.writing.pragmas import writer_has

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.background.AGAIN_S", 0)
    monkeypatch.setattr("gateway.services.writing.group_commit.LOOK_S", 0)
    monkeypatch.setattr("gateway.services.writing.standing.TRY_S", 0)
    monkeypatch.setattr("gateway.services.outages.CALM_S", 0)


class Told:
    """What a writer says of its standing, one after the other."""

    def __init__(self) -> None:
        self._told: asyncio.Queue[bool] = asyncio.Queue()
        self.put = self._told.put_nowait

    async def next(self) -> bool:
        async with asyncio.timeout(30):
            return await self._told.get()


def bug(*_: object) -> None:
    raise ZeroDivisionError("a bug")


async def test_a_look_at_the_file_that_fails_is_told_and_looks_go_on(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    async with running(new_sqlite(), on_standing=told.put, watches_file=True) as service:
        course = await service.save_course()
        with capture_logs() as logs, monkeypatch.context() as patch:
            patch.setattr(Turn, "look", bug)
            assert await told.next() is False
            assert not service.writer.is_alive
            assert not await service.writer.look(), "which waits for nothing"
            assert isinstance(await service.create(course), Created), "turns go on"
            monkeypatch.setattr("gateway.services.background.WELL_S", 0)
        assert await told.next() is True
        assert service.writer.is_alive
    assert [entry["task"] for entry in logs if entry["log_level"] == "error"] == ["writer's watch"]


async def test_a_writer_that_ends_by_a_fault_tells_who_waits_and_begins_again(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    course, told = await service.save_course(), Told()
    writer = GroupCommit(service.engine, clock=service.clock, new_id=service.purchases.new_id, on_standing=told.put)
    writer.start()
    with capture_logs() as logs, monkeypatch.context() as patch:
        patch.setattr(Turn, "run", bug)
        with pytest.raises(WriterStopped):
            await writer.submit(service.creating(course))
        assert await told.next() is False
        monkeypatch.setattr("gateway.services.background.WELL_S", 0)
    assert await told.next() is True
    assert [entry["task"] for entry in logs if entry["log_level"] == "error"] == ["writer"]
    assert isinstance(await writer.submit(service.creating(course)), Created)
    await writer.close()


async def test_while_a_fault_keeps_an_outage_from_being_found_over_all_are_busy(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    async with running(new_sqlite(), on_standing=told.put) as service:
        course = await service.save_course()
        with capture_logs() as logs:
            async with writer_has(service, "query_only = ON"):
                with monkeypatch.context() as patch:
                    patch.setattr(Turn, "try_to_write", bug)
                    assert await service.create(course) == Busy()
                    assert await told.next() is False
                    for _ in range(3):
                        assert not await service.writer.look()
                    assert await service.create(course) == Busy()
            assert await told.next() is True
        assert isinstance(await service.create(course), Created)
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
            "outage began",
            "unexpected error",
        ]


async def test_a_fault_in_the_proof_that_anything_can_be_written_is_told_once_and_nobody_who_asks_fails_by_it(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told()
    monkeypatch.setattr("gateway.services.writing.proof.PROVEN_S", 0)
    async with running(new_sqlite(), on_standing=told.put) as service:
        with capture_logs() as logs:
            with monkeypatch.context() as patch:
                patch.setattr(Turn, "try_to_write", bug)
                for _ in range(3):
                    assert not await service.writer.look()
            assert [await told.next(), await told.next()] == [False, True]
        assert await service.writer.look()
        assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
            "outage began",
            "unexpected error",
        ]
