"""How fast one provider is asked: a bound on the calls of a second, and on those that are under way at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST_UNDER_WAY = 8

A_SECOND = 8.0
"""Payments of a second, each of one to three calls. Stripe takes 25 calls a second of one kind, and as many in all in a
sandbox; Razorpay names no figure. What is left is for the students who pay meanwhile."""

BURST = 8


@dataclass(slots=True)
class Pace:
    """A token bucket, and places.

    Args:
        clock: seconds, from whenever.
        sleep: waits for so many of them.
    """

    a_second: float = A_SECOND
    burst: int = BURST
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_UNDER_WAY))
    _next: float = float("-inf")
    """When the next token would come to be, had none been saved."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A place, and within it the time to go."""
        async with self._places:
            now = self.clock()
            due = max(self._next, now - (self.burst - 1) / self.a_second)
            self._next = due + 1 / self.a_second
            if due > now:
                await self.sleep(due - now)
            yield
