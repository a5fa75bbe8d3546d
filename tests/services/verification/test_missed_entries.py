"""What one entry of a history, or one more of it, says wrong: each is found by the row that it is about."""

import pytest
from sqlalchemy import text
from uuid_utils.compat import uuid7

from db.engine import writer_engine
from gateway.services.core.frozen import replace
from tests.service import Service
from tests.services.purchases.imports.rows import PAID, came, old
from tests.services.verification.coming_over import taken
from tests.services.verification.test_good_histories import found
from tests.simulation.shop import open_shop

pytestmark = pytest.mark.anyio

AGAIN = """INSERT INTO audit_entry (subject_id, id, at, actor_id, actor_role, action, reason, changes)
    SELECT subject_id, :id, at, actor_id, actor_role, action, reason, changes FROM audit_entry WHERE action = :action"""


def changed(service: Service, statement: str, **values: object) -> None:
    engine = writer_engine(service.url)
    with engine.begin() as connection:
        connection.execute(text(statement), values)
    engine.dispose()


def told_again(service: Service, action: str) -> None:
    new = uuid7()
    changed(service, AGAIN, id=new.bytes if service.url.startswith("sqlite") else new, action=action)


async def test_what_had_gone_back_before_a_payment_came_over_is_told_once(service: Service) -> None:
    await came(service, old(await service.save_course(), payment=replace(PAID, refunded_minor=50_000)))
    assert found(service) == []
    told_again(service, "payment.refund_imported")
    faults = found(service)
    assert len(faults) == 2
    assert all("is one refund, which is there" in fault for fault in faults)


async def test_the_provider_names_what_had_gone_back_once_for_each_refund(service: Service) -> None:
    shop, row = open_shop(service), old(await service.save_course(), payment=replace(PAID, refunded_minor=50_000))
    taken(shop, row)
    await came(service, row)
    service.clock.advance(hours=1)
    await shop.receive(PAID.reference)
    assert found(service) == []
    told_again(service, "payment.refund_named")
    faults = found(service)
    assert len(faults) == 2
    assert all("is told once, and a refund has it" in fault for fault in faults)


async def test_a_session_is_told_of_as_often_as_it_was_recorded(service: Service) -> None:
    _, purchase = await open_shop(service).paid(await service.save_course())
    await service.recorded(purchase, 1)
    await service.withdrawn(purchase, 1)
    service.clock.advance(hours=1)
    await service.recorded(purchase, 1)
    assert found(service) == []
    told_again(service, "purchase.session_withdrawn")
    assert any("once more often than withdrawn" in fault for fault in found(service))


async def test_a_refund_was_asked_for_by_its_amount(service: Service) -> None:
    shop = open_shop(service)
    payment, _ = await shop.paid(await service.save_course())
    shop.books.refuses_refunds = True
    await shop.refund(payment, 5_000)
    assert found(service) == []
    said = '{"amountMinor": 5001, "currency": "INR", "origin": "GATEWAY"}'
    changed(service, f"UPDATE audit_entry SET changes = '{said}' WHERE action = 'payment.refund_requested'")
    [fault] = found(service)
    assert "no refund of this amount and origin that was asked for" in fault


async def test_an_old_payment_has_the_attempt_that_it_came_with_or_that_its_provider_said(service: Service) -> None:
    await came(service, old(await service.save_course(), payment=replace(PAID, attempt="ch_1")))
    assert found(service) == []
    changed(service, "UPDATE payment SET attempt = 'ch_2'")
    [fault] = found(service)
    assert "so must its attempt" in fault


async def test_the_key_of_an_old_purchase_is_of_the_system_that_it_came_from(service: Service) -> None:
    await came(service, old(await service.save_course()))
    assert found(service) == []
    changed(service, "UPDATE idempotency_record SET actor_id = 'import:another' WHERE operation = 'importPurchase'")
    [fault] = found(service)
    assert "from this old system" in fault
