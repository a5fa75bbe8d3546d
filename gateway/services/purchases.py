"""The stories of a purchase: in what order the provider, the writer and the reads are asked."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from gateway.services.core.checks import problems_of
from gateway.services.core.commands import Command, ConfirmPayment, OpenPayment, RecordIntent
from gateway.services.core.outcomes import FieldProblem, Invalid, Missing, Opened, Outcome, ProviderAway
from gateway.services.core.proofs import Proof, provider_of
from gateway.services.core.settling import needs_verdict
from gateway.services.core.values import Payment, Provider
from gateway.services.core.verdicts import Unacceptable, Unreachable, Verdict
from gateway.services.providers.base import PaymentProvider, ProviderUnavailable

PROVIDER_GONE_RETRY_S = 60
"""An operator has to put the provider back; a person's page need not ask more often."""


@dataclass(frozen=True, slots=True)
class Purchases:
    """The one service behind every door.

    Args:
        write: hands a command to the writer; its outcome is durable when it comes back.
        find_payment: reads one payment as it was last committed.
        providers: those that this gateway is set up for.
        default_provider: for callers that name none; None where no provider is set up.
        new_id: mints UUIDv7 ids.
    """

    write: Callable[[Command], Awaitable[Outcome]]
    find_payment: Callable[[UUID], Awaitable[Payment | None]]
    providers: Mapping[Provider, PaymentProvider]
    default_provider: Provider | None
    new_id: Callable[[], UUID]

    async def open(self, command: OpenPayment, noticed: Sequence[FieldProblem] = ()) -> Outcome:
        """Start a checkout: our row first, then the provider's intent, then the intent's id into our row.

        A crash between the steps leaves a payment without money; the same call with the same key goes on from there.
        """
        chosen = command.provider or self.default_provider
        if chosen is None or chosen not in self.providers:
            noticed = (*noticed, FieldProblem(("provider",), self._providers_in_words()))
        outcome = await self.submit(replace(command, default_provider=self.default_provider), noticed)
        if not isinstance(outcome, Opened):
            return outcome
        provider = self.providers.get(outcome.payment.provider)
        if provider is None:  # a replay of a payment whose provider was taken out of the settings since
            return ProviderAway(PROVIDER_GONE_RETRY_S)
        try:
            intent = await provider.open(outcome.payment)
        except ProviderUnavailable as error:
            return ProviderAway(error.retry_after_s)
        recorded = await self.submit(RecordIntent(command.actor, outcome.payment.id, intent.reference))
        if not isinstance(recorded, Opened):
            return recorded
        return Opened(recorded.payment, outcome.already_processed, intent.client_secret)

    async def confirm(
        self, command: ConfirmPayment, proof: Proof | None, noticed: Sequence[FieldProblem] = ()
    ) -> Outcome:
        """Settle a payment: the provider's verdict over the network, then one commit for all that follows."""
        if noticed or problems_of(command):
            return await self.submit(command, noticed)
        payment = await self.find_payment(command.payment_id)
        if payment is None:
            return Missing("payment")
        if needs_verdict(payment, command):
            verdict = await self._ask(payment, proof)
            if isinstance(verdict, Unacceptable):
                return Invalid((FieldProblem(verdict.path, verdict.message),))
            command = replace(command, verdict=verdict)
        return await self.submit(command)

    async def submit(self, command: Command, noticed: Sequence[FieldProblem] = ()) -> Outcome:
        """Have a command decided and committed, unless it is wrong in itself.

        Args:
            noticed: what its door found wrong when it read the caller's words; all of it is answered at once.
        """
        if found := (*noticed, *problems_of(command)):
            return Invalid(found)
        return await self.write(command)

    async def _ask(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        if proof is not None and provider_of(proof) is not payment.provider:
            wanted = payment.provider.lower()
            return Unacceptable(("proof",), f"this payment is with {payment.provider}; give proof.{wanted} or none")
        provider = self.providers.get(payment.provider)
        if provider is None:  # taken out of the settings while payments are open
            return Unreachable(None, PROVIDER_GONE_RETRY_S)
        return await provider.settle(payment, proof)

    def _providers_in_words(self) -> str:
        if not self.providers:
            return "no payment provider is set up here; an admin may grant the course with createPurchase"
        return f"must be one that is set up here: {', '.join(sorted(self.providers))}"
