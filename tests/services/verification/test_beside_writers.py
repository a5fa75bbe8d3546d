"""Beside a service that writes, `gateway verify` finds nothing: each page is of one moment."""

import asyncio
from datetime import datetime
from threading import Event
from unittest.mock import patch

import pytest

from db.engine import audit_engine
from gateway.services.verification import looking
from tests.service import Service, student
from tests.simulation.verified import broken

pytestmark = pytest.mark.anyio

STUDENTS, AT_ONCE, ROWS_OF_A_PAGE = 48, 8, 5


async def test_nothing_is_found_while_payments_are_opened_confirmed_and_refunded(service: Service) -> None:
    course, is_over = await service.save_course(), Event()
    with patch.object(looking, "ROWS_OF_A_PAGE", ROWS_OF_A_PAGE):
        looks = asyncio.create_task(asyncio.to_thread(look_on, service, is_over))
        try:
            for first in range(0, STUDENTS, AT_ONCE):
                names = [f"student-{first + each}" for each in range(AT_ONCE)]
                bought = await asyncio.gather(*[service.paid(student(name), course) for name in names])
                await asyncio.gather(*[service.refund(payment) for payment, _ in bought[::2]])
        finally:
            is_over.set()
        found = await looks
    assert len(found) > 1
    assert [each for each in found if each] == []


def look_on(service: Service, is_over: Event) -> list[list[str]]:
    """What each look of many found; the last one began when everything was written."""
    engine = audit_engine(service.url)
    found = []
    with engine.connect() as connection:

        def clock() -> datetime:
            connection.rollback()
            return service.clock.now

        while not is_over.is_set():
            found.append(broken(connection, clock))
        found.append(broken(connection, clock))
    engine.dispose()
    return found
