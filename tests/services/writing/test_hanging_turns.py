"""A turn that hangs, as on a disk that answers nothing: callers are told in time, and the writer can be closed."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from db.tables import PurchaseRow
from gateway.services.core.model.outcomes import Busy, Created
from gateway.services.core.model.values import Course
from tests.service import Service

pytestmark = pytest.mark.anyio


class Disk:
    """Where the writer commits; no thread can be told to leave it while it hangs."""

    def __init__(self, service: Service, patch: pytest.MonkeyPatch) -> None:
        self._patch = patch
        self._dialect: Any = service.engine.dialect
        self._commit = self._dialect.do_commit
        self._answers = threading.Event()
        self.is_asked = threading.Event()

    def hang(self) -> None:
        """The next commit reaches it, and takes as long as it does; the patience with it is short."""
        self._patch.setattr("gateway.services.writing.bounds.HANGS_S", 0.1)
        self._patch.setattr("gateway.services.ends.TURN_S", 0.1)
        self._dialect.do_commit = self._wait_and_commit

    def answer(self) -> None:
        self._dialect.do_commit = self._commit
        self._answers.set()

    async def asked(self) -> None:
        await asyncio.get_running_loop().run_in_executor(None, self.is_asked.wait)

    def _wait_and_commit(self, connection: Any) -> None:
        self.is_asked.set()
        self._answers.wait()
        self._commit(connection)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


@pytest.fixture
def disk(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk(service, monkeypatch)
    yield disk
    disk.answer()


async def test_callers_of_a_turn_that_hangs_are_told_and_what_it_does_is_found_done(
    service: Service, course: Course, disk: Disk
) -> None:
    disk.hang()
    command = service.creating(course)
    under_way = asyncio.create_task(service.writer.submit(command))
    await disk.asked()
    behind = asyncio.create_task(service.create(course, "student-2"))
    assert await under_way == Busy(may_be_done=True)
    assert await behind == Busy(), "nobody began with it"
    assert service.writer.held_up_s > 0.1
    assert await service.create(course, "student-3") == Busy()
    with capture_logs() as logs:
        disk.answer()
        await service.writer._thread.call(lambda: None)  # which comes after it
    assert [entry["event"] for entry in logs] == ["the writer goes on: the turn that hung has ended"]
    assert service.writer.held_up_s == 0
    outcome = await service.writer.submit(command)
    assert isinstance(outcome, Created)
    assert [row.id for row in service.stored(PurchaseRow)] == [outcome.purchase.id]


async def test_a_writer_whose_turn_hangs_is_closed_and_tells_who_waits(
    service: Service, course: Course, disk: Disk
) -> None:
    disk.hang()
    under_way = asyncio.create_task(service.create(course))
    await disk.asked()
    with capture_logs() as logs:
        await service.writer.close()
    assert [entry["event"] for entry in logs] == ["writer left behind: its turn hangs"], "it did not end"
    assert await under_way == Busy(may_be_done=True)
    assert await service.create(course, "student-2") == Busy()
