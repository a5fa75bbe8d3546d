"""The two providers as their other users meet them: students who pay, people at the dashboard, and auditors."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway.services.core.values import Provider
from gateway.services.providers.metadata import REFUND_ID
from tests.services.providers.fake_stripe import KEY, SECRET, FakeStripe, signed
from tests.services.providers.fake_stripe import event as stripe_event
from tests.services.providers.razorpay.fake import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, FakeRazorpay, signature
from tests.services.providers.razorpay.fake import event as razorpay_event

Thing = dict[str, Any]


@dataclass(frozen=True)
class Letter:
    """A webhook as it lies at the provider, to be signed whenever it is sent."""

    bank: "Bank"
    event_id: str
    body: bytes


@dataclass(frozen=True)
class GivenBack:
    """A refund in the provider's books: of which intent, and our id of it where we asked for it."""

    id: str
    reference: str
    amount_minor: int
    gateway_refund_id: str | None


@dataclass
class Bank(ABC):
    """A provider's books, and its webhooks as they come to be.

    Args:
        post: takes each webhook.
    """

    post: Callable[[Letter], None]
    parts: dict[str, int] = field(default_factory=dict)
    """Minor units of an intent that an admin was promised to be given back, where it was a part of it."""
    noticed: int = 0
    """How many refunds webhooks were written for."""
    _events: int = 0

    name: Provider = field(init=False)

    @abstractmethod
    def books(self) -> httpx.AsyncBaseTransport: ...

    @abstractmethod
    def settings(self, url: str) -> dict[str, str]:
        """What a gateway is told, so that it calls this provider at that address."""

    @abstractmethod
    def proof(self, reference: str) -> Thing | None:
        """What the browser hands to confirmPayment after it was paid there."""

    @abstractmethod
    def pay(self, reference: str) -> None:
        """A card succeeds: the money is captured."""

    @abstractmethod
    def decline(self, reference: str) -> None: ...

    @abstractmethod
    def begin(self, reference: str) -> None:
        """The student has done their part; the bank takes its time."""

    @abstractmethod
    def finish(self, reference: str) -> None:
        """The bank has captured the money of what was begun."""

    @abstractmethod
    def give_back(self, reference: str) -> None:
        """All of it, at the dashboard."""

    @abstractmethod
    def headers(self, letter: Letter) -> dict[str, str]: ...

    @abstractmethod
    def captured(self) -> dict[str, int]:
        """Minor units that each captured intent brought."""

    @abstractmethod
    def refunds(self) -> list[GivenBack]: ...

    @abstractmethod
    def intents(self) -> int: ...

    @abstractmethod
    def write_of_refunds(self) -> None:
        """Webhooks for the refunds that came to be since the last time."""

    def _write(self, body: Callable[[str], bytes]) -> None:
        self._events += 1
        event_id = f"evt_{self.name.lower()}_{self._events}"
        self.post(Letter(self, event_id, body(event_id)))


