"""A course bought and given back with Razorpay, through the whole service: its books and ours end the same."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from uuid_utils.compat import uuid7

from gateway.services.core.commands.confirm_payment import ConfirmPayment
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import JobState
from gateway.services.core.model.outcomes import (
    Confirmed,
    DuplicatePayment,
    InvalidInput,
    Opened,
    Outcome,
    PaymentPending,
    ProviderAway,
    RefundRequested,
)
from gateway.services.core.model.proofs import Proof
from gateway.services.core.model.records import Door
from gateway.services.core.model.values import Payment, PaymentStatus, Provider, PurchaseStatus
from gateway.services.providers.razorpay.provider import Razorpay
from gateway.services.rows.lookups import PAYMENT_BY_ID
from tests.service import Service, student
from tests.services.jobs.test_reconciliation import broken
from tests.services.providers.opening import intent_of
from tests.services.providers.razorpay.case import order_of, proof_of
from tests.services.providers.razorpay.fake import FAULTS, KEY_ID, WEBHOOK_SECRET, FakeRazorpay, event, signature

pytestmark = pytest.mark.anyio


@dataclass
class Shop:
    """The service with Razorpay in the place of the sandbox, and Razorpay's own side of it."""

    service: Service
    fake: FakeRazorpay
    razorpay: Razorpay

    async def opened(self) -> Payment:
        return await self.service.opened(student(), await self.service.save_course(), provider=Provider.RAZORPAY)

    async def confirm(self, payment: Payment, proof: Proof | None) -> Outcome:
        command = ConfirmPayment(student(), payment.id, uuid7(), None, door=Door.CONFIRM_PAYMENT)
        return await self.service.purchases.confirm(command, proof)

    async def run_jobs(self) -> None:
        """Until none is due any more, time passing as it must."""
        runner = self.service.runner()
        for _ in range(10):
            self.service.clock.advance(seconds=60)
            await runner.run_due()

    def unfinished_jobs(self) -> int:
        return self.service.count("job", f"state <> '{JobState.COMPLETED}'")

    async def stored(self, payment: Payment) -> Payment:
        return await self.service.find(PAYMENT_BY_ID, payment.id)

    async def receive(self, body: bytes, event_id: str) -> None:
        headers = {"x-razorpay-signature": signature(WEBHOOK_SECRET, body), "x-razorpay-event-id": event_id}
        now = self.service.clock()
        notice = self.razorpay.read_webhook(headers, body, now)
        row = ProviderEvent(uuid7(), Provider.RAZORPAY, notice.event_id, notice.type, notice.references, now)
        await self.service.purchases.submit(StoreEvent(row))
        await self.run_jobs()


@pytest.fixture
async def shop(service: Service, fake: FakeRazorpay, razorpay: Razorpay) -> AsyncIterator[Shop]:
    service.set_up(by_name={Provider.RAZORPAY: razorpay})
    yield Shop(service, fake, razorpay)
    assert broken(service) == []


async def test_a_course_is_bought_and_given_back_once(shop: Shop) -> None:
    course = await shop.service.save_course()
    outcome = await shop.service.open(student(), course, provider=Provider.RAZORPAY)
    assert isinstance(outcome, Opened)
    payment = outcome.payment
    assert outcome.client_secret == KEY_ID
    attempt = shop.fake.pay(order_of(payment))
    confirmed = await shop.confirm(payment, proof_of(shop.fake, payment, attempt))
    assert isinstance(confirmed, Confirmed)
    again = await shop.confirm(payment, None)
    assert isinstance(again, Confirmed)
    assert again.purchase == confirmed.purchase
    assert isinstance(await shop.service.refund(payment), RefundRequested)
    await shop.run_jobs()
    assert shop.fake.refunded_minor(attempt) == payment.amount.amount_minor
    assert len(shop.fake.refunds) == 1
    assert (await shop.stored(payment)).status is PaymentStatus.REFUNDED
    assert shop.service.count("purchase", f"status = '{PurchaseStatus.REFUNDED}'") == 1
    assert shop.unfinished_jobs() == 0


