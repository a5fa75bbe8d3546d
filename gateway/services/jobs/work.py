"""What each kind of job does, and what its failure means for it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Protocol, assert_never

import structlog

from gateway.services.core.commands.jobs.claims import DeferJob, EndJob
from gateway.services.core.commands.provider_events import LISTED, SHOWN
from gateway.services.core.model.jobs import DATABASE_AWAY, Case, Job, JobKind, Lease, Verified
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.privacy.retention import Retention
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Provider
from gateway.services.core.rules.cases import of_intent
from gateway.services.core.rules.events import event_of
from gateway.services.jobs import provider_events, refunding, sweeps
from gateway.services.jobs.foreign import intents
from gateway.services.jobs.foreign.checkouts import UnknownPayment
from gateway.services.jobs.foreign.intents import Intents
from gateway.services.jobs.pace import Pace
from gateway.services.jobs.privacy import pruning
from gateway.services.jobs.privacy.pruning import Pruning
from gateway.services.jobs.provider_events import ProviderEvents
from gateway.services.jobs.reconciliation import Reconciler
from gateway.services.jobs.refunding import Refunding
from gateway.services.jobs.sweeps import Sweeps
from gateway.services.jobs.verifying import NotLooked, Verifying
from gateway.services.measures import recording
from gateway.services.outages import Unavailable
from gateway.services.providers.base import ProviderUnavailable, UnreadableAmount
from gateway.services.purchases import Purchases
from gateway.services.subscribers.base import Subscriber, Undelivered

log = structlog.get_logger(__name__)


OUTAGE = partial(DeferJob, error=DATABASE_AWAY, is_attempt=False)
"""A run that our own database kept from its end, by the lease of its job."""


class Reads(intents.Reads, provider_events.Reads, refunding.Reads, sweeps.Reads, Protocol):
    """All that jobs read of our books."""


@dataclass(frozen=True, slots=True)
class Work:
    """Does the work of one job, and ends or defers the job in the same commit as its result."""

    purchases: Purchases
    reconciler: Reconciler
    refunding: Refunding
    events: ProviderEvents
    sweeps: Sweeps
    verifying: Verifying
    pruning: Pruning | None
    subscribers: Mapping[str, Subscriber]
    clock: Callable[[], datetime]

    async def run(self, job: Job, lease: Lease) -> Outcome:
        """Do the work now; where that fails, it is tried again later."""
        try:
            return await self._do(job, lease)
        except UnreadableAmount as error:
            reason = f"{error}. Look at it there, and bring both books to one end; then cancelJob ends this."
            case = Case(of_intent(error.provider, error.reference), reason)
            return await self.purchases.submit(DeferJob(lease, str(error), error.retry_after_s, case))
        except ProviderUnavailable as error:
            return await self.purchases.submit(DeferJob(lease, str(error), error.retry_after_s))
        except Unavailable:  # none of its doing: it counts as no attempt
            return await self.purchases.submit(OUTAGE(lease))
        except NotLooked as error:
            log.warning("the scheduled look through the database was not done", reason=str(error))
            return await self.purchases.submit(DeferJob(lease, str(error)))
        except UnknownPayment as error:
            return await self.purchases.submit(DeferJob(lease, str(error), case=error.case))
        except Exception as error:  # a job that raises is tried again alone, and is logged
            log.exception("job failed", job=str(job.id), kind=job.kind.value)
            return await self.purchases.submit(DeferJob(lease, type(error).__name__))

    async def _do(self, job: Job, lease: Lease) -> Outcome:
        match job.kind:
            case JobKind.PAYMENT_CHECK:
                return await self.reconciler.check(job.subject_id, lease)
            case JobKind.PAYMENT_REFUND:
                return await self.refunding.carry_out(job.subject_id, lease)
            case JobKind.WEBHOOK_HANDLE:
                door = Door.CHANGE_LIST if job.payload.get(LISTED) else Door.WEBHOOK
                return await self.events.handle(job.subject_id, lease, job.payload.get(SHOWN), door)
            case JobKind.EVENT_DELIVER:
                return await self._deliver(job, lease)
            case JobKind.SWEEP_OPEN | JobKind.SWEEP_SETTLED | JobKind.SWEEP_LAPSED:
                return await self.sweeps.run(job, lease, self.clock())
            case JobKind.SWEEP_OUTDATED:
                if self.pruning is None:
                    return await self.purchases.submit(EndJob(lease))
                return await self.pruning.run(job, lease, self.clock())
            case JobKind.SWEEP_VERIFY:
                return await self.verifying.run(job, lease, self.clock())
            case JobKind.CASE_REVIEW:
                raise AssertionError("a case is written as FAILED, and never claimed")
            case JobKind.UNKNOWN:
                raise AssertionError("a job of another release is not claimed")
            case _:
                assert_never(job.kind)

    async def _deliver(self, job: Job, lease: Lease) -> Outcome:
        """Send the job's event to its subscriber and end the job; or note why that failed, and when to try again.

        If the runner dies in between, the event is sent once more, with the same id.
        """
        subscriber = self.subscribers.get(job.target or "")
        if subscriber is None:
            return await self.purchases.submit(DeferJob(lease, f"{job.target} is no subscriber in the settings"))
        try:
            await subscriber.send(event_of(job))
        except Undelivered as undelivered:
            _count(subscriber.name, "undelivered")
            return await self.purchases.submit(DeferJob(lease, str(undelivered), undelivered.retry_after_s))
        _count(subscriber.name, "delivered")
        return await self.purchases.submit(EndJob(lease))


def _count(subscriber: str, result: str) -> None:
    if (measures := recording.measures) is not None:
        measures.deliveries.add(subscriber, result)


def work_on(
    purchases: Purchases,
    reads: Reads,
    clock: Callable[[], datetime],
    subscribers: Mapping[str, Subscriber],
    paces: Mapping[Provider, Pace],
    guarded: sweeps.Clock | None = None,
    look: Callable[[], Awaitable[Verified]] | None = None,
    verify_every_s: float | None = None,
    outdated: pruning.Reads | None = None,
    retention: Retention | None = None,
) -> Work:
    """The work on these purchases.

    Args:
        subscribers: where events are sent, by name.
        paces: how fast each provider is asked; without one, there is no limit.
        guarded: what is known of the clock.
        outdated: looks for what was kept for long enough, which is deleted then; None: nothing is.
        look: looks through the whole database, which is done so often; see `Verifying`.
    """
    intents = Intents(purchases, reads)
    reconciler = Reconciler(purchases, intents)
    events = ProviderEvents(purchases, intents, reconciler, reads)
    return Work(
        purchases,
        reconciler,
        Refunding(purchases, reconciler, reads),
        events,
        Sweeps(purchases, reconciler, events, reads, paces, guarded),
        Verifying(purchases, look, verify_every_s),
        Pruning(purchases, outdated, retention or Retention(), guarded) if outdated else None,
        subscribers,
        clock,
    )
