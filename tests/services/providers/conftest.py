"""A fake Stripe with its books open, and the provider before it."""

from collections.abc import AsyncIterator

import pytest

from gateway.services.providers.stripe.provider import Stripe
from tests.services.providers.stripe.fake import FakeStripe


@pytest.fixture
def books() -> FakeStripe:
    return FakeStripe()


@pytest.fixture
async def provider(books: FakeStripe) -> AsyncIterator[Stripe]:
    async with books.provider() as opened:
        yield opened
