"""Calls on the writer's thread: in their order, elsewhere than the loop's, and whatever they raise."""

import asyncio
import threading
from functools import partial

import pytest

from gateway.services.writing.thread import OwnThread

pytestmark = pytest.mark.anyio


async def test_calls_are_made_on_one_other_thread_in_their_order() -> None:
    thread, called = OwnThread("writer"), list[int]()
    await asyncio.gather(*(thread.call(partial(called.append, number)) for number in range(100)))
    names = {await thread.call(lambda: threading.current_thread().name) for _ in range(3)}
    thread.close()
    assert (called, names) == (list(range(100)), {"writer"})


async def test_what_a_call_raises_reaches_who_called_and_the_next_call_is_made() -> None:
    thread = OwnThread("writer")
    with pytest.raises(KeyError, match="seven"):
        await thread.call(partial(dict[str, int]().__getitem__, "seven"))
    assert await thread.call(lambda: 7) == 7
    thread.close()


async def test_a_stop_of_iteration_which_no_future_takes_reaches_who_called_as_another_error() -> None:
    thread = OwnThread("writer")
    async with asyncio.timeout(30):
        with pytest.raises(RuntimeError, match="StopIteration"):
            await thread.call(partial(next, iter(())))
    assert await thread.call(lambda: 7) == 7
    thread.close()


async def test_a_call_that_nobody_waits_for_any_more_is_made_all_the_same() -> None:
    thread, called = OwnThread("writer"), list[int]()
    thread.call(lambda: called.append(1)).cancel()
    await thread.call(lambda: None)
    thread.close()
    assert called == [1]


async def test_closing_waits_for_what_was_called_and_ends_the_thread() -> None:
    thread, may_end = OwnThread("one that ends"), threading.Event()
    lasting = thread.call(may_end.wait)
    may_end.set()
    thread.close()
    assert await lasting
    assert not [each for each in threading.enumerate() if each.name == "one that ends"]


async def test_a_thread_that_nothing_was_called_on_is_closed() -> None:
    OwnThread("writer").close()


def test_a_call_that_outlives_the_loop_which_left_it_behind_leaves_no_trace() -> None:
    thread, may_end, called = OwnThread("writer"), threading.Event(), list[int]()

    async def leave_behind() -> None:
        thread.call(may_end.wait)
        thread.call(partial(called.append, 1))

    asyncio.run(leave_behind())
    may_end.set()
    thread.close()  # what a thread raises fails the test
    assert called == [1]
