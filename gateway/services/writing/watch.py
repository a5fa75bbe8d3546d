"""Watches the turn that is under way, for one that hangs."""

import asyncio
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

HANGS_S = 15.0
"""How long a turn may take before its callers, and those behind it, are told that the writer is busy: longer than one
takes on a server that says nothing, which is given up and run again. What hangs then is a disk."""

LOOK_S = 0.5
"""Between two looks, while turns follow each other; an idle writer is not looked at."""


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

    def turn_begins(self) -> None:
        """A turn begins."""
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        if self._looking is None:
            self._looking = loop.call_later(LOOK_S, self._look)

    def turn_ends(self) -> None:
        """It ended, however it did."""
        self._began, self.hangs = None, False

    def _look(self) -> None:
        self._looking = None
        if self._began is None:
            return
        self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._look)
        if self.held_up_s > HANGS_S and not self.hangs:
            log.error("the writer hangs: commands are refused until its turn ends", turn_s=round(self.held_up_s))
            self.hangs = True
            self._on_hang()
