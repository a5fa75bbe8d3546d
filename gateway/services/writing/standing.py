"""Whether the database takes what is written; while it does not, that is tried every so often.

Nobody sends callers to a gateway that is not ready, so it has to find out by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gateway.services.outages import Outages

TRY_S = 0.5
"""Between two tries."""


class Standing:
    """That of one writer. It belongs to one event loop.

    Args:
        try_to_write: makes a commit that changes nothing, and notes how that went.
        is_well: whether all else is there that it takes to write.
        on_change: called with whether what is written is taken, each time that this changes.
    """

    def __init__(
        self,
        outages: Outages,
        try_to_write: Callable[[], Awaitable[None]],
        is_well: Callable[[], bool],
        on_change: Callable[[bool], None] | None,
    ) -> None:
        self._outages, self._try, self._is_well, self._on_change = outages, try_to_write, is_well, on_change
        self._tried_at = 0.0
        self._tried = asyncio.Event()
        self.is_writing = True
        """Whether what was written last was taken."""

    async def arrived(self, arrivals: asyncio.Event) -> None:
        """Return once something arrived; in an outage also after each try."""
        if not self._outages.is_on:
            await arrivals.wait()
            return
        now = asyncio.get_running_loop().time
        if (left_s := self._tried_at + TRY_S - now()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await arrivals.wait()
        if now() >= self._tried_at + TRY_S:
            try:
                await self._try()
            except Exception as error:  # noqa: BLE001  whatever it is, the outage goes on, and the writer with it
                self._outages.note_unexpected("whether it is over cannot be found out", error)
            self._tried_at = now()
            self.report()

    async def look(self, arrivals: asyncio.Event) -> None:
        """Where nothing could be written, have that tried now, once the turn under way is done."""
        if not self._outages.is_well:
            self._tried_at = asyncio.get_running_loop().time() - TRY_S
            self._tried.clear()
            arrivals.set()
            await self._tried.wait()

    def report(self) -> None:
        """Something was tried; or there is nobody any more who tries."""
        self._tried.set()
        is_writing = self._outages.is_well and self._is_well()
        if self.is_writing is not is_writing:
            self.is_writing = is_writing
            if self._on_change is not None:
                self._on_change(self.is_writing)
