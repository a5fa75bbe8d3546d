"""The groups that wait for a turn of the writer, and whose turn is next."""

import asyncio
from collections import deque

from gateway.services.writing.locked import LockedGroups, Waiting

MOST_PASSED_OVER = 8
"""Turns of callers that go before the background while it waits: it gets one in so many, however busy the writer is."""

MOST_OF_BACKGROUND = 64
"""Commands in one of its turns, a page of a sweep: it bounds how long a caller waits for them."""


class WaitingGroups:
    """Those of one writer. It belongs to one event loop.

    Args:
        most_in_turn: commands of one turn. Groups stay together, so a larger one makes a turn of its own.
    """

    def __init__(self, most_in_turn: int) -> None:
        self._most_in_turn = most_in_turn
        self._callers: deque[Waiting] = deque()
        self._background: deque[Waiting] = deque()
        """Groups of which nobody waits for an outcome, see `BaseCommand.is_background`."""
        self._passed_over = 0
        """How many turns the background has waited for."""
        self.arrived = asyncio.Event()
        """Set when there may be something to do."""
        self.locked = LockedGroups(self.arrived.set)
        self.commands = 0
        self.is_again = False
        """Whether the last turn was of groups that had been locked out: the next one is of others, if there are any."""

    def __bool__(self) -> bool:
        return bool(self._callers or self._background or self.locked.due)

    def put(self, waiting: Waiting) -> bool:
        """A group has come; False where it would meet a lock, and does not wait for it."""
        if self.locked.meets(waiting):
            return self.put_aside(waiting)
        self.commands += len(waiting.group)
        is_background = all(command.is_background for command in waiting.group)
        (self._background if is_background else self._callers).append(waiting)
        self.arrived.set()
        return True

    def put_aside(self, waiting: Waiting) -> bool:
        """A group met a lock, or would: whether it is here, to be tried later."""
        is_here = all(command.waits_for_locks for command in waiting.group) and self.locked.put(waiting)
        self.commands += len(waiting.group) if is_here else 0
        return is_here

    def next_batch(self) -> list[Waiting]:
        """The groups that have waited longest: as many as fit into one turn, and at least one.

        The background has turns of its own, while no caller waits or once it was passed over often: so a caller waits
        for one of them at most. So it is with groups that were locked out."""
        has_others = bool(self._callers or self._background)
        self.is_again = bool(self.locked.due) and not (self.is_again and has_others)
        if self.is_again:
            return self._taken_from(self.locked.due, self._most_in_turn)
        if self._background and (not self._callers or self._passed_over >= MOST_PASSED_OVER):
            self._passed_over = 0
            return self._taken_from(self._background, MOST_OF_BACKGROUND)
        self._passed_over += bool(self._background)
        return self._taken_from(self._callers, self._most_in_turn)

    def give_up(self) -> list[Waiting]:
        """All of them, which wait no longer, and those among them that are under way again after a lock."""
        given_up = [*self._callers, *self._background, *self.locked.give_up()]
        self._callers.clear()
        self._background.clear()
        self.commands = 0
        return given_up

    def _taken_from(self, waiting: deque[Waiting], most: int) -> list[Waiting]:
        batch: list[Waiting] = []
        room = most
        while waiting and (not batch or len(waiting[0].group) <= room):
            batch.append(waiting.popleft())
            room -= len(batch[-1].group)
        self.commands -= most - room
        return batch
