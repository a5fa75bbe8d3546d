"""Running jobs: what is due is claimed under a lease, run with the network outside any transaction, and ended."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from gateway.services.core.commands import ClaimJobs, DeferJob, StartSweep, Ticket
from gateway.services.core.outcomes import Claimed, JobChanged, Stale
from gateway.services.core.work import Job, JobKind
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.purchases import Purchases

log = structlog.get_logger(__name__)

LEASE_S = 300
"""How long a runner holds a job: longer than its work can take, ten calls to a provider, so that only a dead runner
loses it."""

MOST_AT_ONCE = 16
"""Jobs that one runner has under way: enough to wait on a slow provider, few enough for its rate limits."""

POLL_S = 1.0
"""How often the table is asked for what is due, where nothing was due the last time."""


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs due jobs until it is stopped. Any number of them, in any number of processes, share the work.

    Args:
        due: reads the ids of jobs whose time has come by then, at most so many, the longest due first.
        draw: a number from 0 to 1, to spread the waits of jobs that failed together.
    """

    purchases: Purchases
    due: Callable[[datetime, int], Awaitable[list[UUID]]]
    clock: Callable[[], datetime]
    draw: Callable[[], float] = random.random

    async def run_until_stopped(self, stopped: asyncio.Event) -> None:
        """Poll and run; what is under way when it is stopped is finished first."""
        is_sweeping = False
        while not stopped.is_set():
            try:
                is_sweeping = is_sweeping or await self._start_sweeps()
                ran = await self.run_due()
            except Exception:  # whatever it is, the next look may go well, and is logged
                log.exception("jobs could not be read")
                ran = 0
            if not ran:
                await _sleep(POLL_S, stopped)

    async def _start_sweeps(self) -> bool:
        """Whether both sweeps go round now."""
        sweeps = (JobKind.SWEEP_OPEN, JobKind.SWEEP_SETTLED)
        started = [await self.purchases.submit(StartSweep(sweep)) for sweep in sweeps]
        return all(isinstance(outcome, JobChanged) for outcome in started)

    async def run_due(self) -> int:
        """Run what is due now, once; gives how many jobs were claimed."""
        candidates = await self.due(self.clock(), MOST_AT_ONCE)
        if not candidates:
            return 0
        claimed = await self.purchases.submit(ClaimJobs(tuple(candidates), LEASE_S))
        if not isinstance(claimed, Claimed):  # busy
            return 0
        async with asyncio.TaskGroup() as group:
            for job in claimed.jobs:
                group.create_task(self._run(job))
        return len(claimed.jobs)

    async def _run(self, job: Job) -> None:
        ticket = Ticket(job.id, job.fence, self.draw())
        try:
            outcome = await self._work(job, ticket)
        except ProviderUnavailable as error:
            outcome = await self.purchases.submit(DeferJob(ticket, str(error)))
        except Exception as error:  # a job that raises is tried again alone, and is logged
            log.exception("job failed", job=str(job.id), kind=job.kind.value)
            outcome = await self.purchases.submit(DeferJob(ticket, type(error).__name__))
        if isinstance(outcome, Stale):
            log.warning("job taken over by another runner", job=str(job.id), kind=job.kind.value)

    async def _work(self, job: Job, ticket: Ticket) -> object:
        match job.kind:
            case JobKind.PAYMENT_CHECK:
                return await self.purchases.check(job.subject_id, ticket)
            case JobKind.PAYMENT_REFUND:
                return await self.purchases.refund(job.subject_id, ticket)
            case JobKind.WEBHOOK_HANDLE:
                return await self.purchases.hear(job.subject_id, ticket)
            case JobKind.SWEEP_OPEN | JobKind.SWEEP_SETTLED:
                return await self.purchases.sweep(job, ticket, self.clock())


async def _sleep(seconds: float, stopped: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stopped.wait(), seconds)
    except TimeoutError:
        return
