"""A service with a provider that keeps books, and a course."""

import pytest

from gateway.services.core.model.values import Course
from tests.service import Service
from tests.simulation.shop import Shop, open_shop


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()
