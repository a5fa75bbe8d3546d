"""Tasks that last as long as their process: one that ends unexpectedly is told of, and begins again."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)

AGAIN_S = 1.0
"""Before it begins again: what made it end is often there a moment longer, and a bug would keep a core busy."""

WELL_S = 1.0
"""How long it must last then until it counts as well: one that ends over and over is told of once."""


class BackgroundTask:
    """One of an event loop.

    Args:
        run: what it does, until it is cancelled or has no more to do.
        on_change: called when it ended unexpectedly, and when it is well again.
    """

    def __init__(
        self, name: str, run: Callable[[], Awaitable[None]], on_change: Callable[[], None] = lambda: None
    ) -> None:
        self.name, self._run, self._on_change = name, run, on_change
        self._task: asyncio.Task[None] | None = None
        self._ends = 0
        self._is_pausing = False

    @property
    def is_running(self) -> bool:
        """Whether it was begun, and has not ended."""
        return not (self.has_ended or self._is_pausing)

    @property
    def is_well(self) -> bool:
        """Whether it has not ended unexpectedly, or has lasted for a while since."""
        return not self._ends

    @property
    def has_ended(self) -> bool:
        """Whether it was not begun, or has ended for good."""
        return self._task is None or self._task.done()

    @property
    def task(self) -> "asyncio.Task[None] | None":
        """It, with all its beginnings: it ends with the first end that is none of a fault."""
        return self._task

    def start(self) -> None:
        """Begin; it counts as running from now on."""
        self._task = asyncio.create_task(self._go_on(), name=self.name)

    def cancel(self) -> None:
        """Have it end."""
        if self._task is not None:
            self._task.cancel()

    async def ended(self, within_s: float | None = None) -> None:
        """Return once it has ended for good, however it did; or after so many seconds: then it is left behind."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=within_s)

    async def stop(self, within_s: float | None = None) -> None:
        """End it, and wait for that, likewise."""
        self.cancel()
        await self.ended(within_s)

    async def _go_on(self) -> None:
        while True:
            lasting = asyncio.get_running_loop().call_later(WELL_S, self._note_well)
            try:
                await self._run()
            except Exception as error:  # noqa: BLE001  whatever it is, it is logged, and the task begins again
                self._is_pausing = True
                self._note_end(error)
            else:
                return
            finally:
                lasting.cancel()
            await asyncio.sleep(AGAIN_S)
            self._is_pausing = False

    def _note_end(self, error: Exception) -> None:
        self._ends += 1
        if self._ends == 1:
            log.error("background task ended unexpectedly: it begins again", task=self.name, exc_info=error)
            self._on_change()

    def _note_well(self) -> None:
        if self._ends:
            log.warning("background task is well again", task=self.name, ended=self._ends)
            self._ends = 0
            self._on_change()
