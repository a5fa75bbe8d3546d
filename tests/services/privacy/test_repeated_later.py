"""Calls that are repeated after their keys could have gone: none is done a second time."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.model.outcomes import Corrected, Extended, RefundRequested
from tests.service import BASIC, METADATA, Service, student
from tests.simulation.shop import Shop, open_shop

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


async def prune(service: Service) -> None:
    await service.pruning().all(service.clock.now, is_dry=False)


async def test_a_correction_of_what_had_expired_and_goes_on_is_not_made_again(service: Service, shop: Shop) -> None:
    granted = await service.created(await service.save_course())
    await service.correct(granted, replace(METADATA, session_duration=90), key="longer")
    await service.correct(granted, replace(METADATA, session_duration=45), key="shorter")
    service.clock.advance(days=400)
    await shop.sweep()
    await prune(service)
    goes_on = await service.extend(granted, service.clock.now + timedelta(days=30))
    assert isinstance(goes_on, Extended)
    again = await service.correct(granted, replace(METADATA, session_duration=90), key="longer")
    assert isinstance(again, Corrected)
    assert again.already_processed
    assert again.purchase.metadata.session_duration == 45


async def test_a_part_that_went_back_long_ago_does_not_go_again_since_the_rest_came_back(
    service: Service, shop: Shop
) -> None:
    payment, _ = await shop.paid(await service.save_course(), actor=student())
    part = BASIC.price.amount_minor // 4
    await service.refund(payment, part, key="a-part")
    await shop.run_jobs()
    service.clock.advance(days=400)
    await service.refund(payment, key="the-rest")
    await shop.run_jobs()
    assert shop.payment(payment)[0] == "REFUNDED"
    await prune(service)
    shop.books.come_back(shop.books.returns[-1])
    await shop.receive(payment)
    assert shop.payment(payment)[0] == "PARTIALLY_REFUNDED"
    again = await service.refund(payment, part, key="a-part")
    assert isinstance(again, RefundRequested)
    assert again.already_processed
    await shop.run_jobs()
    assert shop.payment(payment)[2] == part


async def test_the_key_of_a_refund_goes_once_no_bank_gives_its_payments_money_back_any_more(
    service: Service, shop: Shop
) -> None:
    payment, _ = await shop.paid(await service.save_course(), actor=student())
    await service.refund(payment, 1_000, key="a-part")
    await shop.run_jobs()
    service.clock.advance(days=400)
    await service.refund(payment, key="the-rest")
    await shop.run_jobs()
    await prune(service)
    assert service.count("idempotency_record") == 2
    service.clock.advance(days=366)
    await prune(service)
    assert service.count("idempotency_record") == 0
