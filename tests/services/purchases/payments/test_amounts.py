"""Amounts that a provider speaks of: as large as they come, in its own minor units, and those that no book can hold."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from itertools import count

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import PaymentRow, RefundRow
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.outcomes import Confirmed, PaymentPending
from gateway.services.core.model.values import Course, Money, Provider
from tests.service import BASIC, Service, student
from tests.services.providers.stripe.fake import FakeStripe
from tests.simulation.stage import CARRIES_A_PURCHASE

pytestmark = pytest.mark.anyio

NUMBERS = count(1)


@dataclass
class Till:
    """The service beside a fake Stripe."""

    service: Service
    stripe: FakeStripe

    async def selling(self, price: Money) -> Course:
        return await self.service.save_course(replace(BASIC, price=price))

    async def receive(self, reference: str) -> None:
        event = ProviderEvent(
            uuid7(), Provider.STRIPE, f"evt_{next(NUMBERS)}", "a.change", (reference,), self.service.clock.now
        )
        await self.service.purchases.submit(StoreEvent(event))
        while await self.service.runner(draw=1.0).run_due():
            pass

    def book(self, course: Course, amount: int, currency: str) -> str:
        """A paid intent that another system opened."""
        reference = f"pi_{len(self.stripe.intents) + 1}"
        said = {**CARRIES_A_PURCHASE, "studentId": "student-1", "courseId": str(course.id), "purchaseTier": "BASIC"}
        self.stripe.intents[reference] = {
            "id": reference,
            "object": "payment_intent",
            "amount": amount,
            "currency": currency,
            "metadata": said,
        }
        self.stripe.pay(reference)
        return reference

    def cases(self) -> list[str]:
        return [str(job.last_error) for job in self.service.stored(JobRow, kind="case.review") if job.state == "FAILED"]


@pytest.fixture
async def till(service: Service) -> AsyncIterator[Till]:
    fake = FakeStripe()
    async with fake.provider() as stripe:
        providers = {Provider.STRIPE: stripe}
        service.set_up(by_name=providers, default=Provider.STRIPE)
        yield Till(service, fake)


@pytest.mark.parametrize(
    ("amount", "currency", "money"),
    [
        (5_000_000_000, "idr", Money(5_000_000_000, "IDR")),
        (2**53 - 1, "inr", Money(2**53 - 1, "INR")),
        (500_000, "ugx", Money(5_000, "UGX")),
        (500, "mga", Money(50_000, "MGA")),
    ],
    ids=str,
)
async def test_an_adopted_intent_of_any_amount_becomes_a_purchase(
    till: Till, amount: int, currency: str, money: Money
) -> None:
    await till.receive(till.book(await till.selling(money), amount, currency))
    [payment] = till.service.stored(PaymentRow)
    assert (payment.amount_minor, payment.currency) == (money.amount_minor, money.currency)
    assert (payment.captured_minor, payment.fulfilment) == (money.amount_minor, "FULFILLED")
    assert till.cases() == []


@pytest.mark.parametrize(
    ("amount", "currency", "problem"),
    [
        (2**53, "inr", "amount is none that our books could hold exactly"),
        (12_345, "ugx", "amount is none that our books could hold exactly"),
        (5_000, "rup", "amount is none that our books could hold exactly"),
    ],
)
async def test_an_adopted_intent_of_an_amount_that_no_book_can_hold_is_a_case_and_no_row(
    till: Till, amount: int, currency: str, problem: str
) -> None:
    reference = till.book(await till.selling(BASIC.price), amount, currency)
    await till.receive(reference)
    await till.receive(reference)
    assert till.service.stored(PaymentRow) == []
    [case] = till.cases()
    assert f"STRIPE took money for {reference}" in case
    assert problem in case


async def test_a_capture_that_no_book_can_hold_is_a_case_and_the_payment_stays_open(till: Till) -> None:
    payment = await till.service.opened(student(), await till.selling(Money(5_000, "UGX")), provider=None)
    assert payment.reference is not None
    till.stripe.pay(payment.reference, amount=499_999)
    outcome = await till.service.confirm(student(), payment)
    assert isinstance(outcome, PaymentPending)
    assert outcome.is_unreachable
    till.service.clock.advance(hours=1)
    await till.receive(payment.reference)
    [row] = till.service.stored(PaymentRow)
    assert (row.fulfilment, row.captured_minor) == ("PENDING", None)
    [case] = till.cases()
    assert case.startswith(f"STRIPE says 499999 ugx of {payment.reference}, which our books cannot hold exactly.")
    assert "cancelJob" in case
    till.stripe.pay(payment.reference)  # what was wrong at Stripe was put right
    assert isinstance(await till.service.confirm(student(), payment), Confirmed)


async def test_stripe_is_charged_and_gives_back_in_its_own_minor_units(till: Till) -> None:
    payment = await till.service.opened(student(), await till.selling(Money(5_000, "UGX")), provider=None)
    assert payment.reference is not None
    assert till.stripe.intents[payment.reference]["amount"] == 500_000
    till.stripe.pay(payment.reference)
    assert isinstance(await till.service.confirm(student(), payment), Confirmed)
    await till.service.refund(payment, 1_000, "k")
    till.stripe.give_back(payment.reference, 50_000)  # and somebody at the dashboard
    await till.receive(payment.reference)
    assert sorted(int(each["amount"]) for each in till.stripe.refunds) == [50_000, 100_000]
    assert sorted(each.amount_minor for each in till.service.stored(RefundRow)) == [500, 1_000]
    [row] = till.service.stored(PaymentRow)
    assert (row.captured_minor, row.refunded_minor, row.status) == (5_000, 1_500, "PARTIALLY_REFUNDED")
