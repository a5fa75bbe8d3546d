"""What comes of a checkout that a provider opened or refused, and which parts it could not send back."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from uuid import UUID

from gateway.services.core.commands.every import Command
from gateway.services.core.commands.open_payment import RecordIntent, RefusePrice
from gateway.services.core.commands.refund_payment import RefundPayment
from gateway.services.core.model.outcomes import FieldProblem, Opened, Outcome, ProviderAway
from gateway.services.core.model.values import Actor, Money, Payment, Provider
from gateway.services.providers.base import Intent, PaymentProvider, PriceRefused

AT_ONCE_S = 1
"""When what another process is doing at this moment is done."""


class Tills(Protocol):
    """The providers, and the payments that they were asked for."""

    @property
    def providers(self) -> Mapping[Provider, PaymentProvider]: ...

    @property
    def find_payment(self) -> Callable[[UUID], Awaitable[Payment | None]]: ...


async def with_intent(
    opened: Opened, intent: Intent | PriceRefused, actor: Actor, submit: Callable[[Command], Awaitable[Outcome]]
) -> Outcome:
    """The checkout with the provider's intent noted; or its end, where the provider will never take the price."""
    if isinstance(intent, PriceRefused):
        refused = await submit(RefusePrice(actor, opened.payment.id, intent.reason))
        # The same call at the same moment had it opened all the same: the next one gets that.
        return ProviderAway(AT_ONCE_S) if isinstance(refused, Opened) else refused
    recorded = await submit(RecordIntent(actor, opened.payment.id, intent.reference))
    if not isinstance(recorded, Opened):
        return recorded
    return Opened(recorded.payment, opened.already_processed, intent.client_secret)


async def unsayable_part(command: RefundPayment, tills: Tills) -> FieldProblem | None:
    """Why the provider could not send just that much back, said before anything is promised."""
    if command.amount_minor is None or (payment := await tills.find_payment(command.payment_id)) is None:
        return None
    provider = tills.providers.get(payment.provider)
    if provider is None or payment.captured is None:
        return None
    why = provider.unsayable(Money(command.amount_minor, payment.captured.currency))
    return FieldProblem(("amountMinor",), why) if why else None
