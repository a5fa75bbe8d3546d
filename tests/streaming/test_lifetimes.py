"""How a stream ends: with its operation, with its token, with its reader, or with the process."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator

import pytest
from graphql import GraphQLError

from gateway.execution.operations import Result
from gateway.streaming.lifetimes import StreamLifetimes
from gateway.streaming.results import Ending, until

pytestmark = pytest.mark.anyio


class Clock:
    """Unix seconds that stand still until they are told otherwise."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Source:
    """Results that come when the test says so."""

    def __init__(self) -> None:
        self.is_closed = False
        self.queue: asyncio.Queue[Result | None] = asyncio.Queue()

    async def results(self) -> AsyncGenerator[Result, None]:
        try:
            while (result := await self.queue.get()) is not None:
                yield result
        finally:
            self.is_closed = True


def number(value: int) -> Result:
    return Result({"data": value})


def code_of(error: GraphQLError) -> object:
    return (error.extensions or {})["code"]


def new_ending() -> Ending:
    return asyncio.get_running_loop().create_future()


async def test_a_stream_ends_with_its_operation() -> None:
    source = Source()
    for item in (number(1), number(2), None):
        source.queue.put_nowait(item)
    assert [result async for result in until(new_ending(), source.results())] == [number(1), number(2)]
    assert source.is_closed


async def test_an_ending_is_the_last_result_and_closes_the_source() -> None:
    source, ending = Source(), new_ending()
    stream = until(ending, source.results())
    source.queue.put_nowait(number(1))
    assert await anext(stream) == number(1)
    upcoming = asyncio.create_task(_next(stream))
    await asyncio.sleep(0)
    ending.set_result(GraphQLError("over"))
    last = await upcoming
    assert (last and last.is_refusal, last and last.payload["errors"]) == (True, [{"message": "over"}])
    with pytest.raises(StopAsyncIteration):
        await anext(stream)
    assert source.is_closed


async def test_a_cancelled_ending_says_nothing() -> None:
    source, ending = Source(), new_ending()
    ending.cancel()
    assert [result async for result in until(ending, source.results())] == []


async def test_a_stream_that_is_left_closes_its_source() -> None:
    source = Source()
    stream = until(new_ending(), source.results())
    upcoming = asyncio.create_task(_next(stream))
    for _ in range(3):
        await asyncio.sleep(0)
    upcoming.cancel()
    await asyncio.gather(upcoming, return_exceptions=True)
    assert source.is_closed


async def test_while_nothing_comes_there_is_a_beat_and_nothing_is_lost() -> None:
    source = Source()
    stream = until(new_ending(), source.results(), beat_s=0)
    assert [await anext(stream) for _ in range(3)] == [None] * 3
    source.queue.put_nowait(number(1))
    found = await anext(stream)
    while found is None:
        found = await anext(stream)
    assert found == number(1)
    await stream.aclose()
    assert source.is_closed


async def test_a_stream_ends_when_its_token_does_by_the_clock_and_not_by_the_timer() -> None:
    clock = Clock()
    with StreamLifetimes(clock).until(clock.now + 0.001) as ending:
        fired = asyncio.Event()
        asyncio.get_running_loop().call_later(0.01, fired.set)
        await fired.wait()
        assert not ending.done(), "the loop's timer has fired by now, and the clock stands still"
        clock.now += 1
        assert code_of(await ending) == "UNAUTHENTICATED"


async def test_a_token_that_has_expired_ends_its_stream_at_once() -> None:
    clock = Clock()
    with StreamLifetimes(clock).until(clock.now) as ending:
        assert code_of(ending.result()) == "UNAUTHENTICATED"


async def test_a_token_that_holds_to_the_last_instant_is_no_burden() -> None:
    lifetimes = StreamLifetimes()
    with lifetimes.until(253_402_300_799.0 + 30) as ending:
        assert (lifetimes.open, ending.done()) == (1, False)
    assert (lifetimes.open, ending.cancelled()) == (0, True)


async def test_when_the_process_stops_all_streams_end_and_new_ones_do_at_once() -> None:
    lifetimes = StreamLifetimes()
    with lifetimes.until(None) as one, lifetimes.until(None) as other:
        lifetimes.stop()
        lifetimes.stop()
        with lifetimes.until(None) as late:
            assert [code_of(each.result()) for each in (one, other, late)] == ["SUBSCRIPTION_LOST"] * 3


async def test_a_signal_to_stop_ends_the_streams_and_then_does_what_it_did() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        lifetimes = StreamLifetimes()
        handler = signal.getsignal(signal.SIGTERM)
        with lifetimes.stopping_on_signals(), lifetimes.until(None) as ending:
            os.kill(os.getpid(), signal.SIGTERM)
            assert code_of(await ending) == "SUBSCRIPTION_LOST"
        assert heard == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) == handler
    finally:
        signal.signal(signal.SIGTERM, before)


async def _next(stream: AsyncGenerator[Result | None, None]) -> Result | None:
    return await anext(stream)
