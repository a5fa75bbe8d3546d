"""A fake Razorpay, the provider before it, and a payment that was opened there."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from gateway.services.core.model.values import Payment
from gateway.services.providers.razorpay.provider import Razorpay
from tests.services.providers.opening import intent_of
from tests.services.providers.razorpay.case import PAYMENT, provider_of
from tests.services.providers.razorpay.fake import FakeRazorpay


@pytest.fixture
def fake() -> FakeRazorpay:
    return FakeRazorpay()


@pytest.fixture
async def razorpay(fake: FakeRazorpay) -> AsyncIterator[Razorpay]:
    provider = provider_of(fake)
    yield provider
    await provider.close()


@pytest.fixture
async def opened(razorpay: Razorpay) -> Payment:
    return replace(PAYMENT, reference=(await intent_of(razorpay, PAYMENT)).reference)
