"""The payment providers that are set up, and the mark that tells this gateway's intents from another's."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import structlog

from gateway.services.core.model.proofs import Proof, provider_of
from gateway.services.core.model.values import Money, Payment, Provider
from gateway.services.core.model.verdicts import Captured, Unacceptable, Unreachable, Verdict
from gateway.services.providers.base import OPERATOR_RETRY_S, PaymentProvider, ProviderUnavailable

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ProviderRegistry:
    """Finds the provider of a payment, and asks it.

    Args:
        by_name: those that are set up. One may be taken out of the settings while its payments are open.
        default: for callers that name none; None where no provider is set up.
        installation: reads the mark of this gateway, which is on every intent that it opens.
    """

    by_name: Mapping[Provider, PaymentProvider]
    default: Provider | None
    installation: Callable[[], Awaitable[str]]

    def get(self, name: Provider) -> PaymentProvider:
        """The provider of that name.

        Raises:
            ProviderUnavailable: it is not set up now.
        """
        provider = self.by_name.get(name)
        if provider is None:
            raise ProviderUnavailable(OPERATOR_RETRY_S)
        return provider

    def is_set_up(self, name: Provider | None) -> bool:
        return name is not None and name in self.by_name

    def not_set_up_message(self) -> str:
        """What is wrong with naming a provider that is not set up, and which ones a caller may name."""
        if not self.by_name:
            return "no payment provider is set up here; an admin may grant the course with createPurchase"
        return f"must be one that is set up here: {', '.join(sorted(self.by_name))}"

    async def settle(self, payment: Payment, proof: Proof | None) -> Verdict | Unacceptable:
        """What the payment's provider says of it now. An outage, or another gateway's money, is `Unreachable`.

        Raises:
            UnreadableAmount: it was captured, and our books cannot hold how much.
        """
        if proof is not None and provider_of(proof) is not payment.provider:
            wanted = payment.provider.lower()
            return Unacceptable(("proof",), f"this payment is with {payment.provider}; give proof.{wanted} or none")
        provider = self.by_name.get(payment.provider)
        if provider is None:
            return Unreachable(None, OPERATOR_RETRY_S)
        verdict = await provider.settle(payment, proof)
        is_marked = isinstance(verdict, Captured) and verdict.installation is not None
        if is_marked and await self.is_anothers(verdict, payment):
            return Unreachable(None, OPERATOR_RETRY_S)
        return verdict

    async def is_anothers(self, verdict: Verdict | Unacceptable, payment: Payment) -> bool:
        """Whether the money was taken for another gateway, as where our database is a copy of that one's."""
        mark = verdict.installation if isinstance(verdict, Captured) else None
        if mark is None or mark == await self.installation():
            return False
        log.error("payment of another installation; is GATEWAY_INSTALLATION right?", payment=str(payment.id), mark=mark)
        return True

    def refund_amount_problem(self, payment: Payment, amount_minor: int) -> str | None:
        """Why the payment's provider cannot refund this amount; None where it can, or nothing was captured."""
        provider = self.by_name.get(payment.provider)
        if provider is None or payment.captured is None:
            return None
        return provider.amount_problem(Money(amount_minor, payment.captured.currency))
