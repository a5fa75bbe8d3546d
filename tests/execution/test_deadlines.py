"""What takes too long is cancelled, and nothing else is."""

import asyncio

import pytest

from gateway.execution.deadlines import Deadlines

pytestmark = pytest.mark.anyio


async def waiting(deadlines: Deadlines, *, is_reached: asyncio.Event | None = None) -> str:
    with deadlines.watch():
        if is_reached:
            is_reached.set()
        await asyncio.Event().wait()
    return "late"


async def test_each_is_cancelled_when_its_time_is_over() -> None:
    deadlines = Deadlines(0.01)
    assert await asyncio.gather(*(waiting(deadlines) for _ in range(3))) == ["late"] * 3


async def test_what_is_done_in_time_is_left_alone() -> None:
    deadlines = Deadlines(0.01)
    with deadlines.watch() as deadline:
        await asyncio.sleep(0)
    await waiting(deadlines)  # so that the time of the first is over as well
    assert not deadline.has_passed


async def test_who_is_cancelled_by_another_stays_cancelled() -> None:
    reached = asyncio.Event()
    task = asyncio.create_task(waiting(Deadlines(60), is_reached=reached))
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_an_error_is_not_taken_for_an_end_of_time() -> None:
    with pytest.raises(ValueError, match="its own"), Deadlines(60).watch():
        raise ValueError("its own")


def test_each_loop_has_its_own_timer() -> None:
    deadlines = Deadlines(0.01)
    assert [asyncio.run(waiting(deadlines)) for _ in range(2)] == ["late", "late"]
