"""Refunds and disputes at Stripe and at Razorpay, by their own objects and signed webhooks, through to the purchase."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Protocol

import pytest
from uuid_utils.compat import uuid7

from db.job_tables import JobRow
from db.tables import PaymentRow, PurchaseRow, StudentAccessRow
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.outcomes import Confirmed, InvalidInput
from gateway.services.core.model.values import Money, Payment, Provider
from gateway.services.providers.base import PaymentProvider
from tests.service import STANDARD, Service, student
from tests.services.providers.razorpay import fake as fake_razorpay
from tests.services.providers.razorpay.case import provider_of
from tests.services.providers.razorpay.fake import FakeRazorpay
from tests.services.providers.stripe import fake as fake_stripe
from tests.services.providers.stripe.fake import FakeStripe
from tests.simulation.books import Books
from tests.simulation.shop import Shop

pytestmark = pytest.mark.anyio
PRICE = STANDARD.price.amount_minor
PART = 100_000


class Vendor(Protocol):
    """One vendor's books: what happens in them, and the webhook that it writes of that."""

    name: Provider

    def pay(self, reference: str) -> None: ...

    def give_back(self, reference: str, amount_minor: int) -> tuple[dict[str, str], bytes]: ...

    def dispute(self, reference: str, amount_minor: int, currency: str) -> tuple[dict[str, str], bytes]: ...

    def lose(self) -> tuple[dict[str, str], bytes]: ...


@dataclass
class StripeBooks:
    fake: FakeStripe
    service: Service
    name: Provider = Provider.STRIPE

    def pay(self, reference: str) -> None:
        self.fake.pay(reference)

    def give_back(self, reference: str, amount_minor: int) -> tuple[dict[str, str], bytes]:
        return self._webhook("refund.created", self.fake.give_back(reference, amount_minor))

    def dispute(self, reference: str, amount_minor: int, currency: str) -> tuple[dict[str, str], bytes]:
        claimed = self.fake.dispute(reference, amount=amount_minor, currency=currency.lower())
        return self._webhook("charge.dispute.created", claimed)

    def lose(self) -> tuple[dict[str, str], bytes]:
        self.fake.disputes[0]["status"] = "lost"
        return self._webhook("charge.dispute.closed", self.fake.disputes[0])

    def _webhook(self, kind: str, thing: dict[str, object]) -> tuple[dict[str, str], bytes]:
        body = fake_stripe.event(kind, thing, f"evt_{next(NUMBERS)}")
        return {"stripe-signature": fake_stripe.signed(body, self.service.clock())}, body


@dataclass
class RazorpayBooks:
    fake: FakeRazorpay
    name: Provider = Provider.RAZORPAY

    def pay(self, reference: str) -> None:
        self.fake.pay(reference)

    def give_back(self, reference: str, amount_minor: int) -> tuple[dict[str, str], bytes]:
        made = self.fake.give_back(self._attempt(), amount_minor)
        return self._webhook("refund.processed", refund=self.fake.refunds[made])

    def dispute(self, reference: str, amount_minor: int, currency: str) -> tuple[dict[str, str], bytes]:
        made = self.fake.dispute(self._attempt(), amount=amount_minor, currency=currency)
        return self._webhook("payment.dispute.created", dispute=self.fake.disputes[made])

    def lose(self) -> tuple[dict[str, str], bytes]:
        [dispute] = self.fake.disputes.values()
        dispute |= {"status": "lost", "amount_deducted": dispute["amount"]}
        return self._webhook("payment.dispute.lost", dispute=dispute)

    def _attempt(self) -> str:
        [attempt] = self.fake.payments
        return attempt

    def _webhook(self, kind: str, **things: dict[str, object]) -> tuple[dict[str, str], bytes]:
        body = fake_razorpay.event(kind, payment=self.fake.payments[self._attempt()], **things)
        signature = fake_razorpay.signature(fake_razorpay.WEBHOOK_SECRET, body)
        return {"x-razorpay-signature": signature, "x-razorpay-event-id": f"evt_{next(NUMBERS)}"}, body


NUMBERS = count(1)


@dataclass
class Till:
    """The service, its one vendor, and what passes between them."""

    shop: Shop
    vendor: Vendor
    provider: PaymentProvider

    async def paid(self) -> Payment:
        service = self.shop.service
        payment = await service.opened(student(), await service.save_course(), "STANDARD", provider=self.vendor.name)
        assert payment.reference is not None
        self.vendor.pay(payment.reference)
        outcome = await service.confirm(student(), payment)
        assert isinstance(outcome, Confirmed), outcome
        return outcome.payment

    async def receive(self, webhook: tuple[dict[str, str], bytes]) -> None:
        service, now = self.shop.service, self.shop.service.clock()
        notice = self.provider.read_webhook(*webhook, now)
        row = ProviderEvent(uuid7(), self.vendor.name, notice.event_id, notice.type, notice.references, now)
        await service.purchases.submit(StoreEvent(row))
        await self.shop.run_jobs()

    def assert_all_is_back(self) -> None:
        stored = self.shop.service.stored
        [payment], [purchase], [access] = stored(PaymentRow), stored(PurchaseRow), stored(StudentAccessRow)
        assert (payment.status, payment.refunded_minor) == ("REFUNDED", PRICE)
        assert (purchase.status, access.status, self.shop.broken()) == ("REFUNDED", "REVOKED", [])


@pytest.fixture(params=["stripe", "razorpay"])
async def till(request: pytest.FixtureRequest, service: Service) -> AsyncIterator[Till]:
    shop = Shop(service, Books())
    if request.param == "stripe":
        stripe = FakeStripe()
        async with stripe.provider() as provider:
            service.set_up(by_name={Provider.STRIPE: provider})
            yield Till(shop, StripeBooks(stripe, service), provider)
    else:
        razorpay = FakeRazorpay()
        opened = provider_of(razorpay)
        service.set_up(by_name={Provider.RAZORPAY: opened})
        yield Till(shop, RazorpayBooks(razorpay), opened)
        await opened.close()


@pytest.mark.parametrize(("said", "currency"), [(PRICE, "INR"), (PRICE + 200, "INR"), (6_000, "USD")])
@pytest.mark.parametrize("is_refund_first", [True, False])
async def test_a_refund_at_the_dashboard_and_a_lost_dispute_end_the_purchase_in_either_order(
    till: Till, said: int, currency: str, is_refund_first: bool
) -> None:
    reference = str((await till.paid()).reference)
    if is_refund_first:
        await till.receive(till.vendor.give_back(reference, PART))
    till.vendor.dispute(reference, said, currency)
    await till.receive(till.vendor.lose())
    if not is_refund_first:
        await till.receive(till.vendor.give_back(reference, PART))
    till.assert_all_is_back()
    [case] = till.shop.service.stored(JobRow, kind="case.review")
    assert str(Money(said, currency)) in case.last_error


async def test_while_a_dispute_of_more_than_is_left_is_open_nothing_is_paid_twice(till: Till) -> None:
    payment = await till.paid()
    reference = str(payment.reference)
    await till.receive(till.vendor.give_back(reference, PART))
    await till.receive(till.vendor.dispute(reference, PRICE, "INR"))
    refused = await till.shop.service.refund(payment)
    assert isinstance(refused, InvalidInput)
    assert "a dispute is open" in refused.fields[0].message
    await till.receive(till.vendor.lose())
    till.assert_all_is_back()
