"""Who is connected to this process and has asked nothing whole: so many, the oldest of whom leaves first."""

from typing import Protocol

MOST_WAITING = 1_000
"""Where nobody says how many."""


class Waits(Protocol):
    """One that can be sent away."""

    def give_way(self) -> None: ...


class Waiting:
    """Those of whom no head is whole yet, or the body behind it, in the order in which that began. There are never more
    than `most`."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._all: dict[Waits, None] = {}

    def __len__(self) -> int:
        return len(self._all)

    def add(self, one: Waits) -> None:
        self._all[one] = None
        if len(self._all) > self._most:
            oldest = next(iter(self._all))
            del self._all[oldest]
            oldest.give_way()

    def discard(self, one: Waits) -> None:
        self._all.pop(one, None)
