"""What a provider says of a payment now, as the command that brings our books up to date."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.commands.jobs.claims import EndJob
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.model.jobs import Lease
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Fulfilment, Payment
from gateway.services.core.model.verdicts import Canceled, ProviderRecord, Unacceptable
from gateway.services.jobs.foreign.intents import Intents
from gateway.services.purchases import Purchases


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Asks providers; the same answer twice changes nothing. The caller submits the command, with whatever else belongs
    in the same commit."""

    purchases: Purchases
    intents: Intents

    async def inspect(self, of: Payment, door: Door) -> Reconcile | None:
        """All that the provider's books say of a payment's intent; None where another gateway opened it, as in a copy
        of that gateway's database.

        Raises:
            ProviderUnavailable: no answer in time.
        """
        payment = await self._of_intent(of)
        record = await self.purchases.providers.get(payment.provider).inspect(payment)
        if await self.purchases.providers.is_anothers(record.verdict, payment):
            return None
        return self._command(payment, record, door)

    async def check(self, payment_id: UUID, lease: Lease) -> Outcome:
        """Settle a payment that nobody confirms: the work of its PAYMENT_CHECK job."""
        payment = await self.purchases.find_payment(payment_id)
        assert payment is not None, "a job's payment is never deleted"
        if payment.fulfilment is not Fulfilment.PENDING:
            return await self.purchases.submit(EndJob(lease))
        verdict = await self.purchases.providers.settle(payment, None)
        assert not isinstance(verdict, Unacceptable), "without a proof there is none to refuse"
        command = self._command(payment, ProviderRecord(verdict), Door.CHECK_JOB, lease)
        return await self.purchases.submit(command)

    async def close(self, payment: Payment) -> Reconcile | None:
        """Close a checkout at its provider, if we opened it and the provider can: what that led to, even if it was paid
        just before. None where it stays open.

        Raises:
            ProviderUnavailable: no answer in time.
        """
        assert payment.reference is not None, "only what was opened is closed"
        provider = self.purchases.providers.get(payment.provider)
        found = await provider.find(payment.reference)
        if found is None or not await self.intents.is_own(found.metadata, payment):
            return None
        verdict = await provider.cancel(payment)
        if verdict is None:
            return None
        ours = Canceled(is_abandoned=True) if isinstance(verdict, Canceled) else verdict
        return self._command(payment, ProviderRecord(ours), Door.SCHEDULE)

    def _command(self, payment: Payment, record: ProviderRecord, door: Door, lease: Lease | None = None) -> Reconcile:
        purchase_id = self.purchases.new_id()
        return Reconcile(payment.id, payment.provider, purchase_id, record, door=door, lease=lease)

    async def _of_intent(self, payment: Payment) -> Payment:
        """The payment that the provider's intent was opened for: itself, or the one whose intent took this money."""
        first = payment if payment.extra_of is None else await self.purchases.find_payment(payment.extra_of)
        assert first is not None, "extra money names the payment that was there before it"
        return first
