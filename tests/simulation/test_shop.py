"""What the tests themselves rely on: a job that is due is run, or the test fails."""

import threading
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest

from tests import service as services
from tests.service import Clock, Service, running
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


class Clocks(Clock):
    """Those of two machines: the writer's is behind at its next `looks` looks."""

    looks = 0

    def __call__(self) -> datetime:
        if not self.looks or threading.current_thread().name != "writer":
            return self.now
        self.looks -= 1
        return self.now - timedelta(seconds=5)


@pytest.fixture
async def service(database_url: str) -> AsyncIterator[Service]:
    with patch.object(services, "Clock", Clocks):
        async with running(database_url) as started:
            yield started


async def owing(service: Service) -> Shop:
    """A shop with a refund whose job is due."""
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment)
    return shop


async def test_a_due_job_that_cannot_be_claimed_fails_the_test(service: Service) -> None:
    shop = await owing(service)
    async with running(service.url, most_waiting=0) as busy:
        busy.clock.now = service.clock.now
        with pytest.raises(AssertionError, match="due, and not run"):
            await open_shop(busy, shop.books).run_jobs()
    assert await shop.run_jobs() == 1


async def test_a_job_that_is_not_due_yet_by_the_writers_clock_is_claimed_once_it_is(service: Service) -> None:
    shop = await owing(service)
    assert isinstance(service.clock, Clocks)
    service.clock.looks = 2
    assert await shop.run_jobs() == 1
    assert shop.purchases() == [("BASIC", "REFUNDED")]
