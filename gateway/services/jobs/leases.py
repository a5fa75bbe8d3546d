"""The leases of the jobs that a runner has under way: short, and renewed for as long as it lives."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from uuid import UUID

import structlog

from gateway.services.core.commands.jobs.claims import DeferJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.frozen import replace
from gateway.services.core.model.job_outcomes import LeasesRenewed
from gateway.services.core.model.jobs import HANDED_BACK, Lease
from gateway.services.jobs.locked_rows import Submit, submit_or_part
from gateway.services.outages import Outages

log = structlog.get_logger(__name__)

LEASE_S = 20
"""How long a job is its runner's where nobody says it: a dead runner's jobs wait so long for another one. Long enough
for a busy writer, a slow disk, and clocks of several machines that differ by seconds."""

BEATS = 4
"""Renewals within a lease: some may come late, or fail, before it runs out."""

AGAIN_S = 1.0
"""How soon a renewal that failed is tried again."""

LONGEST_RUN_S = 900.0
"""A run that takes longer hangs: each call of a run has a deadline of its own. It is stopped and renewed no more, so
that its job is tried again."""

TAKEN_OVER = "job taken over by another runner"
HANGS = "job stopped: its run does not end"


@dataclass(frozen=True, slots=True)
class _Held:
    task: asyncio.Task[object] | None
    since: float
    """By the loop's clock."""


class Leases:
    """Those of one runner. All are renewed by one command, and none of a job that ends within a beat: usual jobs take
    milliseconds, and cost nothing here.

    Args:
        lease_s: how long a lease is.
    """

    def __init__(self, lease_s: int = LEASE_S) -> None:
        self.lease_s = lease_s
        self._beat_s = lease_s / BEATS
        self._outages = Outages("leases")
        self._held: dict[Lease, _Held] = {}
        self._stopped: dict[Lease, str] = {}
        """Those whose runs were told to stop, and why."""

    @property
    def longest_idle_s(self) -> float:
        """The longest time without a look for due jobs: one that woke nobody, such as a dead runner's, waits so much
        longer than its lease."""
        return self.lease_s / 2

    def has(self, job_id: UUID) -> bool:
        """Whether a run of the job is under way here. It is not begun once more beside that, even where its lease ran
        out before it could be renewed."""
        return any(lease.job_id == job_id for lease in self._held)

    @contextmanager
    def hold(self, lease: Lease) -> Iterator[None]:
        """Renew the lease meanwhile. Once it is another runner's, the task that holds it is cancelled, and this
        swallows that: whatever the run would still write is refused by the writer in any case."""
        self._held[lease] = _Held(asyncio.current_task(), asyncio.get_running_loop().time())
        try:
            yield
        except asyncio.CancelledError:
            if (reason := self._stopped.get(lease)) is None:
                raise
            log.warning(reason, job=str(lease.job_id))
        finally:
            self._stopped.pop(lease, None)
            del self._held[lease]

    @asynccontextmanager
    async def kept_up(self, submit: Submit) -> AsyncIterator[None]:
        """Renew what is held, every so often."""
        keeping = asyncio.create_task(self._keep_up(submit), name="leases")
        try:
            yield
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def renew(self, submit: Submit, older_than_s: float = 0.0) -> bool:
        """Renew the leases that are at least so old; whether that is done."""
        now = asyncio.get_running_loop().time()
        ages = {lease: now - held.since for lease, held in self._held.items()}
        for lease in (lease for lease, age in ages.items() if age > LONGEST_RUN_S):
            self._stop(lease, HANGS)
        due = tuple(lease for lease, age in ages.items() if older_than_s <= age <= LONGEST_RUN_S)
        if not due:
            return True
        outcomes = await submit_or_part(submit, lambda leases: RenewLeases(leases, self.lease_s), due)
        lost = {lease for _, outcome in outcomes if isinstance(outcome, LeasesRenewed) for lease in outcome.lost}
        for lease in lost:
            self._stop(lease, TAKEN_OVER)
        # Where all failed the writer is busy; one whose row is locked is tried again at the next beat.
        return any(isinstance(outcome, LeasesRenewed) for _, outcome in outcomes)

    async def hand_back(self, submit: Submit) -> None:
        """Stop all runs, and give their jobs to whoever looks next. A run that could not end is no attempt; what it had
        begun at a provider is found there by the next one, under the same idempotency key."""
        held = dict(self._held)
        for lease in held:
            self._stop(lease, HANDED_BACK)
        if tasks := [each.task for each in held.values() if each.task is not None]:
            await asyncio.wait(tasks)
        at_once = [DeferJob(replace(lease, jitter=0.0), HANDED_BACK, is_attempt=False) for lease in held]
        await asyncio.gather(*map(submit, at_once), return_exceptions=True)

    async def _keep_up(self, submit: Submit) -> None:
        is_done = True
        while True:
            await asyncio.sleep(self._beat_s if is_done else min(AGAIN_S, self._beat_s))
            try:
                is_done = await self.renew(submit, self._beat_s / 2)
            except Exception as error:  # noqa: BLE001  the next may go well; a lease that runs out is another runner's
                self._outages.note_unexpected("leases could not be renewed", error)
                is_done = False
            else:
                if self._outages.is_on:
                    self._outages.succeed()

    def _stop(self, lease: Lease, reason: str) -> None:
        held = self._held.get(lease)
        if held is not None and held.task is not None and lease not in self._stopped:
            self._stopped[lease] = reason
            held.task.cancel()
