"""The sweep that deletes what ended long ago and nothing needs any more, in small turns that let callers go first."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from gateway.services.core.commands.jobs.sweeps import EndSweep
from gateway.services.core.commands.privacy.prune import Prune
from gateway.services.core.frozen import replace
from gateway.services.core.model.jobs import LONGEST_WAIT_S, Job, Lease
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.privacy.outcomes import Pruned
from gateway.services.core.model.privacy.retention import EndedEvent, EndedJob, Retention
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.core.rules import outages
from gateway.services.core.rules.privacy.retention import REPEATABLE, is_job_over, oldest_kept
from gateway.services.purchases import Purchases

log = structlog.get_logger(__name__)

AT_ONCE = 128
"""Rows of a page, and so of one turn: a caller who waits for it hardly notices."""

RECORDS_AT_ONCE = 1_000
"""Callers' keys that are read at once: of most of them nothing goes."""

PAGES_OF_A_RUN = 64
"""After so many the place is noted; a process that dies in between leaves no more to be looked at again."""

AGAIN_S = 60.0
"""After a turn that could not be had."""

FIRST = UUID(int=0)
FIRST_KEY = IdempotencyKey("", "", "")
JOBS, EVENTS = "job", "event"
AT_RECORDS = f"{EVENTS}:{UUID(int=2**128 - 1).hex}"
"""The place after all events."""


class Reads(Protocol):
    """What is read to look for what may go, see `gateway.services.reading.privacy`."""

    async def jobs(self, after: UUID, before: datetime, most: int) -> list[EndedJob]: ...

    async def events(self, after: UUID, before: datetime, most: int) -> list[tuple[UUID, EndedEvent | None]]: ...

    async def records(
        self, after: IdempotencyKey, before: datetime, most: int
    ) -> list[tuple[IdempotencyKey, bool]]: ...


class Clock(Protocol):
    """The clock of the process, as far as others shall know of it."""

    @property
    def is_certain(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Pruning:
    """Goes through the tables by their keys, over and over.

    Args:
        clock: the one that `now` is of: while it is in doubt nothing is deleted, for by a wrong one all would be old.
    """

    purchases: Purchases
    reads: Reads
    retention: Retention = field(default_factory=Retention)
    clock: Clock | None = None

    async def run(self, job: Job, lease: Lease, now: datetime) -> Outcome:
        """Go on where the last run ended."""
        position = str(job.payload["after"]) if job.payload.get("after") else None
        is_certain = self.clock is not None and self.clock.is_certain
        if not is_certain and (hold := outages.hold_on(job, now)):
            return await self.purchases.submit(EndSweep(lease, position, AGAIN_S, hold))
        went, pages, wait_s = Pruned(), 0, 0.0
        async for command, after in self.commands(position, now):
            if command is not None:
                outcome = await self.purchases.submit(command)
                if not isinstance(outcome, Pruned):
                    wait_s = AGAIN_S  # the writer is busy, or somebody holds a row: this page comes again
                    break
                went += outcome
            position, pages = after, pages + 1
            if pages >= PAGES_OF_A_RUN and position != AT_RECORDS:
                break
        if went != Pruned():
            log.info("pruned", jobs=went.jobs, deliveries=went.deliveries, events=went.events, keys=went.keys)
        return await self.purchases.submit(EndSweep(lease, position, LONGEST_WAIT_S if position is None else wait_s))

    async def all(self, now: datetime, *, is_dry: bool) -> Pruned:
        """Go through everything once, and delete what may go; or only count it.

        Raises:
            Unavailable: it could not be gone through to the end.
        """
        went = Pruned()
        async for command, _ in self.commands(None, now):
            if command is not None:
                outcome = await self.purchases.submit_or_raise(replace(command, is_dry=is_dry))
                assert isinstance(outcome, Pruned), outcome
                went += outcome
        return went

    async def commands(self, position: str | None, now: datetime) -> AsyncIterator[tuple[Prune | None, str | None]]:
        """Page by page from a place on, what is to be deleted of it, if anything, and the place after it: None after
        the last one."""
        kind, _, key = (position or f"{JOBS}:{FIRST.hex}").partition(":")
        if kind == JOBS:
            async for found in self._jobs(UUID(key), now):
                yield found
            key = FIRST.hex
        async for found in self._events(UUID(key), now):
            yield found
        async for command in self._records(now):
            yield command, AT_RECORDS
        yield Prune(self.retention), None  # and the old notes of the change feed

    async def _jobs(self, after: UUID, now: datetime) -> AsyncIterator[tuple[Prune | None, str]]:
        before = _latest(oldest_kept(self.retention.jobs, now), oldest_kept(self.retention.deliveries, now))
        while before is not None and (page := await self.reads.jobs(after, before, AT_ONCE)):
            after = page[-1].id
            over = tuple(each.id for each in page if is_job_over(each, self.retention, now))
            yield Prune(self.retention, jobs=over) if over else None, f"{JOBS}:{after.hex}"

    async def _events(self, after: UUID, now: datetime) -> AsyncIterator[tuple[Prune | None, str]]:
        before = oldest_kept(self.retention.events, now)
        while before is not None and (page := await self.reads.events(after, before, AT_ONCE)):
            after = page[-1][0]
            over = tuple(ended for _, ended in page if ended is not None)
            yield Prune(self.retention, events=over) if over else None, f"{EVENTS}:{after.hex}"

    async def _records(self, now: datetime) -> AsyncIterator[Prune]:
        """All in one run: a place among callers' keys would name a caller, and be stored."""
        before, after = oldest_kept(self.retention.keys, now), FIRST_KEY
        while before is not None and (page := await self.reads.records(after, before, RECORDS_AT_ONCE)):
            after = page[-1][0]
            over = tuple(key for key, is_old in page if is_old and key.operation in REPEATABLE)
            for start in range(0, len(over), AT_ONCE):
                yield Prune(self.retention, records=over[start : start + AT_ONCE])


def _latest(*instants: datetime | None) -> datetime | None:
    return max((each for each in instants if each is not None), default=None)
