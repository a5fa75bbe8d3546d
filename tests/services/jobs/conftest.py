"""What is owed to a student, and whose job is due."""

import pytest

from gateway.services.core.model.values import Course, Payment
from tests.service import Service
from tests.simulation.shop import Shop


@pytest.fixture
async def owed(service: Service, shop: Shop, course: Course) -> Payment:
    """A payment of which an admin wants all back."""
    payment, _ = await shop.paid(course)
    await service.refund(payment)
    return payment
