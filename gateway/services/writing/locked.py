"""Groups of commands whose rows somebody else holds locked: put aside, and tried again by and by, while others go on.

PostgreSQL locks rows, so that who holds one by hand, in a transaction left open, need not keep anybody else waiting.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from random import random

from db import engine
from gateway.services.core.commands.every import Command
from gateway.services.core.frozen import quick
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.state import RowKeys

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.8
"""Before a group is tried again: doubled each time, up to the longest. A try costs others milliseconds."""

SHARED_BY_MANY = frozenset({"courses"})
"""Kinds of key by which it cannot be told that a command meets the same lock: all buyers of a course share it, and read
it without a lock."""

Group = Sequence[Command]


class LockedOut(Exception):
    """A row, or a table, that a command needs was locked by somebody else; nothing of it was written.

    `may_be_done`: but for this, where a commit of it got no answer before."""

    def __init__(self, *, may_be_done: bool = False) -> None:
        super().__init__()
        self.may_be_done = may_be_done


@quick
@dataclass(frozen=True, slots=True)
class Waiting:
    """Commands that are to be decided in one turn, and the future of their outcomes."""

    group: Group
    done: asyncio.Future[list[Outcome]]
    since: float = 0.0
    """By the loop's clock, where it is measured."""


@dataclass(slots=True)
class _Held:
    """A group that is put aside: its keys, since when by the loop's clock, and the pause before its next try."""

    waiting: Waiting
    keys: RowKeys
    since: float
    pause_s: float


class LockedGroups:
    """Those that are put aside now.

    Args:
        on_due: called when some are to be tried again.
    """

    def __init__(self, on_due: Callable[[], None]) -> None:
        self._on_due = on_due
        self._held: dict[asyncio.Future[list[Outcome]], _Held] = {}
        self._due: deque[Waiting] = deque()

    @property
    def due(self) -> deque[Waiting]:
        """Those that are to be tried again now."""
        return self._due

    def put(self, waiting: Waiting) -> bool:
        """Put a group aside that met a lock; False where it has waited for long enough: then it is no longer here."""
        loop = asyncio.get_running_loop()
        held = self._held.get(waiting.done)
        if held is None:
            held = _Held(waiting, _keys_of(waiting.group), loop.time(), FIRST_PAUSE_S)
            self._held[waiting.done] = held
        if loop.time() - held.since >= engine.LOCK_TIMEOUT_MS / 1_000:
            del self._held[waiting.done]
            return False
        # Drawn, so that two processes that met each other's locks do not meet again.
        loop.call_later(held.pause_s * (0.5 + random()), self._bring_back, held)  # noqa: S311  no secret
        held.pause_s = min(2 * held.pause_s, LONGEST_PAUSE_S)
        return True

    def meets(self, waiting: Waiting) -> bool:
        """Whether a new group names a row that one which is here names: it would meet the same lock."""
        if not self._held:
            return False
        keys = _keys_of(waiting.group)
        return any(_have_common(keys, held.keys) for held in self._held.values())

    def forget(self, waiting: Waiting) -> None:
        """It met no lock any more."""
        self._held.pop(waiting.done, None)

    def give_up(self) -> list[Waiting]:
        """All of them, which are here no longer, also those that are under way."""
        given_up = [held.waiting for held in self._held.values()]
        self._held.clear()
        self._due.clear()
        return given_up

    def _bring_back(self, held: _Held) -> None:
        if self._held.get(held.waiting.done) is held:
            self._due.append(held.waiting)
            self._on_due()


def _keys_of(group: Group) -> RowKeys:
    return RowKeys.all_of(command.keys() for command in group)


_TELLING = [each.name for each in fields(RowKeys) if each.name not in SHARED_BY_MANY]


def _have_common(one: RowKeys, other: RowKeys) -> bool:
    return any(not getattr(one, name).isdisjoint(getattr(other, name)) for name in _TELLING)
