"""A provider is asked at its pace: some at once, and then one after the other."""

import asyncio

import pytest

from gateway.services.jobs.pace import Pace

pytestmark = pytest.mark.anyio


class Time:
    """A clock that moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


async def times_of(pace: Pace, time: Time, many: int) -> list[float]:
    times = []
    for _ in range(many):
        async with pace.turn():
            times.append(round(time.now, 3))
    return times


async def test_a_burst_goes_at_once_and_the_others_in_even_spaces() -> None:
    time = Time()
    pace = Pace(per_s=10, burst=3, clock=time, sleep=time.sleep)
    assert await times_of(pace, time, 6) == [100, 100, 100, 100.1, 100.2, 100.3]
    time.now += 60
    assert await times_of(pace, time, 4) == [160.3, 160.3, 160.3, 160.4]


async def test_no_more_are_under_way_than_there_are_places() -> None:
    pace = Pace(per_s=1_000_000, burst=100)
    under_way, seen = 0, []

    async def ask() -> None:
        nonlocal under_way
        async with pace.turn():
            under_way += 1
            seen.append(under_way)
            await asyncio.sleep(0)
            under_way -= 1

    await asyncio.gather(*(ask() for _ in range(30)))
    assert (max(seen), len(seen)) == (8, 30)
