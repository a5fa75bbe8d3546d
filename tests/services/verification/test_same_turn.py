"""What several ask for in one turn, and so in one moment: verification knows that one of them did it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.commands.amend_purchase import CorrectPurchaseMetadata, ExtendPurchase, RevokePurchase
from gateway.services.core.model.values import Actor, Role
from tests.service import ADMIN, METADATA, Service
from tests.simulation.verified import broken

pytestmark = pytest.mark.anyio

OTHER = Actor("admin-2", Role.ADMIN)


async def test_two_admins_who_want_the_same_at_once_leave_good_books(service: Service) -> None:
    course = await service.save_course()
    await service.together(
        service.creating(course),
        service.creating(course, actor=OTHER, key="a-grant"),
    )
    [bought] = await service.bought()
    until = service.clock.now + timedelta(days=300)
    longer = replace(METADATA, session_duration=90)
    service.clock.advance(hours=1)
    await service.together(
        ExtendPurchase(ADMIN, bought.id, until, "a test"),
        ExtendPurchase(OTHER, bought.id, until, "a test", key="an-extension"),
    )
    service.clock.advance(hours=1)
    await service.together(
        CorrectPurchaseMetadata(ADMIN, bought.id, longer, "a test"),
        CorrectPurchaseMetadata(OTHER, bought.id, longer, "a test", key="a-correction"),
    )
    service.clock.advance(hours=1)
    await service.together(
        RevokePurchase(ADMIN, bought.id, "a test"), RevokePurchase(OTHER, bought.id, "a test", key="a-revocation")
    )
    with service.beside() as connection:
        assert broken(connection, service.clock) == []


async def test_who_asks_for_two_things_at_once_of_which_one_is_so_already_leaves_good_books(service: Service) -> None:
    bought = await service.created(await service.save_course())
    service.clock.advance(hours=1)
    await service.together(
        ExtendPurchase(ADMIN, bought.id, service.clock.now + timedelta(days=300), "a test", key="an-extension"),
        CorrectPurchaseMetadata(ADMIN, bought.id, METADATA, "a test", key="as-it-is"),
    )
    with service.beside() as connection:
        assert broken(connection, service.clock) == []
