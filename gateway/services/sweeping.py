"""The rounds that miss nothing: payments are compared with the provider's books, and lapsed purchases are ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import structlog

from gateway.services.core.commands import EndSweep, LapsePurchases, Ticket
from gateway.services.core.doors import Door
from gateway.services.core.outcomes import Outcome
from gateway.services.core.values import Payment
from gateway.services.core.work import Job, JobKind
from gateway.services.providers.base import ProviderUnavailable
from gateway.services.purchases import Purchases

log = structlog.get_logger(__name__)

SWEEPS = (JobKind.SWEEP_OPEN, JobKind.SWEEP_SETTLED, JobKind.SWEEP_LAPSED)

SWEEP_S = 300
"""The pause between two rounds of a sweep: what the student's page and the webhook both missed is settled within it."""

SWEPT_AFTER_S = 300
"""How long a payment is left to its page and its webhook before a sweep asks after it."""

SWEPT_DAYS = 14
"""How far back a sweep goes: providers close an unpaid checkout, and send a late refund's webhook, well within it."""

SWEPT_AT_ONCE = 10
"""Payments of one run: asked one after the other, each to its provider's deadline, they take less than the lease."""

LAPSED_AT_ONCE = 200
"""Purchases of one run: ended in one commit, by our clock alone."""


class Reads(Protocol):
    """What the rounds go through, as it was last committed; each page after that id, at most so many."""

    async def open_payments(
        self, earliest: datetime, latest: datetime, after: UUID | None, most: int
    ) -> list[Payment]: ...

    async def settled_payments(
        self, earliest: datetime, latest: datetime, after: UUID | None, most: int
    ) -> list[Payment]: ...

    async def lapsed_purchases(self, now: datetime, after: UUID | None, most: int) -> list[UUID]: ...


@dataclass(frozen=True, slots=True)
class Sweeps:
    """One page of a round for each run of its job."""

    purchases: Purchases
    reads: Reads

    async def run(self, job: Job, ticket: Ticket, now: datetime) -> Outcome:
        """Go on where the last run ended."""
        kept = job.payload.get("after")
        after = UUID(str(kept)) if kept else None
        if job.kind is JobKind.SWEEP_LAPSED:
            went_to = await self._lapsed(after, now)
        else:
            went_to = await self._payments(job.kind, after, now)
        return await self.purchases.submit(EndSweep(ticket, went_to, 0 if went_to else SWEEP_S))

    async def _payments(self, kind: JobKind, after: UUID | None, now: datetime) -> UUID | None:
        """Each payment's books are compared with the provider's and brought up to them.

        One payment that cannot be asked after now holds up no other; the next round asks again.
        """
        find, door = self.reads.open_payments, Door.SCHEDULE
        if kind is JobKind.SWEEP_SETTLED:
            find, door = self.reads.settled_payments, Door.CHANGE_LIST
        earliest, latest = now - timedelta(days=SWEPT_DAYS), now - timedelta(seconds=SWEPT_AFTER_S)
        page = await find(earliest, latest, after, SWEPT_AT_ONCE)
        for payment in page:
            try:
                await self.purchases.reconcile(payment, door)
            except ProviderUnavailable as error:
                log.info("sweep passed over a payment", payment=str(payment.id), error=str(error))
        return page[-1].id if len(page) == SWEPT_AT_ONCE else None

    async def _lapsed(self, after: UUID | None, now: datetime) -> UUID | None:
        """Purchases past their expiry are ended, so that whoever lists them, or is told, need not wait for the
        student to come back."""
        page = await self.reads.lapsed_purchases(now, after, LAPSED_AT_ONCE)
        if page:
            await self.purchases.submit(LapsePurchases(tuple(page)))
        return page[-1] if len(page) == LAPSED_AT_ONCE else None
