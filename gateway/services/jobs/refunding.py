"""A refund carried out: the provider first, by the refund's id as its idempotency key, then our books."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from gateway.services.core.commands.jobs.claims import DeferJob
from gateway.services.core.commands.settle_refund import SettleRefund
from gateway.services.core.model.jobs import Lease
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Payment, Refund, RefundStatus
from gateway.services.core.model.verdicts import RefundRejected
from gateway.services.core.rules.refunds.learnt import is_attempt_unknown
from gateway.services.core.rules.refunds.sums import is_held
from gateway.services.jobs.reconciliation import Reconciler
from gateway.services.purchases import Purchases

HELD = "a dispute is open over the money, or a refund is under way at the provider's dashboard"
HELD_RETRY_S = 3600
"""A bank takes weeks, so an hour more does not matter."""


class Reads(Protocol):
    """What is read of our books, as it was last committed."""

    async def payment_with_refunds(self, refund_id: UUID) -> tuple[Payment, list[Refund]] | None:
        """The payment of a refund, with all of its refunds; None where there is no such refund."""
        ...


@dataclass(frozen=True, slots=True)
class Refunding:
    """Makes the refunds that our books owe."""

    purchases: Purchases
    reconciler: Reconciler
    reads: Reads

    async def carry_out(self, refund_id: UUID, lease: Lease) -> Outcome:
        """Make a refund, unless the money went back another way, or others may still take it.

        Raises:
            ProviderUnavailable: nobody knows yet whether the money went back.
        """
        owed = await self._owed(refund_id)
        if is_attempt_unknown(owed.payment) and (
            command := await self.reconciler.inspect(owed.payment, Door.REFUND_JOB)
        ):
            await self.purchases.submit_or_raise(command)
            owed = await self._owed(refund_id)
        if owed.refund.status is not RefundStatus.PENDING:  # the money went back another way, and our books say so
            return await self.purchases.submit(SettleRefund(refund_id, None, lease=lease))
        if owed.is_held:
            return await self._wait(lease)
        result = await self.purchases.providers.get(owed.payment.provider).refund(owed.payment, owed.refund)
        if isinstance(result, RefundRejected):  # the money may have gone back another way: find out first
            if command := await self.reconciler.inspect(owed.payment, Door.REFUND_JOB):
                await self.purchases.submit_or_raise(command)
            if (await self._owed(refund_id)).is_held:
                return await self._wait(lease)
        return await self.purchases.submit(SettleRefund(refund_id, result, lease=lease))

    async def _owed(self, refund_id: UUID) -> "_Owed":
        found = await self.reads.payment_with_refunds(refund_id)
        assert found is not None, "a job's refund is never deleted"
        payment, refunds = found
        [refund] = (each for each in refunds if each.id == refund_id)
        return _Owed(refund, payment, is_held(refund, payment, refunds))

    async def _wait(self, lease: Lease) -> Outcome:
        return await self.purchases.submit(DeferJob(lease, HELD, HELD_RETRY_S, is_attempt=False))


@dataclass(frozen=True, slots=True)
class _Owed:
    """A refund as our books have it; `is_held` where others may still take its money."""

    refund: Refund
    payment: Payment
    is_held: bool
