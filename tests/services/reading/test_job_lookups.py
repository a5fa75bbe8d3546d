"""The reads of whoever does the gateway's own work: each is one statement, however much is asked for."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest
from uuid_utils.compat import uuid7

from db.compiled import Statement
from db.statements import REFUND
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import Provider
from gateway.services.rows.kinds import REFUNDS
from tests.service import Service, reads_of, student, values_of

pytestmark = pytest.mark.anyio

MANY = 1_200
"""More names than either database would take as parameters of their own."""


async def test_each_read_is_one_statement(service: Service) -> None:
    payment, _ = await service.paid(student(), await service.save_course())
    await service.refund(payment, 100)
    work, now, provider = service.work, service.clock.now, Provider.SANDBOX
    reads: Sequence[Callable[[], Awaitable[object]]] = (
        work.installation,
        lambda: work.event(uuid7()),
        lambda: work.payment_by_reference(provider, str(payment.reference)),
        lambda: work.payment_with_refunds(uuid7()),
        lambda: work.due_jobs(now, 5),
        lambda: work.misplanned_jobs(now, 5),
        lambda: work.next_due(now, [JobKind.PAYMENT_REFUND]),
        lambda: work.asks_after(provider, now, 5),
        lambda: work.next_asks(provider, 5),
        lambda: work.unscheduled(now, 5),
        lambda: work.known_events(provider, [f"evt_{number}" for number in range(MANY)]),
        lambda: work.known_captures(provider, [(f"pi_{number}", f"ch_{number}") for number in range(MANY)]),
        lambda: work.lapsed_purchases(now, None, 5),
    )
    for place, read in enumerate(reads):
        with reads_of(service.source) as statements:
            await read()
        assert len(statements) == (1 if place else 0), "this process has asked which installation it is: once is enough"


async def test_a_payment_is_found_with_its_refunds_the_first_one_first(service: Service) -> None:
    payment, _ = await service.paid(student(), await service.save_course())
    for amount in (100, 200):
        await service.refund(payment, amount)
    [payment] = await service.payments()
    refunds = values_of(REFUNDS, await service.source.rows(Statement(REFUNDS.select.order_by(REFUND.c.id))))
    assert [refund.amount.amount_minor for refund in refunds] == [100, 200]
    for refund in refunds:
        assert await service.work.payment_with_refunds(refund.id) == (payment, refunds)
    assert await service.work.payment_with_refunds(uuid7()) is None


async def test_of_many_names_those_are_known_that_are_in_the_books(service: Service) -> None:
    for number in (3, 700):
        event = ProviderEvent(uuid7(), Provider.STRIPE, f"evt_{number}", "charge.updated", (), service.clock.now)
        await service.purchases.submit(StoreEvent(event))
    names = [f"evt_{number}" for number in range(MANY)]
    assert await service.work.known_events(Provider.STRIPE, names) == {"evt_3", "evt_700"}
    assert await service.work.known_events(Provider.RAZORPAY, names) == set()
    assert await service.work.known_events(Provider.STRIPE, []) == set()


async def test_of_many_captures_those_are_known_whose_money_was_taken(service: Service) -> None:
    course = await service.save_course()
    payment, _ = await service.paid(student(), course)
    opened = await service.opened(student("student-2"), course)
    taken = (str(payment.reference), "tok_succeed")
    others = [(f"pi_{number}", "tok_succeed") for number in range(MANY)]
    asked = [*others, taken, (taken[0], "another"), (str(opened.reference), "tok_succeed")]
    assert await service.work.known_captures(Provider.SANDBOX, asked) == {taken}


async def test_lapsed_purchases_are_read_page_by_page_the_one_that_ended_first_first(service: Service) -> None:
    course = await service.save_course()
    begun = [await service.created(course, f"student-{number}") for number in range(5)]
    for purchase, days in ((begun[0], 200), (begun[2], 100)):
        await service.extend(purchase, service.clock.now + timedelta(days=days))
    ids = [begun[place].id for place in (1, 3, 4, 2, 0)]
    later = service.clock.now + timedelta(days=400)
    assert await service.work.lapsed_purchases(service.clock.now, None, 9) == []
    assert await service.work.lapsed_purchases(later, None, 2) == ids[:2]
    assert await service.work.lapsed_purchases(later, ids[1], 2) == ids[2:4]
    assert await service.work.lapsed_purchases(later, ids[3], 9) == ids[4:]
