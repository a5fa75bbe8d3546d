"""Our books of a payment brought to what its provider's say, and intents closed there that nobody paid."""

from dataclasses import dataclass, replace
from uuid import UUID

from gateway.services.core.commands.adopt_payment import RecordExtra
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.record_refunds import RecordRefunds
from gateway.services.core.model.job_outcomes import ExtraRecorded
from gateway.services.core.model.jobs import Ticket
from gateway.services.core.model.outcomes import Outcome
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import GATEWAY, Payment
from gateway.services.core.model.verdicts import Canceled, Captured, ProviderRecord, Unacceptable
from gateway.services.jobs.foreign_intents import Intents
from gateway.services.purchases import Purchases


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Asks, and writes down what is true now, however often."""

    purchases: Purchases
    intents: Intents

    async def reconcile(self, of: Payment, door: Door) -> ProviderRecord | None:
        """Bring our books of a payment to what the provider's say of its intent: what was captured, then what went
        back, and then the same of money that its intent took once more. Money that is on its way back, or disputed, is
        asked after until it is decided.

        Returns:
            What they say; None where that is not ours to do, as in a copy of another gateway's books.
        """
        payment = await self._of_intent(of)
        truth = await self.purchases.providers.get(payment.provider).inspect(payment)
        if await self.purchases.providers.is_anothers(truth.verdict, payment):
            return None
        done = self.purchases.submit_or_raise
        await done(ConfirmPayment(GATEWAY, payment.id, self.purchases.new_id(), truth.verdict, door=door))
        if truth.refunds and isinstance(truth.verdict, Captured):
            await done(RecordRefunds(payment.id, truth.verdict.attempt, truth.refunds))
        for extra in truth.extra:
            command = RecordExtra(self.purchases.new_id(), payment.id, payment.provider, extra.captured, door=door)
            recorded = await done(command)
            if extra.refunds and isinstance(recorded, ExtraRecorded):
                await done(RecordRefunds(recorded.payment.id, extra.captured.attempt, extra.refunds))
        if truth.is_pending:
            await done(PlanAsk(payment.id, None, is_pending=True))
        return truth

    async def check(self, payment_id: UUID, ticket: Ticket) -> Outcome:
        """Settle a payment that nobody confirms: the work of the job that was left behind for it."""
        payment = await self.purchases.find_payment(payment_id)
        assert payment is not None, "a job's payment is never deleted"
        command = ConfirmPayment(GATEWAY, payment_id, self.purchases.new_id(), None, ticket=ticket, door=Door.CHECK_JOB)
        if command.needs_verdict(payment):
            verdict = await self.purchases.providers.settle(payment, None)
            assert not isinstance(verdict, Unacceptable), "without a proof there is none to refuse"
            command = replace(command, verdict=verdict)
        return await self.purchases.submit(command)

    async def abandon(self, payment: Payment) -> None:
        """Close a checkout at its provider, where that can be, and where we opened it; what it took before it was
        closed is settled."""
        assert payment.reference is not None, "only what was opened is closed"
        provider = self.purchases.providers.get(payment.provider)
        found = await provider.find(payment.reference)
        if found is None or not await self.intents.is_own(found.metadata, payment):
            return
        verdict = await provider.cancel(payment)
        if verdict is not None:
            told = Canceled(is_abandoned=True) if isinstance(verdict, Canceled) else verdict
            command = ConfirmPayment(GATEWAY, payment.id, self.purchases.new_id(), told, door=Door.SCHEDULE)
            await self.purchases.submit_or_raise(command)

    async def _of_intent(self, payment: Payment) -> Payment:
        """The payment that the provider's intent was opened for: itself, or the one whose intent took this money."""
        first = payment if payment.extra_of is None else await self.purchases.find_payment(payment.extra_of)
        assert first is not None, "extra money names the payment that was there before it"
        return first
