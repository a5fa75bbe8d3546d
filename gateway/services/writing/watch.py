"""Watches the turn that is under way, for one that hangs."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog

from gateway.services.writing import bounds

log = structlog.get_logger(__name__)


class TurnWatch:
    """Belongs to one event loop.

    Args:
        on_hang: called once for a turn that hangs.
    """

    def __init__(self, on_hang: Callable[[], None]) -> None:
        self._on_hang = on_hang
        self._began: float | None = None
        self._looking: asyncio.TimerHandle | None = None
        self.hangs = False
        """Whether the turn that is under way was found to hang."""

    @property
    def held_up_s(self) -> float:
        """How long the turn that is under way has taken."""
        return 0.0 if self._began is None else asyncio.get_running_loop().time() - self._began

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A turn is under way meanwhile. Where whoever waits for it is cancelled it is left behind, and hangs on."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        if self._looking is None:
            self._looking = loop.call_later(bounds.WATCH_S, self._look)
        try:
            yield
        except asyncio.CancelledError:
            self.hangs = False
            raise
        finally:
            if self.hangs:
                log.warning("the writer goes on: the turn that hung has ended", turn_s=round(self.held_up_s))
            self._began, self.hangs = None, False

    def _look(self) -> None:
        self._looking = None
        if self._began is None:
            return
        self._looking = asyncio.get_running_loop().call_later(bounds.WATCH_S, self._look)
        if self.held_up_s > bounds.HANGS_S and not self.hangs:
            log.error("the writer hangs: commands are refused until its turn ends", turn_s=round(self.held_up_s))
            self.hangs = True
            self._on_hang()
