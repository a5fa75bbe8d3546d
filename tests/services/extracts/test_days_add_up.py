"""Whatever happens to money, and on whichever days, the days of a report add up to the books."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from db.engine import audit_engine
from db.tables import PaymentRow
from gateway.cli.exporting.reconciliation import Row, _bounds, _totals
from gateway.services.core.model.values import Money, Tier
from gateway.services.extracts.reconciliation import reconciled
from tests.service import Service, student
from tests.simulation.shop import open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICES = (Money(12_340, "KWD"), Money(500, "JPY"), Money(199_900, "INR"))
"""Of three decimal digits, of none, and of two."""


async def test_captures_refunds_disputes_and_what_comes_back_add_up_wherever_days_begin(service: Service) -> None:
    shop, first = open_shop(service), service.clock.now.date() - timedelta(days=2)
    for price in PRICES:
        course = await service.save_course(Tier("BASIC", 4, price, 90, 1))
        part, _ = await shop.paid(course, actor=student("in-parts"))
        await shop.refund(part, 100)
        disputed = shop.books.dispute(shop.capture(part), 200, "USD")  # the bank counts in a currency of its own
        await shop.receive(part)
        service.clock.advance(hours=15)
        shop.books.decide(disputed, True)
        await shop.receive(part)
        twice = await service.opened(student("pays-twice"), course)
        shop.pay(twice)
        shop.books.capture_again(reference_of(twice))
        await shop.receive(twice)
        shop.books.come_back(shop.books.returns[-1])
        service.clock.advance(hours=15)
        await shop.receive(twice)
    payments = service.stored(PaymentRow)
    kept = {
        price.currency: sum(
            (row.captured_minor or 0) - row.refunded_minor
            for row in payments
            if row.captured_currency == price.currency
        )
        for price in PRICES
    }
    days = [first + timedelta(days=number) for number in range(9)]
    engine = audit_engine(service.url)
    with engine.connect() as connection:
        for zone in ("Asia/Kolkata", "Pacific/Kiritimati"):
            found = reconciled(connection, [(day, *_bounds(day, ZoneInfo(zone))) for day in days])
            sums = {pair[1]: Row(None, *pair, each).net_minor for pair, each in _totals(found).items()}
            assert sums == kept
            assert len({day for day, *_ in found}) > 2
    engine.dispose()
