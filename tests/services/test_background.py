"""What goes on beside requests goes on: an end that nobody wanted is told once, and begun again."""

import asyncio

import pytest
from structlog.testing import capture_logs

from gateway.services.background import BackgroundTask

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.services.background.AGAIN_S", 0)
    monkeypatch.setattr("gateway.services.background.WELL_S", 0)


class Work:
    """Fails so often at its begin, and then goes on until it is cancelled."""

    def __init__(self, fails: int) -> None:
        self.begun, self._fails = 0, fails
        self.goes_on = asyncio.Event()
        self.changed = asyncio.Semaphore(0)

    async def __call__(self) -> None:
        self.begun += 1
        if self.begun <= self._fails:
            raise ZeroDivisionError("a bug")
        self.goes_on.set()
        await asyncio.Event().wait()


async def test_a_task_that_ends_unexpectedly_is_told_of_once_and_begins_again() -> None:
    work = Work(fails=5)
    task = BackgroundTask("work", work, work.changed.release)
    with capture_logs() as logs:
        task.start()
        assert (task.is_well, task.is_running) == (True, True)
        await work.changed.acquire()
        assert (task.is_well, task.is_running) == (False, False)
        await work.changed.acquire()
        assert (task.is_well, task.is_running, work.begun) == (True, True, 6)
    await task.stop()
    assert (task.is_running, task.has_ended) == (False, True)
    ended, well = logs
    assert (ended["log_level"], ended["task"]) == ("error", "work")
    assert isinstance(ended["exc_info"], ZeroDivisionError)
    assert (well["log_level"], well["task"], well["ended"]) == ("warning", "work", 5)


async def test_a_task_that_is_stopped_or_done_is_not_begun_again() -> None:
    work, turns = Work(fails=0), iter("ab")

    async def take_a_turn() -> None:
        next(turns)

    with capture_logs() as logs:
        stopped, done = BackgroundTask("stopped", work), BackgroundTask("done", take_a_turn)
        assert (stopped.has_ended, stopped.is_running) == (True, False)
        await stopped.stop()
        for task in (stopped, done):
            task.start()
        await work.goes_on.wait()
        await stopped.stop()
        await done.ended()
    assert (work.begun, list(turns), logs) == (1, ["b"], [])
    assert stopped.is_well
    assert done.is_well
