"""Running jobs: what is due is claimed under a lease, and run with the network outside any transaction."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from gateway.services.core.commands.jobs.claims import ClaimJobs
from gateway.services.core.model.job_outcomes import Claimed, JobChanged, Stale
from gateway.services.core.model.jobs import Job, JobKind, Ticket
from gateway.services.jobs.alarm import Alarm
from gateway.services.jobs.sweeps import rounds
from gateway.services.jobs.work import Work

log = structlog.get_logger(__name__)

LEASE_S = 300
"""How long a runner holds a job: longer than its work can take, ten calls to a provider, so that only a dead runner
loses it."""

MOST_AT_ONCE = 16
"""Jobs that one runner has under way: enough to wait on a slow provider, few enough for its rate limits."""

AGAIN_S = 1.0
"""How soon is looked again where a look failed, or others were faster."""

IDLE_S = 30.0
"""How long no look is taken at most: what nobody was woken for, as for the job of a dead runner, waits so long."""

MESSAGES = (JobKind.EVENT_DELIVER,)
MONEY = tuple(kind for kind in JobKind if kind not in (*MESSAGES, JobKind.UNKNOWN))
"""Two lanes: subscribers that do not answer hold up no refund."""

Due = Callable[[datetime, int, Collection[JobKind]], Awaitable[list[UUID]]]
NextDue = Callable[[Collection[JobKind]], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs due jobs until it is stopped. Any number of them, in any number of processes, share the work.

    Args:
        due: reads the ids of jobs of those kinds whose time has come by then, at most so many, the longest due first.
        next_due: reads when the time of the next one comes that nobody runs yet.
        kinds: the jobs that it runs.
        draw: a number from 0 to 1, to spread the waits of jobs that failed together.
    """

    work: Work
    due: Due
    next_due: NextDue
    clock: Callable[[], datetime]
    kinds: Collection[JobKind] = (*MONEY, *MESSAGES)
    draw: Callable[[], float] = random.random
    alarm: Alarm = field(default_factory=Alarm)

    async def run_until_stopped(self, stopped: asyncio.Event) -> None:
        """Run what is due, as soon as it is; what is under way when it is stopped is finished first."""
        under_way: set[asyncio.Task[None]] = set()
        is_sweeping = False
        while not stopped.is_set():
            claimed: list[Job] = []
            try:
                is_sweeping = is_sweeping or await self._start_sweeps()
                claimed = await self._claim(MOST_AT_ONCE - len(under_way))
            except Exception:  # whatever it is, the next look may go well, and is logged
                log.exception("jobs could not be read")
                self._look_again(AGAIN_S)
            under_way.update(asyncio.create_task(self._run(job)) for job in claimed)
            if not claimed:
                self._look_again(IDLE_S if is_sweeping else AGAIN_S)
                await self._news(stopped, under_way)
            under_way = {task for task in under_way if not task.done()}
        await asyncio.gather(*under_way)

    def notice(self, jobs: Iterable[Job]) -> None:
        """Jobs were written that wait for a runner; its own are run at their time."""
        for at in (job.run_at for job in jobs if job.kind in self.kinds):
            self.alarm.set_for(at)

    def look(self) -> None:
        """Look for due jobs now: others may have written some."""
        self._look_again(0)

    async def run_due(self) -> int:
        """Run what is due now, once; gives how many jobs were claimed."""
        claimed = await self._claim(MOST_AT_ONCE)
        await asyncio.gather(*map(self._run, claimed))
        return len(claimed)

    async def _start_sweeps(self) -> bool:
        """Whether all the sweeps that are this runner's go round now."""
        ours = [round_ for round_ in rounds(self.work.purchases.providers.by_name) if round_.kind in self.kinds]
        started = [await self.work.purchases.submit(round_) for round_ in ours]
        return all(isinstance(outcome, JobChanged) for outcome in started)

    async def _claim(self, most: int) -> list[Job]:
        """Due jobs, now this runner's; with none, the alarm is set for when there are."""
        if not most:
            return []  # until one under way ends
        candidates = await self.due(self.clock(), most, self.kinds)
        if not candidates:
            if (at := await self.next_due(self.kinds)) is not None:
                self.alarm.set_for(at)
            return []
        claimed = await self.work.purchases.submit(ClaimJobs(self.work.purchases.new_id(), tuple(candidates), LEASE_S))
        if isinstance(claimed, Claimed) and claimed.jobs:
            return list(claimed.jobs)
        self._look_again(AGAIN_S)  # the writer is busy, or others were faster
        return []

    def _look_again(self, in_s: float) -> None:
        self.alarm.set_for(self.clock() + timedelta(seconds=in_s))

    async def _run(self, job: Job) -> None:
        """A job, and what became of it; where even that could not be written, its lease ends."""
        ticket = Ticket(job.id, job.fence, self.draw())
        try:
            outcome = await self.work.run(job, ticket)
            if isinstance(outcome, Stale):
                log.warning("job taken over by another runner", job=str(job.id), kind=job.kind.value)
        except Exception:  # the runner outlives it, and another run follows
            log.exception("job's end could not be written", job=str(job.id), kind=job.kind.value)

    async def _news(self, stopped: asyncio.Event, under_way: Collection[asyncio.Task[None]]) -> None:
        """Wait until a job ended, which may make another due, or it is time to look again."""
        waits = [asyncio.create_task(stopped.wait()), asyncio.create_task(self.alarm.rung(self.clock))]
        await asyncio.wait([*waits, *under_way], return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()
