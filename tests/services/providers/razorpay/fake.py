"""A Razorpay of our own behind httpx's transport: its books, its refusals, and the faults of the network before it."""

import asyncio
import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count

import httpx

from tests.services.providers.razorpay.wire import Json, Refusal, body_of, collection, error, made

KEY_ID, KEY_SECRET = "rzp_test_A1", "razorpay-key-secret-A1"
WEBHOOK_SECRET = "razorpay-webhook-secret-A1"

FAULTS = ("timeout before", "timeout after", "reset before", "reset after", "429", "500", "malformed after")
"""What goes wrong with one call; `before` and `after` Razorpay acted."""

NOT_TAKEN = frozenset({"KPW", "SYP", "IRR", "CUP", "RUP"})
THREE_DECIMAL = frozenset({"KWD", "BHD", "OMR"})
_ORDER_FIELDS = {"amount", "currency", "receipt", "notes", "payment"}
_REFUND_FIELDS = {"amount", "speed", "receipt", "notes"}


def signature(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, sha256).hexdigest()


@dataclass
class FakeRazorpay:
    """Remembers everything that it was asked to do. Ids and times are counted, so every run is the same."""

    has_unique_receipts: bool = False
    late_listings: int = 0
    """How many lists of orders do not show the newest yet."""
    heeds_refund_keys: bool = True
    clock: Callable[[], float] | None = None
    """By whose time things are made; counted, where there is none."""
    retry_after: str = "7"
    orders: dict[str, Json] = field(default_factory=dict)
    payments: dict[str, Json] = field(default_factory=dict)
    refunds: dict[str, Json] = field(default_factory=dict)
    disputes: dict[str, Json] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))
    _refund_keys: dict[str, tuple[Json, str]] = field(default_factory=dict)

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self._handle)

    def fail(self, fault: str, call: str = "") -> None:
        """The next call whose method and path hold these words goes wrong."""
        self.faults.append((call, fault))

    def pay(self, order_id: str, status: str = "captured", **fields: object) -> str:
        """A student's attempt to pay, as checkout reports it."""
        order = self.orders[order_id]
        payment = self._entity("pay", "payment") | {
            "amount": order["amount"],
            "currency": order["currency"],
            "status": status,
            "order_id": order_id,
            "captured": status == "captured",
            "error_code": "BAD_REQUEST_ERROR" if status == "failed" else None,
            "error_reason": "payment_failed" if status == "failed" else None,
            "error_description": "Your bank declined it." if status == "failed" else None,
            "notes": {"studentId": "from the browser"},
        }
        self.payments[str(payment["id"])] = payment | fields
        return self.note_capture(str(payment["id"]))

    def pay_with_offer(self, order_id: str, off: int, status: str = "captured") -> str:
        """The student takes an Offer that is shown at the checkout: they pay less, and the order is paid in full."""
        return self.pay(order_id, status, amount=_minor(self.orders[order_id], "amount") - off, offer_id="offer_1")

    def pay_with_fee(self, order_id: str, fee: int, status: str = "captured") -> str:
        """The student bears the fee: it is on top of the order's amount, and in the payment's."""
        return self.pay(
            order_id, status, amount=_minor(self.orders[order_id], "amount") + fee, fee=fee, fee_bearer="customer"
        )

    def note_capture(self, payment_id: str) -> str:
        """Captured, the payment counts towards its order: by the order's own amount, whatever an offer took off it or
        the student paid on top."""
        payment = self.payments[payment_id]
        order = self.orders[str(payment["order_id"])]
        if payment["captured"] and payment["currency"] == order["currency"]:
            is_whole = payment.get("offer_id") or payment.get("fee_bearer") == "customer"
            paid = _minor(order, "amount" if is_whole else "amount_paid")
            paid += 0 if is_whole else _minor(payment, "amount")
            due = max(0, _minor(order, "amount") - paid)
            order |= {"amount_paid": paid, "amount_due": due, "status": "attempted" if due else "paid"}
        return payment_id

    def sign(self, order_id: str, payment_id: str) -> str:
        return signature(KEY_SECRET, f"{order_id}|{payment_id}".encode())

    def give_back(self, payment_id: str, amount_minor: int, **fields: object) -> str:
        """A refund that somebody made on Razorpay's dashboard."""
        refund = self._entity("rfnd", "refund") | {"amount": amount_minor, "currency": "INR", "notes": []}
        self.refunds[str(refund["id"])] = refund | {"payment_id": payment_id, "status": "processed"} | fields
        return str(refund["id"])

    def dispute(self, payment_id: str, status: str = "open", **fields: object) -> str:
        """What the bank of a student claims back of a payment."""
        payment = self.payments[payment_id]
        dispute = self._entity("disp", "dispute") | {
            "payment_id": payment_id,
            "amount": payment["amount"],
            "currency": payment["currency"],
            "amount_deducted": payment["amount"] if status == "lost" else 0,
            "reason_code": "goods_or_services_not_received",
            "respond_by": 1_800_000_000,
            "status": status,
            "phase": "chargeback",
        }
        self.disputes[str(dispute["id"])] = dispute | fields
        return str(dispute["id"])

    def refunded_minor(self, payment_id: str) -> int:
        return sum(
            int(str(each["amount"]))
            for each in self.refunds.values()
            if each["payment_id"] == payment_id and each["status"] != "failed"
        )

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        call = f"{request.method} {request.url.path}"
        self.calls.append(call)
        fault = self._fault(call)
        match fault:
            case "timeout before":
                raise httpx.ReadTimeout("timed out", request=request)
            case "reset before":
                raise httpx.ConnectError("connection reset", request=request)
            case "hang":
                await asyncio.Event().wait()
            case "429":
                return httpx.Response(429, headers={"retry-after": self.retry_after})
            case "403":
                return error(403, "Forbidden")
            case "500":
                return httpx.Response(500, text="<html>")
            case "refused before":
                return error(400, "It cannot be done now")
            case str() if fault.startswith("refused: "):
                return error(400, fault.removeprefix("refused: "))
        answer = self._answer(request)
        match fault:
            case "refused after":
                return error(400, "This payment has already been captured")
            case "timeout after":
                raise httpx.ReadTimeout("timed out", request=request)
            case "reset after":
                raise httpx.RemoteProtocolError("server disconnected", request=request)
            case "malformed after":
                return httpx.Response(200, content=answer.content[: len(answer.content) // 2])
        return answer

    def _fault(self, call: str) -> str | None:
        for index, (wanted, fault) in enumerate(self.faults):
            if wanted in call:
                del self.faults[index]
                return fault
        return None

    def _answer(self, request: httpx.Request) -> httpx.Response:
        expected = base64.b64encode(f"{KEY_ID}:{KEY_SECRET}".encode()).decode()
        if request.headers.get("authorization") != f"Basic {expected}":
            return error(401, "The api key provided is invalid")
        for method, pattern, act in self._routes():
            matched = re.fullmatch(pattern, request.url.path)
            if matched and method == request.method:
                try:
                    return httpx.Response(200, json=act(request, *matched.groups()))
                except Refusal as refusal:
                    return error(400, str(refusal), refusal.field)
        return error(400, "The requested URL was not found on the server.")

    def _routes(self) -> tuple[tuple[str, str, Callable[..., Json]], ...]:
        return (
            ("POST", "/v1/orders", self._create_order),
            ("GET", "/v1/orders", self._list_orders),
            ("GET", "/v1/orders/(order_[^/]+)", self._order),
            ("GET", "/v1/orders/(order_[^/]+)/payments", self._list_payments),
            ("POST", "/v1/payments/(pay_[^/]+)/capture", self._capture),
            ("GET", "/v1/payments/(pay_[^/]+)/refunds", self._list_refunds),
            ("POST", "/v1/payments/(pay_[^/]+)/refund", self._create_refund),
            ("GET", "/v1/disputes", self._list_disputes),
            ("GET", "/v1/refunds", lambda request: made(self.refunds, request)),
            ("GET", "/v1/payments", lambda request: made(self.payments, request)),
            ("GET", "/v1/payments/(pay_[^/]+)", self._payment),
        )

    def _create_order(self, request: httpx.Request) -> Json:
        body = body_of(request, _ORDER_FIELDS)
        receipt = body["receipt"]
        if int(body["amount"]) < 100:
            raise Refusal("Order amount less than minimum amount allowed", "amount")
        if body["currency"] in NOT_TAKEN:
            raise Refusal("Currency is not supported", "currency")
        if body["currency"] in THREE_DECIMAL and int(body["amount"]) % 10:
            raise Refusal("The last digit of the amount must be 0", "amount")
        if len(receipt) > 40 or len(body["notes"]) > 15 or any(len(value) > 256 for value in body["notes"].values()):
            raise Refusal("The receipt or the notes are too long")
        if self.has_unique_receipts and any(each["receipt"] == receipt for each in self.orders.values()):
            raise Refusal("The receipt has been taken")
        order = self._entity("order", "order") | body | {"status": "created", "amount_paid": 0}
        order |= {"amount_due": body["amount"], "offer_id": None, "attempts": 0}
        self.orders[str(order["id"])] = order
        return order

    def _list_orders(self, request: httpx.Request) -> Json:
        part = request.url.params["receipt"]
        if self.late_listings:
            self.late_listings -= 1
            return collection([])
        return collection([each for each in self.orders.values() if part in str(each["receipt"])], request)

    def _order(self, _: httpx.Request, order_id: str) -> Json:
        if order_id not in self.orders:
            raise Refusal("The id provided does not exist")
        return self.orders[order_id]

    def _list_payments(self, request: httpx.Request, order_id: str) -> Json:
        self._order(request, order_id)
        return collection([each for each in self.payments.values() if each["order_id"] == order_id])

    def _capture(self, request: httpx.Request, payment_id: str) -> Json:
        payment, body = self.payments[payment_id], body_of(request, {"amount", "currency"})
        if payment["status"] != "authorized":
            raise Refusal("This payment has already been captured")
        fee = _minor(payment, "fee") if payment.get("fee_bearer") == "customer" else 0
        if body != {"amount": _minor(payment, "amount") - fee, "currency": payment["currency"]}:
            raise Refusal("Capture amount must be equal to the amount authorized")
        payment |= {"status": "captured", "captured": True}
        return self.payments[self.note_capture(payment_id)]

    def _list_refunds(self, request: httpx.Request, payment_id: str) -> Json:
        return collection([each for each in self.refunds.values() if each["payment_id"] == payment_id], request)

    def _create_refund(self, request: httpx.Request, payment_id: str) -> Json:
        body, key = body_of(request, _REFUND_FIELDS), request.headers["x-refund-idempotency"]
        assert re.fullmatch(r"[A-Za-z0-9_-]{10,}", key), "as Razorpay wants its keys"
        if self.heeds_refund_keys and key in self._refund_keys:
            known, refund_id = self._refund_keys[key]
            if known != body:
                raise Refusal("Different request with the same idempotency key has already been processed.")
            return self.refunds[refund_id]
        payment = self.payments[payment_id]
        left = int(str(payment["amount"])) - self.refunded_minor(payment_id)
        if left == 0:
            raise Refusal("The payment has been fully refunded already")
        if int(body["amount"]) > left:
            raise Refusal("The refund amount provided is greater than amount captured")
        refund = self._entity("rfnd", "refund") | body
        refund |= {"payment_id": payment_id, "currency": payment["currency"], "status": "processed"}
        self.refunds[str(refund["id"])] = refund
        self._refund_keys[key] = body, str(refund["id"])
        if left == body["amount"]:
            payment["status"] = "refunded"
        return refund

    def _list_disputes(self, request: httpx.Request) -> Json:
        """Of the whole account: Razorpay has no filter by payment."""
        return made(self.disputes, request)

    def _payment(self, _: httpx.Request, payment_id: str) -> Json:
        if payment_id not in self.payments:
            raise Refusal("The id provided does not exist")
        return self.payments[payment_id]

    def _entity(self, prefix: str, kind: str) -> Json:
        number = next(self._numbers)
        made_at = 1_700_000_000 + number if self.clock is None else int(self.clock())
        return {"id": f"{prefix}_{number:014d}", "entity": kind, "created_at": made_at}


def _minor(thing: Json, name: str) -> int:
    return int(str(thing.get(name, 0)))


def event(kind: str, **entities: Mapping[str, object]) -> bytes:
    """A webhook's body."""
    payload = {name: {"entity": entity} for name, entity in entities.items()}
    return json.dumps({"entity": "event", "event": kind, "contains": list(payload), "payload": payload}).encode()
