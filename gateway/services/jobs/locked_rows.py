"""How jobs walk around rows that somebody else holds locked, in a transaction left open, say: only they wait."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import TypeVar
from uuid import UUID

from gateway.services.core.commands.every import Command
from gateway.services.core.model.outcomes import Busy, Outcome

FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 10.0
"""Before a job that could not be claimed is claimed again: doubled each time, up to the longest. After an outage it is
how late the last job is; and a try keeps others waiting for a tenth of a second."""

Item = TypeVar("Item")
Submit = Callable[[Command], Awaitable[Outcome]]


async def submit_or_part(
    submit: Submit, command_for: Callable[[tuple[Item, ...]], Command], items: Sequence[Item]
) -> list[tuple[Item, Outcome]]:
    """One command for all items; or, where the writer is busy for that, one for each, for it may be that a row of one
    is locked. The outcome for each: of one command it is the same for all."""
    whole = await submit(command_for(tuple(items)))
    if len(items) == 1 or not may_be_locked(whole):
        return [(item, whole) for item in items]
    parts = await asyncio.gather(*(submit(command_for((item,))) for item in items))
    return list(zip(items, parts, strict=True))


async def submit_all_or_each(
    submit_all: Callable[[Sequence[Command]], Awaitable[list[Outcome]]], submit: Submit, commands: Sequence[Command]
) -> list[Outcome]:
    """The same of commands that need not be committed together."""
    outcomes = await submit_all(commands)
    if len(commands) < 2 or not any(map(may_be_locked, outcomes)):
        return outcomes
    return list(await asyncio.gather(*map(submit, commands)))


def may_be_locked(outcome: Outcome) -> bool:
    """Whether a row that is locked may be the reason that nothing was done."""
    return isinstance(outcome, Busy) and not outcome.may_be_done


class Aside:
    """Jobs that could not be claimed, and are left alone for a while. It belongs to one event loop."""

    def __init__(self) -> None:
        self._until: dict[UUID, float] = {}
        self._pauses: dict[UUID, float] = {}

    def put(self, job_id: UUID) -> None:
        """It was tried in vain."""
        pause_s = min(2 * self._pauses.get(job_id, FIRST_PAUSE_S / 2), LONGEST_PAUSE_S)
        self._pauses[job_id], self._until[job_id] = pause_s, _now() + pause_s

    def take_back(self, job_id: UUID) -> None:
        """It could be tried."""
        self._until.pop(job_id, None)
        self._pauses.pop(job_id, None)

    def ids(self) -> Collection[UUID]:
        """Those to be left alone now. What was not heard of for long after that is forgotten."""
        now = _now()
        for job_id in [each for each, until in self._until.items() if now > until + LONGEST_PAUSE_S]:
            self.take_back(job_id)
        return {job_id for job_id, until in self._until.items() if now < until}

    @property
    def left_s(self) -> float | None:
        """How long until the first of them is to be tried again; None where there is none."""
        now = _now()
        return min((until - now for until in self._until.values() if until > now), default=None)


def _now() -> float:
    return asyncio.get_running_loop().time()
