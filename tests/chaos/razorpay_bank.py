"""Razorpay's books and webhooks, as the run writes them."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count

import httpx

from gateway.services.core.model.values import Provider
from gateway.services.providers.metadata import REFUND_ID
from tests.chaos.banks import CURRENCY, Bank, GivenBack, Letter, Thing
from tests.services.providers.razorpay.fake import KEY_ID, KEY_SECRET, WEBHOOK_SECRET, FakeRazorpay, event, signature


@dataclass
class RazorpayBank(Bank):
    fake: FakeRazorpay = field(default_factory=lambda: FakeRazorpay(clock=time.time))
    _others: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.name, self.most_entries = Provider.RAZORPAY, 15

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

    def book(self, amount_minor: int, metadata: Mapping[str, str]) -> str:
        reference = f"order_Other{next(self._others):09d}"
        self.fake.orders[reference] = {
            "id": reference,
            "entity": "order",
            "created_at": 1_700_000_000,
            "amount": amount_minor,
            "currency": CURRENCY,
            "receipt": None,
            "notes": dict(metadata) or [],
            "status": "created",
            "amount_paid": 0,
            "amount_due": amount_minor,
        }
        return reference

    def pay(self, reference: str) -> None:
        """Now and then by less, for an Offer that the dashboard shows, or by more, where the student bears the fee."""
        assert not any(each["captured"] for each in self._payments(reference)), "Razorpay: the order is paid already"
        match len(self.fake.payments) % 3:
            case 0:
                payment_id = self.fake.pay(reference)
            case 1:
                payment_id = self.fake.pay_with_offer(reference, 500)
            case _:
                payment_id = self.fake.pay_with_fee(reference, 118)
        self._tell("payment.captured", reference, payment_id)

    def decline(self, reference: str) -> None:
        self._tell("payment.failed", reference, self.fake.pay(reference, status="failed"))

    def begin(self, reference: str) -> None:
        self._tell("payment.authorized", reference, self.fake.pay(reference, status="authorized"))

    def finish(self, reference: str) -> None:
        """Razorpay captures by itself what the gateway has not captured yet."""
        for payment in self._payments(reference):
            if payment["status"] == "authorized":
                payment |= {"status": "captured", "captured": True}
                self.fake.note_capture(str(payment["id"]))
                self._tell("payment.captured", reference, str(payment["id"]))

    def give_back(self, reference: str, amount_minor: int | None = None) -> None:
        payment = self._paid(reference)
        left = int(payment["amount"]) - self.fake.refunded_minor(payment["id"])
        if left:  # the gateway may have been faster
            given = left if amount_minor is None else amount_minor
            self.fake.give_back(payment["id"], given)
            payment["status"] = "refunded" if given == left else payment["status"]
        self.write_of_refunds()

    def claim(self, reference: str, amount_minor: int | None = None, currency: str = CURRENCY) -> str:
        payment_id = self._paid(reference)["id"]
        changes = {} if amount_minor is None else {"amount": amount_minor, "currency": currency}
        dispute_id = self.fake.dispute(payment_id, **changes)  # type: ignore[arg-type]  # none of them is its status
        self._tell_of_dispute("created", dispute_id)
        return dispute_id

    def decide(self, dispute_id: str, verdict: str) -> None:
        dispute = self.fake.disputes[dispute_id]
        dispute |= {"status": verdict, "amount_deducted": dispute["amount"] if verdict == "lost" else 0}
        self._tell_of_dispute(verdict, dispute_id)

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
        return [
            self._given_back(each, (each["notes"] or {}).get(REFUND_ID))  # type: ignore[attr-defined]
            for each in self.fake.refunds.values()
            if each["status"] != "failed"
        ]

    def lost(self) -> list[GivenBack]:
        return [self._given_back(each) for each in self.fake.disputes.values() if each["status"] == "lost"]

    def disputed(self) -> set[str]:
        return {self._order_of(each["payment_id"]) for each in self.fake.disputes.values()}

    def contested(self) -> set[str]:
        return {self._order_of(each["payment_id"]) for each in self.fake.disputes.values() if each["status"] == "open"}

    def intents(self) -> int:
        return len(self.fake.orders)

    def write_of_refunds(self) -> None:
        new = list(self.fake.refunds.values())[self.noticed :]
        self.noticed += len(new)
        for refund in new:
            payment = self.fake.payments[str(refund["payment_id"])]
            body = event("refund.processed", refund=refund, payment=payment)
            self._write(str(payment["order_id"]), lambda _, body=body: body)  # type: ignore[misc]  # never given

    def _given_back(self, thing: Thing, gateway_refund_id: str | None = None) -> GivenBack:
        reference = self._order_of(thing["payment_id"])
        return GivenBack(thing["id"], reference, thing["amount"], thing["currency"], gateway_refund_id)

    def _order_of(self, payment_id: object) -> str:
        return str(self.fake.payments[str(payment_id)]["order_id"])

    def _payments(self, reference: str) -> Iterator[Thing]:
        return (each for each in self.fake.payments.values() if each["order_id"] == reference)

    def _paid(self, reference: str) -> Thing:
        return next(each for each in self._payments(reference) if each["captured"])

    def _tell_of_dispute(self, what: str, dispute_id: str) -> None:
        dispute = self.fake.disputes[dispute_id]
        payment = self.fake.payments[str(dispute["payment_id"])]
        body = event(f"payment.dispute.{what}", payment=payment, dispute=dispute)
        self._write(str(payment["order_id"]), lambda _: body)

    def _tell(self, kind: str, reference: str, payment_id: str) -> None:
        body = event(kind, order=self.fake.orders[reference], payment=self.fake.payments[payment_id])
        self._write(reference, lambda _: body)