@dataclass
class StripeBank(Bank):
    fake: FakeStripe = field(default_factory=FakeStripe)

    def __post_init__(self) -> None:
        self.name = Provider.STRIPE

    def books(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(self.fake.app())

    def settings(self, url: str) -> dict[str, str]:
        return {"stripe_secret_key": KEY, "stripe_api_base": url, "stripe_webhook_secrets": SECRET}

    def proof(self, reference: str) -> Thing | None:
        return {"stripe": {"paymentIntentId": reference}}

    def pay(self, reference: str) -> None:
        assert self.fake.intents[reference]["status"] != "succeeded", "Stripe takes no card for what is paid"
        self._tell("payment_intent.succeeded", self.fake.pay(reference))

    def decline(self, reference: str) -> None:
        self._tell("payment_intent.payment_failed", self.fake.decline(reference))

    def begin(self, reference: str) -> None:
        self._tell("payment_intent.processing", self.fake.pay(reference, status="processing"))

    def finish(self, reference: str) -> None:
        self.pay(reference)

    def give_back(self, reference: str) -> None:
        self.fake.give_back(reference)
        self.write_of_refunds()

    def headers(self, letter: Letter) -> dict[str, str]:
        return {"Stripe-Signature": signed(letter.body, datetime.now(UTC))}

    def captured(self) -> dict[str, int]:
        return {ref: each["amount_received"] for ref, each in self.fake.intents.items() if each["amount_received"]}

    def refunds(self) -> list[GivenBack]:
        return [
            GivenBack(each["id"], each["payment_intent"], each["amount"], each["metadata"].get(REFUND_ID))
            for each in self.fake.refunds
        ]

    def intents(self) -> int:
        return len(self.fake.intents)

    def write_of_refunds(self) -> None:
        new = len(self.fake.refunds) - self.noticed
        self.noticed += new
        for refund in reversed(self.fake.refunds[:new]):
            self._tell("refund.created", refund)

    def _tell(self, kind: str, thing: Thing) -> None:
        self._write(lambda event_id: stripe_event(kind, thing, event_id))


@dataclass
class RazorpayBank(Bank):
    fake: FakeRazorpay = field(default_factory=FakeRazorpay)

    def __post_init__(self) -> None:
        self.name = Provider.RAZORPAY

    def books(self) -> httpx.AsyncBaseTransport:
        return self.fake.transport

    def settings(self, url: str) -> dict[str, str]:
        return {
            "razorpay_key_id": KEY_ID,
            "razorpay_key_secret": KEY_SECRET,
            "razorpay_api_base": url,
            "razorpay_webhook_secrets": WEBHOOK_SECRET,
        }

    def proof(self, reference: str) -> Thing | None:
        """Razorpay's checkout signs what it has seen succeed, captured or not yet."""
        for payment in self._payments(reference):
            if payment["status"] != "failed":
                signed_by_it = self.fake.sign(reference, str(payment["id"]))
                given = {"orderId": reference, "paymentId": payment["id"], "signature": signed_by_it}
                return {"razorpay": given}
        return None

    def pay(self, reference: str) -> None:
        assert not any(each["captured"] for each in self._payments(reference)), "Razorpay: the order is paid already"
        self._tell("payment.captured", reference, self.fake.pay(reference))

    def decline(self, reference: str) -> None:
        self._tell("payment.failed", reference, self.fake.pay(reference, status="failed"))

    def begin(self, reference: str) -> None:
        self._tell("payment.authorized", reference, self.fake.pay(reference, status="authorized"))

    def finish(self, reference: str) -> None:
        """Razorpay captures by itself what the gateway has not captured yet."""
        for payment in self._payments(reference):
            if payment["status"] == "authorized":
                payment |= {"status": "captured", "captured": True}
                self._tell("payment.captured", reference, str(payment["id"]))

    def give_back(self, reference: str) -> None:
        for payment in self._payments(reference):
            if payment["captured"]:
                self.fake.give_back(str(payment["id"]), int(payment["amount"]))
                payment["status"] = "refunded"
        self.write_of_refunds()

    def headers(self, letter: Letter) -> dict[str, str]:
        proof = signature(WEBHOOK_SECRET, letter.body)
        return {"X-Razorpay-Signature": proof, "X-Razorpay-Event-Id": letter.event_id}

    def captured(self) -> dict[str, int]:
        return {
            str(payment["order_id"]): int(str(payment["amount"]))
            for payment in self.fake.payments.values()
            if payment["captured"]
        }

    def refunds(self) -> list[GivenBack]:
        return [self._given_back(each) for each in self.fake.refunds.values()]

    def intents(self) -> int:
        return len(self.fake.orders)

    def write_of_refunds(self) -> None:
        new = list(self.fake.refunds.values())[self.noticed :]
        self.noticed += len(new)
        for refund in new:
            payment = self.fake.payments[str(refund["payment_id"])]
            body = razorpay_event("refund.processed", refund=refund, payment=payment)
            self._write(lambda _, body=body: body)  # type: ignore[misc]  # its second parameter is never given

    def _given_back(self, refund: Thing) -> GivenBack:
        notes = refund["notes"] or {}
        reference = str(self.fake.payments[refund["payment_id"]]["order_id"])
        return GivenBack(refund["id"], reference, refund["amount"], notes.get(REFUND_ID))

    def _payments(self, reference: str) -> Iterator[Thing]:
        return (each for each in self.fake.payments.values() if each["order_id"] == reference)

    def _tell(self, kind: str, reference: str, payment_id: str) -> None:
        body = razorpay_event(kind, order=self.fake.orders[reference], payment=self.fake.payments[payment_id])
        self._write(lambda _: body)
