"""How fast one provider is asked: a bound on calls per second, and on calls at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MOST_UNDER_WAY = 8

PAYMENTS_PER_S = 8.0
"""Each takes one to three calls. Stripe takes 25 calls a second of one kind, and as many in all in a
sandbox; Razorpay names no figure. The rest is for students who pay meanwhile."""

BURST = 8


@dataclass(slots=True)
class Pace:
    """A token bucket, and a bound on calls at once.

    Args:
        clock: monotonic seconds.
        sleep: waits for so many seconds.
    """

    per_s: float = PAYMENTS_PER_S
    burst: int = BURST
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MOST_UNDER_WAY))
    _next: float = float("-inf")
    """When the next token becomes available, if none were saved up."""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place, then for a token."""
        async with self._places:
            now = self.clock()
            due = max(self._next, now - (self.burst - 1) / self.per_s)
            self._next = due + 1 / self.per_s
            if due > now:
                await self.sleep(due - now)
            yield
