"""A checkout that a provider opened, as tests that are not about refusals ask for it."""

from gateway.services.core.model.values import Payment
from gateway.services.providers.base import Intent, PaymentProvider
from tests.service import INSTALLATION


async def intent_of(provider: PaymentProvider, payment: Payment, installation: str = INSTALLATION) -> Intent:
    opened = await provider.open(payment, installation)
    assert isinstance(opened, Intent), opened
    return opened
