"""Sessions of purchases that came over: what is recorded, or given back, later is right for those above and below."""

from datetime import timedelta

import pytest

from gateway.services.core.frozen import replace
from gateway.services.core.model.values import PurchaseStatus, TierChoice
from tests.service import Service
from tests.services.purchases.imports.rows import LATER, PAID, THEN, came, old
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio

REVOKED, SUPERSEDED = PurchaseStatus.REVOKED, PurchaseStatus.SUPERSEDED


async def test_what_an_ended_upgrade_continues_may_still_be_recorded(service: Service) -> None:
    course = await service.save_course()
    below = await came(service, old(course, "1", status=SUPERSEDED, ended_at=LATER))
    better = {"tier": TierChoice("PREMIUM", None), "created_at": LATER, "ended_at": LATER, "supersedes": "1"}
    above = await came(service, old(course, "2", status=REVOKED, **better))
    await service.recorded(below, 2, THEN + timedelta(days=1))
    assert (service.used(below), service.used(above)) == ((2, 4), (2, 24))
    assert open_shop(service).broken() == []


async def test_what_was_used_under_a_successor_whose_money_goes_back_counts_below_it(service: Service) -> None:
    course, shop = await service.save_course(), open_shop(service)
    first, second = (replace(PAID, reference=name) for name in ("pi_1", "pi_2"))
    below = await came(service, old(course, "1", status=SUPERSEDED, ended_at=LATER, payment=first))
    renewed = {"status": SUPERSEDED, "created_at": LATER, "ended_at": LATER, "supersedes": "1"}
    await came(service, old(course, "2", payment=second, **renewed))
    for reference in ("pi_1", "pi_2"):
        shop.books.book(PAID.amount, {}, reference)
        shop.books.refund_at_dashboard(shop.books.pay(reference))
        await shop.receive(reference)
    assert service.used(below) == (2, 4)
    assert shop.broken() == []