@pytest.mark.parametrize("fault", FAULTS)
async def test_every_call_that_goes_wrong_once_changes_nothing_of_the_end(shop: Shop, fault: str) -> None:
    opening = shop.service.opening(student(), await shop.service.save_course(), provider=Provider.RAZORPAY, key="k")
    shop.fake.fail(fault, "POST /v1/orders")
    assert isinstance(await shop.service.purchases.open(opening), ProviderAway)
    outcome = await shop.service.purchases.open(opening)
    assert isinstance(outcome, Opened)
    payment = outcome.payment
    attempt = shop.fake.pay(order_of(payment), "authorized")
    shop.fake.fail(fault, "/payments")
    shop.fake.fail(fault, "/capture")
    pending = await shop.confirm(payment, proof_of(shop.fake, payment, attempt))
    assert isinstance(pending, PaymentPending)
    await shop.run_jobs()
    assert shop.service.count("purchase", f"status = '{PurchaseStatus.ACTIVE}'") == 1
    shop.fake.fail(fault, "/refunds")
    shop.fake.fail(fault, "/refund")
    await shop.service.refund(payment)
    await shop.run_jobs()
    assert shop.fake.refunded_minor(attempt) == payment.amount.amount_minor
    assert (len(shop.fake.orders), len(shop.fake.refunds)) == (1, 1)
    assert (await shop.stored(payment)).status is PaymentStatus.REFUNDED
    assert shop.unfinished_jobs() == 0


async def test_a_second_payment_of_the_same_course_goes_back(shop: Shop) -> None:
    course = await shop.service.save_course()
    first, second = [await shop.service.opened(student(), course, provider=Provider.RAZORPAY) for _ in range(2)]
    attempts = [shop.fake.pay(order_of(each)) for each in (first, second)]
    assert isinstance(await shop.confirm(first, None), Confirmed)
    assert isinstance(await shop.confirm(second, None), DuplicatePayment)
    await shop.run_jobs()
    assert [shop.fake.refunded_minor(each) for each in attempts] == [0, second.amount.amount_minor]


async def test_another_amount_than_was_asked_for_goes_back(shop: Shop) -> None:
    payment = await shop.opened()
    attempt = shop.fake.pay(order_of(payment), amount=100)
    await shop.confirm(payment, proof_of(shop.fake, payment, attempt))
    await shop.run_jobs()
    assert shop.fake.refunded_minor(attempt) == 100
    assert shop.service.count("purchase") == 0


async def test_somebody_elses_proof_buys_nothing(shop: Shop) -> None:
    paid, other = await shop.opened(), await shop.opened()
    attempt = shop.fake.pay(order_of(paid))
    refused = await shop.confirm(other, proof_of(shop.fake, paid, attempt))
    assert isinstance(refused, InvalidInput)
    assert [problem.path for problem in refused.fields] == [("proof", "razorpay", "orderId")]
    assert shop.service.count("purchase") == 0


@pytest.mark.parametrize("status", ["captured", "authorized"])
async def test_a_tab_that_was_closed_is_settled_by_the_webhook(shop: Shop, status: str) -> None:
    payment = await shop.opened()
    attempt = shop.fake.pay(order_of(payment), status)
    body = event(f"payment.{status}", payment=shop.fake.payments[attempt])
    for event_id in ("evt_1", "evt_1", "evt_2"):
        await shop.receive(body, event_id)
    assert shop.service.count("purchase", f"status = '{PurchaseStatus.ACTIVE}'") == 1
    assert shop.service.count("provider_event") == 1
    assert shop.unfinished_jobs() == 0


async def test_a_refund_on_the_dashboard_ends_the_purchase(shop: Shop) -> None:
    payment = await shop.opened()
    attempt = shop.fake.pay(order_of(payment))
    await shop.confirm(payment, None)
    shop.fake.give_back(attempt, payment.amount.amount_minor)
    await shop.receive(event("refund.processed", payment=shop.fake.payments[attempt]), "evt_1")
    assert (await shop.stored(payment)).status is PaymentStatus.REFUNDED
    assert shop.service.count("purchase", f"status = '{PurchaseStatus.REFUNDED}'") == 1


async def test_two_openings_at_the_same_moment_show_the_browser_one_order(shop: Shop) -> None:
    opening = shop.service.opening(student(), await shop.service.save_course(), provider=Provider.RAZORPAY, key="k")
    both = await asyncio.gather(*(shop.service.purchases.open(opening) for _ in range(2)))
    shown = [each.payment.reference for each in both if isinstance(each, Opened)]
    assert len(shown) == 2
    assert shown[0] == shown[1]


async def test_an_order_whose_reference_we_lost_is_ours_when_its_webhook_comes(shop: Shop) -> None:
    opening = shop.service.opening(student(), await shop.service.save_course(), provider=Provider.RAZORPAY)
    started = await shop.service.purchases.submit(opening)
    assert isinstance(started, Opened)
    intent = await intent_of(
        shop.razorpay, started.payment, await shop.service.purchases.providers.installation()
    )  # and here we died
    attempt = shop.fake.pay(intent.reference)
    await shop.receive(event("payment.captured", payment=shop.fake.payments[attempt]), "evt_1")
    assert (await shop.stored(started.payment)).reference == intent.reference
    assert shop.service.count("purchase", f"status = '{PurchaseStatus.ACTIVE}'") == 1
