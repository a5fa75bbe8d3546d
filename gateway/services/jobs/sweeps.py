"""The sweeps: open payments are asked about, a provider's changes are stored, and lapsed purchases are ended."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.jobs.claims import EndJob
from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.commands.lapse_purchases import LapsePurchases
from gateway.services.core.model.jobs import SUBJECTS, ClockNote, Job, JobKind, Lease, clock_notes_in
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.values import Provider
from gateway.services.core.rules import outages
from gateway.services.jobs import planned_asks, provider_changes
from gateway.services.jobs.locked_rows import submit_all_or_each, submit_or_part
from gateway.services.jobs.pace import Pace
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.jobs.reconciliation import Reconciler
from gateway.services.providers.base import PaymentProvider, ProviderUnavailable
from gateway.services.purchases import Purchases

log = structlog.get_logger(__name__)

CHANGES_S = 45
"""The pause between two looks at what changed: how late a lost webhook is noticed, at most."""

CHANGES_AGAIN = timedelta(days=7)
"""From when on they are looked through again where nobody knows up to when they were. What is known costs no call."""

PROVIDER_GONE_S = 300
LATELY, MISSED_AT_ONCE = timedelta(days=1), 64
LAPSED_S = 300
LAPSED_AT_ONCE = 64
"""Purchases of one run, which are ended in one commit: few enough that a caller who waits for it hardly notices."""


class Clock(Protocol):
    """The clock of the process, as far as others shall know of it."""

    @property
    def is_certain(self) -> bool:
        """Whether it is known that no leap led to what it says."""
        ...

    def note(self) -> ClockNote | None:
        """What it says, for whoever starts on this machine; None where that is in doubt."""
        ...


class Reads(planned_asks.Reads, provider_changes.Reads, Protocol):
    """What the sweeps read, as it was last committed."""

    async def unscheduled(self, since: datetime, most: int) -> list[UUID]: ...

    async def lapsed_purchases(self, now: datetime, after: UUID | None, most: int) -> list[UUID]: ...


def start_sweeps(providers: Iterable[Provider], *, verifies: bool = False, prunes: bool = False) -> list[StartSweep]:
    """All sweeps: two for each provider, so that a slow one delays no other, one for lapsed purchases, and, where they
    are wished, one that verifies everything, and one that deletes what is outdated."""
    kinds = (JobKind.SWEEP_OPEN, JobKind.SWEEP_SETTLED)
    return [
        *(StartSweep(kind, SUBJECTS[name]) for name in providers for kind in kinds),
        StartSweep(JobKind.SWEEP_LAPSED),
        *([StartSweep(JobKind.SWEEP_VERIFY)] if verifies else []),
        *([StartSweep(JobKind.SWEEP_OUTDATED)] if prunes else []),
    ]


@dataclass(frozen=True, slots=True)
class Sweeps:
    """One step of a sweep for each run of its job.

    Args:
        paces: how fast each provider is asked; without one, there is no limit.
        clock: the one that `now` is of; None where nothing is known of it.
    """

    purchases: Purchases
    reconciler: Reconciler
    events: ProviderEvents
    reads: Reads
    paces: Mapping[Provider, Pace]
    clock: Clock | None = None

    async def run(self, job: Job, lease: Lease, now: datetime) -> Outcome:
        """Go on where the last run ended."""
        after = str(job.payload["after"]) if job.payload.get("after") else None
        if job.kind is JobKind.SWEEP_LAPSED:
            return await self._lapse(job, lease, after, now)
        name = next((each for each, subject in SUBJECTS.items() if subject == job.subject_id), None)
        if name is None:  # a job of a release that had a single sweep for all providers
            return await self.purchases.submit(EndJob(lease))
        provider = self.purchases.providers.by_name.get(name)
        if provider is None:  # taken out of the settings, perhaps for a while
            return await self.purchases.submit(EndSweep(lease, after, PROVIDER_GONE_S))
        if job.kind is JobKind.SWEEP_OPEN:
            wait_s = await planned_asks.PlannedAsks(self.reconciler, self.reads).run(name, self.paces.get(name), now)
            return await self.purchases.submit(EndSweep(lease, None, wait_s))
        position, wait_s = await self._changes(provider, after, job.created_at, now)
        return await self.purchases.submit(EndSweep(lease, position, wait_s))

    async def _lapse(self, job: Job, lease: Lease, after: str | None, now: datetime) -> Outcome:
        """End what lapsed, but not while the clock is in doubt; and note what it says, where it is not."""
        if after is None:
            await self._schedule_missed(now)
        is_certain = self.clock is not None and self.clock.is_certain
        if not is_certain and (hold := outages.hold_on(job, now)):
            log.error(
                "nothing lapses for now: the clock is far from when this was due. If it is wrong, set it; if it is"
                " right, wait, or restart with GATEWAY_CLOCK_IS_RIGHT=true",
                clock=now.isoformat(),
                due=job.run_at.isoformat(),
                until=hold.until.isoformat(),
            )
            return await self.purchases.submit(EndSweep(lease, None, LAPSED_S, hold, clock_notes_in(job.payload)))
        position, wait_s = await self._lapsed(after, now)
        note = self.clock.note() if self.clock else None
        clocks = (*clock_notes_in(job.payload), *((note,) if note else ()))
        return await self.purchases.submit(EndSweep(lease, position, wait_s, clocks=clocks))

    async def _changes(
        self, provider: PaymentProvider, after: str | None, began: datetime, now: datetime
    ) -> tuple[str, float]:
        """Up to when the changes are stored now, and how long the next look may wait. They are followed from the first
        start of the sweep: what another system sold before that is none of ours."""
        since = datetime.fromisoformat(after) if after else began
        if since > now:  # it was noted by a wrong clock, nobody knows when
            since = now - CHANGES_AGAIN
        try:
            until = await provider_changes.ProviderChanges(self.events, self.reads).run(provider, since, now)
        except ProviderUnavailable as error:
            log.info("changes could not be read", provider=provider.name.value, error=str(error))
            return since.isoformat(), max(error.retry_after_s, CHANGES_S)
        return until.isoformat(), 0 if until < now else CHANGES_S

    async def _schedule_missed(self, now: datetime) -> None:
        """While a release rolls out, the previous one opens payments without a schedule."""
        missed = await self.reads.unscheduled(now - LATELY, MISSED_AT_ONCE)
        commands = [PlanAsk(payment_id, None) for payment_id in missed]
        await submit_all_or_each(self.purchases.submit_all, self.purchases.submit, commands)

    async def _lapsed(self, after: str | None, now: datetime) -> tuple[str | None, float]:
        """End purchases past their expiry, so that lists and subscribers need not wait for the student to come back."""
        page = await self.reads.lapsed_purchases(now, UUID(after) if after else None, LAPSED_AT_ONCE)
        if page:
            await submit_or_part(self.purchases.submit, LapsePurchases, page)
        return (page[-1].hex, 0) if len(page) == LAPSED_AT_ONCE else (None, LAPSED_S)
