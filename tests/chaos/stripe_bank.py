"""Stripe's books and webhooks, as the run writes them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import httpx

from gateway.services.core.model.values import Provider
from gateway.services.providers.metadata import REFUND_ID
from tests.chaos.banks import CURRENCY, Bank, GivenBack, Letter, Thing
from tests.services.providers.stripe.fake import KEY, SECRET, FakeStripe, event, signed


@dataclass
class StripeBank(Bank):
    fake: FakeStripe = field(default_factory=FakeStripe)

    def __post_init__(self) -> None:
        self.name, self.most_entries = Provider.STRIPE, 50

    def books(self) -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(self.fake.app())

    def settings(self, url: str) -> dict[str, str]:
        return {"stripe_secret_key": KEY, "stripe_api_base": url, "stripe_webhook_secrets": SECRET}

    def proof(self, reference: str) -> Thing | None:
        return {"stripe": {"paymentIntentId": reference}}

    def book(self, amount_minor: int, metadata: Mapping[str, str]) -> str:
        reference = f"pi_{len(self.fake.intents) + 1}"
        self.fake.intents[reference] = {
            "id": reference,
            "object": "payment_intent",
            "amount": amount_minor,
            "amount_received": 0,
            "currency": CURRENCY.lower(),
            "client_secret": f"{reference}_secret_x",
            "status": "requires_payment_method",
            "latest_charge": None,
            "last_payment_error": None,
            "metadata": dict(metadata),
        }
        return reference

    def pay(self, reference: str) -> None:
        assert self.fake.intents[reference]["status"] != "succeeded", "Stripe takes no card for what is paid"
        self._tell("payment_intent.succeeded", reference, self.fake.pay(reference))

    def decline(self, reference: str) -> None:
        self._tell("payment_intent.payment_failed", reference, self.fake.decline(reference))

    def begin(self, reference: str) -> None:
        self._tell("payment_intent.processing", reference, self.fake.pay(reference, status="processing"))

    def finish(self, reference: str) -> None:
        self.pay(reference)

    def give_back(self, reference: str, amount_minor: int | None = None) -> None:
        if self.fake.left(reference):  # the gateway may have been faster
            self.fake.give_back(reference, amount_minor)
        self.write_of_refunds()

    def claim(self, reference: str, amount_minor: int | None = None, currency: str = CURRENCY) -> str:
        changes = {} if amount_minor is None else {"amount": amount_minor, "currency": currency.lower()}
        dispute = self.fake.dispute(reference, **changes)  # type: ignore[arg-type]  # none of them is its status
        self._tell("charge.dispute.created", reference, dispute)
        return str(dispute["id"])

    def decide(self, dispute_id: str, verdict: str) -> None:
        [dispute] = (each for each in self.fake.disputes if each["id"] == dispute_id)
        dispute["status"] = verdict
        self._tell("charge.dispute.closed", dispute["payment_intent"], dispute)

    def headers(self, letter: Letter) -> dict[str, str]:
        return {"Stripe-Signature": signed(letter.body, datetime.now(UTC))}

    def captured(self) -> dict[str, int]:
        return {ref: each["amount_received"] for ref, each in self.fake.intents.items() if each["amount_received"]}

    def refunds(self) -> list[GivenBack]:
        return [
            self._given_back(each, each["metadata"].get(REFUND_ID))
            for each in self.fake.refunds
            if each["status"] != "failed"
        ]

    def lost(self) -> list[GivenBack]:
        return [self._given_back(each) for each in self.fake.disputes if each["status"] == "lost"]

    def disputed(self) -> set[str]:
        return {each["payment_intent"] for each in self.fake.disputes}

    def contested(self) -> set[str]:
        return {each["payment_intent"] for each in self.fake.disputes if each["status"] == "needs_response"}

    def intents(self) -> int:
        return len(self.fake.intents)

    def write_of_refunds(self) -> None:
        new = len(self.fake.refunds) - self.noticed
        self.noticed += new
        for refund in reversed(self.fake.refunds[:new]):
            self._tell("refund.created", refund["payment_intent"], refund)

    def _given_back(self, thing: Thing, gateway_refund_id: str | None = None) -> GivenBack:
        currency = str(thing["currency"]).upper()
        return GivenBack(thing["id"], thing["payment_intent"], thing["amount"], currency, gateway_refund_id)

    def _tell(self, kind: str, reference: str, thing: Thing) -> None:
        body = self._write(reference, lambda event_id: event(kind, thing, event_id))
        self.fake.tell(body, datetime.now(UTC))
