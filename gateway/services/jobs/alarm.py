"""When to look for due jobs again: at the earliest time that was set, and not before."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime


class Alarm:
    """Wakes one runner. It belongs to one event loop; what is set while nobody waits is not lost."""

    def __init__(self) -> None:
        self._at: datetime | None = None
        self._changed = asyncio.Event()

    def set_for(self, at: datetime) -> None:
        """Ring then, unless it rings sooner."""
        if self._at is None or at < self._at:
            self._at = at
            self._changed.set()

    async def rung(self, clock: Callable[[], datetime]) -> None:
        """Return when it is time; the alarm is off after that."""
        while True:
            self._changed.clear()
            left_s = None if self._at is None else (self._at - clock()).total_seconds()
            if left_s is not None and left_s <= 0:
                self._at = None
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._changed.wait()
