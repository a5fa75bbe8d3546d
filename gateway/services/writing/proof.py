"""Whether anything can be written, for whoever asks while nobody writes."""

import asyncio
from collections.abc import Awaitable, Callable

PROVEN_S = 0.5
"""How long a commit proves that the next one will be taken. Whoever asks more often costs the database no more."""


class Proof:
    """That of one writer: nothing else shows a full disk, or a standby. It belongs to one event loop.

    Args:
        try_to_write: makes a commit that changes nothing, and notes how that went.
    """

    def __init__(self, try_to_write: Callable[[], Awaitable[None]]) -> None:
        self._try = try_to_write
        self._proven_at = float("-inf")
        self._trying: asyncio.Task[None] | None = None

    def note(self) -> None:
        """Something was committed."""
        self._proven_at = asyncio.get_running_loop().time()

    async def renew(self) -> None:
        """Return once it is known how a commit goes now. Whoever is cancelled meanwhile leaves it to go on: all who ask
        wait for one and the same."""
        if self._trying is None or self._trying.done():
            if asyncio.get_running_loop().time() - self._proven_at < PROVEN_S:
                return
            self._trying = asyncio.create_task(self._renew(), name="writer's proof")
        await asyncio.shield(self._trying)

    def give_up(self) -> None:
        """Nobody asks any more."""
        if self._trying is not None:
            self._trying.cancel()

    async def _renew(self) -> None:
        await self._try()
        self.note()
