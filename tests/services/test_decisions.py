"""The decision table, row by row."""

import pytest

from gateway.services.core.outcomes import Confirmed
from tests.service import Service, student

pytestmark = pytest.mark.anyio


async def test_the_same_payment_again_gives_the_same_purchase(service: Service) -> None:
    course = await service.save_course()
    payment = await service.opened(student(), course)
    first, second = [await service.confirm(student(), payment) for _ in range(2)]
    assert isinstance(first, Confirmed)
    assert isinstance(second, Confirmed)
    assert (first.already_processed, second.already_processed) == (False, True)
    assert second.purchase == first.purchase
    assert (service.count("purchase"), service.count("student_access")) == (1, 1)
