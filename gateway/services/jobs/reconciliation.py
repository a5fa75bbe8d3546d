"""Our books brought to what a provider's say of an intent, and intents closed there that nobody paid."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog

from gateway.services.core.commands.adopt_payment import RecordExtra
from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.every import Command
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.record_refunds import RecordRefunds
from gateway.services.core.model.outcomes import ExtraRecorded, Outcome
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import GATEWAY, Payment, Provider
from gateway.services.core.model.verdicts import Canceled, Captured, ProviderRecord, Unacceptable, Verdict
from gateway.services.jobs.foreign_intents import Intents
from gateway.services.providers.base import PaymentProvider

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reconciler:
    """Asks, and writes down what is true now, however often.

    Args:
        ask: the provider of that name.
        done: hands a command over that a job cannot do without.
        installation: the mark of this gateway.
    """

    find_payment: Callable[[UUID], Awaitable[Payment | None]]
    ask: Callable[[Provider], PaymentProvider]
    done: Callable[[Command], Awaitable[Outcome]]
    new_id: Callable[[], UUID]
    installation: Callable[[], Awaitable[str]]
    intents: Intents

    async def reconcile(self, of: Payment, door: Door) -> ProviderRecord | None:
        """Bring our books of a payment to what the provider's say of its intent: what was captured, then what went
        back, and then the same of money that its intent took once more. Money that is on its way back, or disputed, is
        asked after until it is decided.

        Returns:
            What they say; None where that is not ours to do, as in a copy of another gateway's books.
        """
        payment = await self._of_intent(of)
        truth = await self.ask(payment.provider).inspect(payment)
        if await self.is_anothers(truth.verdict, payment):
            return None
        await self.done(ConfirmPayment(GATEWAY, payment.id, self.new_id(), truth.verdict, door=door))
        if truth.refunds and isinstance(truth.verdict, Captured):
            await self.done(RecordRefunds(payment.id, truth.verdict.attempt, truth.refunds))
        for extra in truth.extra:
            command = RecordExtra(self.new_id(), payment.id, payment.provider, extra.captured, door=door)
            recorded = await self.done(command)
            if extra.refunds and isinstance(recorded, ExtraRecorded):
                await self.done(RecordRefunds(recorded.payment.id, extra.captured.attempt, extra.refunds))
        if truth.is_pending:
            await self.done(PlanAsk(payment.id, None, is_pending=True))
        return truth

    async def abandon(self, payment: Payment) -> None:
        """Close a checkout at its provider, where that can be, and where we opened it; what it took before it was
        closed is settled."""
        assert payment.reference is not None, "only what was opened is closed"
        provider = self.ask(payment.provider)
        found = await provider.find(payment.reference)
        if found is None or not await self.intents.is_own(found.metadata, payment):
            return
        verdict = await provider.cancel(payment)
        if verdict is not None:
            told = Canceled(is_abandoned=True) if isinstance(verdict, Canceled) else verdict
            await self.done(ConfirmPayment(GATEWAY, payment.id, self.new_id(), told, door=Door.SCHEDULE))

    async def _of_intent(self, payment: Payment) -> Payment:
        """The payment that the provider's intent was opened for: itself, or the one whose intent took this money."""
        first = payment if payment.extra_of is None else await self.find_payment(payment.extra_of)
        assert first is not None, "extra money names the payment that was there before it"
        return first

    async def is_anothers(self, verdict: Verdict | Unacceptable, payment: Payment) -> bool:
        """Whether the money was taken for another gateway, of whose database ours is a copy."""
        mark = verdict.installation if isinstance(verdict, Captured) else None
        if mark is None or mark == await self.installation():
            return False
        log.error("payment of another installation; is GATEWAY_INSTALLATION right?", payment=str(payment.id), mark=mark)
        return True
