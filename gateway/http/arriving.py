"""The bodies that are on their way to this process: what they hold together, and who gives way when it is too much."""

import asyncio

MOST_ARRIVING_BYTES = 67_108_864
"""What they may hold together: of the largest webhooks sixty-four, of a usual body many thousands."""


class Arriving:
    """Bodies of which a part is here, each with its deadline. Those that began first give way to others."""

    def __init__(self, most_bytes: int = MOST_ARRIVING_BYTES) -> None:
        self._most_bytes, self._held = most_bytes, 0
        self._each: dict[asyncio.Timeout, int] = {}
        self._gave_way: set[asyncio.Timeout] = set()

    @property
    def held(self) -> int:
        """Bytes."""
        return self._held

    def came(self, body: asyncio.Timeout, size: int) -> None:
        """So many more bytes of it are here. Where that is too much, the deadline of others is now."""
        if body in self._gave_way:
            return
        self._each[body] = self._each.get(body, 0) + size
        self._held += size
        while self._held > self._most_bytes:
            first = next(iter(self._each))
            self._held -= self._each.pop(first)
            self._gave_way.add(first)
            first.reschedule(asyncio.get_running_loop().time())

    def is_over(self, body: asyncio.Timeout) -> bool:
        """It is whole, or given up. Returns whether it gave way."""
        self._held -= self._each.pop(body, 0)
        has = body in self._gave_way
        self._gave_way.discard(body)
        return has


arriving = Arriving()
"""This process's."""
