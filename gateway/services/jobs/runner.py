"""Running jobs: what is due is claimed under a lease, and run with the network outside any transaction."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from uuid import UUID

import structlog

from gateway.services import tracing
from gateway.services.core.commands.jobs.claims import ClaimJobs
from gateway.services.core.model.job_outcomes import Claimed, JobChanged, Stale
from gateway.services.core.model.jobs import Job, JobKind, Lease
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.jobs.alarm import Alarm
from gateway.services.jobs.leases import TAKEN_OVER, Leases
from gateway.services.jobs.locked_rows import Aside, may_be_locked, submit_or_part
from gateway.services.jobs.sweeps import start_sweeps
from gateway.services.jobs.work import OUTAGE, Work
from gateway.services.measures import recording
from gateway.services.outages import Outages, Unavailable

log = structlog.get_logger(__name__)

MOST_AT_ONCE = 16
"""Jobs that one runner has under way: enough to wait on a slow provider, few enough for its rate limits."""

AGAIN_S = 1.0
"""How soon to look again where a look failed, or other runners were faster."""

MESSAGES = (JobKind.EVENT_DELIVER,)
MONEY = tuple(kind for kind in JobKind if kind not in (*MESSAGES, JobKind.UNKNOWN))
"""Each has a runner of its own, so that subscribers that do not answer delay no refund."""

Due = Callable[[datetime, int, Collection[JobKind]], Awaitable[list[UUID]]]
NextDue = Callable[[datetime, Collection[JobKind]], Awaitable[datetime | None]]


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs due jobs until it is stopped. Any number of them, in any number of processes, share the work.

    Args:
        due: reads the ids of jobs of these kinds that are due by then, at most so many, the longest due first.
        next_due: reads when the next job becomes due after that moment.
        kinds: the kinds of job that it runs.
        leases: those of the jobs that it has under way.
        draw: draws a number from 0 to 1, to spread the retries of jobs that failed together.
    """

    work: Work
    due: Due
    next_due: NextDue
    clock: Callable[[], datetime]
    kinds: Collection[JobKind] = (*MONEY, *MESSAGES)
    leases: Leases = field(default_factory=Leases)
    draw: Callable[[], float] = random.random
    alarm: Alarm = field(default_factory=Alarm)
    aside: Aside = field(default_factory=Aside)
    under_way: set[asyncio.Task[None]] = field(default_factory=set)
    outages: Outages = field(default_factory=lambda: Outages("jobs"))
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    async def run_until_stopped(self, stopped: asyncio.Event) -> None:
        """Run jobs as they become due; those under way when it is stopped are finished first."""
        async with self.leases.kept_up(self.work.purchases.submit):
            await self._run_until_stopped(stopped)

    async def _run_until_stopped(self, stopped: asyncio.Event) -> None:
        is_sweeping = False
        while not stopped.is_set():
            claimed: list[Job] = []
            try:
                is_sweeping = is_sweeping or await self._start_sweeps()
                claimed = await self._claim(MOST_AT_ONCE - len(self.under_way))
            except Unavailable:  # told by who reads
                self._look_again(AGAIN_S)
            except Exception as error:  # noqa: BLE001  whatever it is, the next look may go well
                self.outages.note_unexpected("jobs cannot be found and claimed", error)
            else:
                if self.outages.is_on:
                    self.outages.succeed()
            self._begin(claimed)
            if not claimed:
                is_well = is_sweeping and not self.outages.is_on
                self._look_again(self.leases.longest_idle_s if is_well else AGAIN_S)
                await self._wait(stopped)
        self.stopping.set()
        await asyncio.gather(*self.under_way)

    async def hand_back(self) -> None:
        """Break off what is under way, and leave it to another runner, which is told at once."""
        await self.leases.hand_back(self.work.purchases.submit)

    def wake_for(self, jobs: Iterable[Job]) -> None:
        """Wake up when these jobs are due, as far as they are its own."""
        for at in (job.run_at for job in jobs if job.kind in self.kinds):
            self.alarm.set_for(at)

    def look(self) -> None:
        """Look for due jobs now: other processes may have written some."""
        self._look_again(0)

    async def run_due(self) -> int:
        """Run what is due now, once; returns how many jobs were claimed."""
        claimed = await self._claim(MOST_AT_ONCE)
        await asyncio.gather(*map(self._run, claimed))
        return len(claimed)

    async def _start_sweeps(self) -> bool:
        """Whether all sweeps of this runner's kinds are running now."""
        does = {"verifies": self.work.verifying.is_on, "prunes": self.work.pruning is not None}
        sweeps = start_sweeps(self.work.purchases.providers.by_name, **does)
        started = [await self.work.purchases.submit(each) for each in sweeps if each.kind in self.kinds]
        return all(isinstance(outcome, JobChanged) for outcome in started)

    async def _claim(self, most: int) -> list[Job]:
        """Due jobs, now this runner's; with none, the alarm is set for when there are."""
        if not most:
            return []  # there is room again when one under way ends
        now = self.clock()
        aside = self.aside.ids()
        found = await self.due(now, most + len(aside), self.kinds)
        candidates = [job_id for job_id in found if job_id not in aside and not self.leases.has(job_id)][:most]
        if not candidates:
            if (at := await self.next_due(now, self.kinds)) is not None:
                self.alarm.set_for(at)
            if (left_s := self.aside.left_s) is not None:
                self._look_again(left_s)
            return []
        if not (claimed := await self._claimed(candidates)):
            self._look_again(AGAIN_S)  # the writer is busy, or others were faster
        return claimed

    async def _claimed(self, candidates: Sequence[UUID]) -> list[Job]:
        """Those of them that are this runner's now. A job whose row somebody else holds locked keeps no other waiting:
        it is put aside for a while."""
        jobs: dict[UUID, Job] = {}
        for job_id, outcome in await submit_or_part(self.work.purchases.submit, self._claim_for, candidates):
            if isinstance(outcome, Claimed):
                jobs |= {job.id: job for job in outcome.jobs}
                self.aside.take_back(job_id)
            elif may_be_locked(outcome):
                self.aside.put(job_id)
        return list(jobs.values())

    def _claim_for(self, job_ids: tuple[UUID, ...]) -> ClaimJobs:
        return ClaimJobs(self.work.purchases.new_id(), job_ids, self.leases.lease_s)

    def _begin(self, claimed: Iterable[Job]) -> None:
        for job in claimed:
            task = asyncio.create_task(self._run(job))
            self.under_way.add(task)
            task.add_done_callback(self.under_way.discard)

    def _look_again(self, in_s: float) -> None:
        self.alarm.set_for(self.clock() + timedelta(seconds=in_s))

    async def _run(self, job: Job) -> None:
        """Run a job and write down how it ended; if not even that succeeds, its lease runs out."""
        lease = Lease(job.id, job.fence, self.draw())
        began, state = perf_counter(), "LEFT"
        try:
            with self.leases.hold(lease), tracing.root(f"job {job.kind.value}", gateway__job__id=str(job.id)):
                outcome = await self.work.run(job, lease)
                while isinstance(outcome, Busy) and not await self._is_stopped_within(AGAIN_S):
                    # Its end could not be written. It stays this runner's, so that an outage is no attempt of its.
                    outcome = await self.work.purchases.submit(OUTAGE(lease))
                state = _state_after(outcome)
                if isinstance(outcome, Stale):
                    log.warning(TAKEN_OVER, job=str(job.id), kind=job.kind.value)
        except Exception:  # the runner goes on, and another run follows
            log.exception("job's end could not be written", job=str(job.id), kind=job.kind.value)
        finally:
            if (measures := recording.measures) is not None:
                measures.jobs.observe(perf_counter() - began, job.kind.value, state)

    async def _is_stopped_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.stopping.wait()
        return self.stopping.is_set()

    async def _wait(self, stopped: asyncio.Event) -> None:
        """Wait until a job ends, which may make another one due, or it is time to look again: by the loop's clock as
        well, since the alarm goes by one that may be set back."""
        waits = [asyncio.create_task(stopped.wait()), asyncio.create_task(self.alarm.rung(self.clock))]
        longest_s = self.leases.longest_idle_s
        await asyncio.wait([*waits, *self.under_way], timeout=longest_s, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


def _state_after(outcome: Outcome) -> str:
    """That of the job, as the numbers name it: what ends with its work is told by that."""
    match outcome:
        case JobChanged(job):
            return job.state.value
        case Stale():
            return "TAKEN_OVER"
        case Busy():
            return "LEFT"
        case _:
            return "DONE"
