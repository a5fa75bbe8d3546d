"""A Stripe of our own for what other fakes leave out: idempotency keys, refusals, refunds' events, and outages.

It is an ASGI application, served to the library in this process or over real HTTP, with its books open to the test.
"""

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

import httpx
import stripe
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.services.providers.stripe.provider import Stripe
from tests.services.providers.stripe.pages import page_of
from tests.services.providers.stripe.prices import refusal

KEY = "sk_test_of_the_fake"
SECRET = "whsec_of_the_fake"
Fault = Literal["timeout_before", "timeout_after", "reset_after", "429", "lock_timeout", "500", "401", "html"]
Thing = dict[str, Any]


@dataclass
class FakeStripe:
    """Stripe's books, and the ways to act on them as its other users do: the student, and people at the dashboard."""

    intents: dict[str, Thing] = field(default_factory=dict)
    refunds: list[Thing] = field(default_factory=list)
    disputes: list[Thing] = field(default_factory=list)
    sessions: dict[str, Thing] = field(default_factory=dict)
    """Checkout sessions, which others than us open."""
    may_read_disputes: bool = True
    """Whether our key has that right; restricted keys have the rights that they were given."""
    events: list[Thing] = field(default_factory=list)
    """Those that are kept, the newest first; see `tell`."""
    unreadable: set[str] = field(default_factory=set)
    """The lists that the key may not read."""
    faults: list[Fault | None] = field(default_factory=list)
    """What goes wrong with the next requests, in turn; None for nothing."""
    refuses: Thing | None = None
    """How it refuses every intent, whatever its price."""
    asked: list[str] = field(default_factory=list)
    replies: dict[str, tuple[str, int, Thing]] = field(default_factory=dict)
    """By idempotency key: the request's parameters, and what was answered."""

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/v1/payment_intents", self._create_intent, methods=["POST"]),
                Route("/v1/payment_intents", self._list_intents, methods=["GET"]),
                Route("/v1/payment_intents/{id}", self._retrieve_intent, methods=["GET"]),
                Route("/v1/payment_intents/{id}/cancel", self._cancel, methods=["POST"]),
                Route("/v1/events", self._list_events, methods=["GET"]),
                Route("/v1/refunds", self._create_refund, methods=["POST"]),
                Route("/v1/refunds", self._list_refunds, methods=["GET"]),
                Route("/v1/disputes", self._list_disputes, methods=["GET"]),
                Route("/v1/{kind:path}/{id}", self._retrieve, methods=["GET"]),
            ]
        )

    def pay(self, reference: str, amount: int | None = None, status: str = "succeeded") -> Thing:
        intent = self.intents[reference]
        received = intent["amount"] if amount is None else amount
        return self.change(
            reference,
            status=status,
            amount_received=received if status == "succeeded" else 0,
            latest_charge=f"ch_{reference[3:]}",
            last_payment_error=None,
        )

    def decline(self, reference: str, **error: object) -> Thing:
        charge = f"ch_declined_{reference[3:]}"
        return self.change(
            reference,
            status="requires_payment_method",
            latest_charge=charge,
            last_payment_error={"charge": charge, "code": "card_declined", "message": "Your card was declined."}
            | error,
        )

    def change(self, reference: str, **fields: object) -> Thing:
        self.intents[reference] |= fields
        return self.intents[reference]

    def give_back(self, reference: str, amount: int | None = None, **fields: object) -> Thing:
        """A refund, as somebody at the dashboard makes it."""
        refund = {
            "id": f"re_{len(self.refunds) + 1}",
            "object": "refund",
            "amount": self.left(reference) if amount is None else amount,
            "currency": self.intents[reference]["currency"],
            "payment_intent": reference,
            "metadata": {},
            "status": "succeeded",
        }
        self.refunds.insert(0, refund | fields)
        return self.refunds[0]

    def dispute(self, reference: str, status: str = "needs_response", **fields: object) -> Thing:
        """What a student's bank claims back of an intent's charge; the newest first, as Stripe lists."""
        intent = self.intents[reference]
        dispute = {
            "id": f"du_{len(self.disputes) + 1}",
            "object": "dispute",
            "amount": intent["amount_received"],
            "currency": intent["currency"],
            "charge": intent["latest_charge"],
            "payment_intent": reference,
            "balance_transactions": [],
            "is_charge_refundable": False,
            "metadata": {},
            "reason": "fraudulent",
            "status": status,
        }
        self.disputes.insert(0, dispute | fields)
        return self.disputes[0]

    def tell(self, body: bytes, at: datetime) -> None:
        """An event came to be: from now on it is in the list, whether or not its webhook arrives."""
        self.events.insert(0, json.loads(body) | {"created": int(at.timestamp())})

    def left(self, reference: str) -> int:
        given: list[int] = [
            r["amount"] for r in self.refunds if r["payment_intent"] == reference and r["status"] != "failed"
        ]
        return int(self.intents[reference]["amount_received"]) - sum(given)

    async def _create_intent(self, request: Request) -> Response:
        def act(form: Thing) -> tuple[int, Thing]:
            if (refused := self.refuses or refusal(form)) is not None:
                return 400, refused
            reference = f"pi_{len(self.intents) + 1}"
            self.intents[reference] = {
                "id": reference,
                "object": "payment_intent",
                "amount": int(form["amount"]),
                "amount_received": 0,
                "currency": form["currency"],
                "client_secret": f"{reference}_secret_x",
                "status": "requires_payment_method",
                "latest_charge": None,
                "last_payment_error": None,
                "metadata": form["metadata"],
            }
            return 200, dict(self.intents[reference])

        return await self._once(request, act)

    async def _retrieve_intent(self, request: Request) -> Response:
        self.asked.append(f"GET {request.path_params['id']}")
        intent = self.intents.get(request.path_params["id"])
        if intent is None:
            return _error(404, "resource_missing")
        is_in_full = request.query_params.get("expand[0]") == "latest_charge" and intent["latest_charge"]
        return JSONResponse(intent | {"latest_charge": self._charge(intent)} if is_in_full else intent)

    async def _retrieve(self, request: Request) -> Response:
        """What an intent is found by, with the intent in full."""
        name = request.path_params["id"]
        self.asked.append(f"GET {name}")
        things = {
            "charges": {each["latest_charge"]: {"payment_intent": of} for of, each in self.intents.items()},
            "refunds": {each["id"]: each for each in self.refunds},
            "disputes": {each["id"]: each for each in self.disputes},
            "checkout/sessions": self.sessions,
        }
        thing: Thing | None = things[request.path_params["kind"]].get(name)
        if thing is None:
            return _error(404, "resource_missing")
        assert request.query_params["expand[0]"] == "payment_intent"
        return JSONResponse(thing | {"id": name, "payment_intent": self.intents.get(thing["payment_intent"])})

    def _charge(self, intent: Thing) -> Thing:
        is_disputed = any(each["payment_intent"] == intent["id"] for each in self.disputes)
        return {"id": intent["latest_charge"], "object": "charge", "disputed": is_disputed}

    async def _create_refund(self, request: Request) -> Response:
        def act(form: Thing) -> tuple[int, Thing]:
            if self._is_charged_back(form["payment_intent"]):
                code = "charge_disputed"
                return 400, {"error": {"type": "invalid_request_error", "code": code, "message": "It is disputed."}}
            left, amount = self.left(form["payment_intent"]), int(form["amount"])
            if amount > left:
                code = "charge_already_refunded" if left == 0 else "amount_too_large"
                return 400, {"error": {"type": "invalid_request_error", "code": code, "message": "It went back."}}
            return 200, self.give_back(form["payment_intent"], amount, metadata=form["metadata"])

        return await self._once(request, act)

    def _is_charged_back(self, reference: str) -> bool:
        """Stripe refunds nothing of a charge whose money the payer's bank holds or has; an inquiry holds none."""
        return any(
            each["payment_intent"] == reference
            and each["status"] in ("needs_response", "under_review", "lost")
            and not each["is_charge_refundable"]
            for each in self.disputes
        )

    async def _list_refunds(self, request: Request) -> Response:
        return self._listed(request, "refunds", self.refunds)

    async def _list_disputes(self, request: Request) -> Response:
        if not self.may_read_disputes:
            self.asked.append("GET disputes")
            said = "The provided key does not have the required permissions for this endpoint on account 'acct_1'."
            return JSONResponse({"error": {"type": "invalid_request_error", "message": said}}, 403)
        return self._listed(request, "disputes", self.disputes)

    async def _list_events(self, request: Request) -> Response:
        return self._listed(request, "events", self.events)

    async def _list_intents(self, request: Request) -> Response:
        return self._listed(request, "payment_intents", list(self.intents.values())[::-1])

    def _listed(self, request: Request, kind: str, things: list[Thing]) -> Response:
        self.asked.append(f"GET {kind}")
        if kind in self.unreadable:
            return _error(403, "more_permissions_required_for_application")
        return JSONResponse(page_of(things, kind, request.query_params))

    async def _cancel(self, request: Request) -> Response:
        def act(form: Thing) -> tuple[int, Thing]:
            intent = self.intents[request.path_params["id"]]
            if intent["status"] in ("succeeded", "canceled", "processing"):
                code = "payment_intent_unexpected_state"
                return 400, {"error": {"type": "invalid_request_error", "code": code, "message": "It cannot be."}}
            return 200, self.change(intent["id"], status="canceled", cancellation_reason=form["cancellation_reason"])

        return await self._once(request, act)

    async def _once(self, request: Request, act: Any) -> Response:
        """A POST as Stripe does it: a key that was used before is answered as then, by the same parameters only."""
        assert request.headers["authorization"] == f"Bearer {KEY}"
        key, text = request.headers["idempotency-key"], (await request.body()).decode()
        self.asked.append(f"POST {key}")
        if key in self.replies and self.replies[key][0] != text:
            return _error(400, "idempotency_key_reused", "idempotency_error")
        if key not in self.replies:
            self.replies[key] = (text, *act(_form(text)))
        return JSONResponse(self.replies[key][2], self.replies[key][1])

    @asynccontextmanager
    async def provider(self) -> AsyncIterator[Stripe]:
        """The provider, its library's client connected to this fake, faults included."""
        http = stripe.HTTPXClient()
        await http.close_async()  # type: ignore[no-untyped-call]  # the library's
        http._client_async = httpx.AsyncClient(transport=_Faulty(self))  # it takes no transport
        provider = Stripe(KEY, [SECRET], http=http)
        yield provider
        await provider.close()


class _Faulty(httpx.AsyncBaseTransport):
    """The line to the fake, which fails as the fake's list says."""

    def __init__(self, fake: FakeStripe) -> None:
        self._fake, self._line = fake, httpx.ASGITransport(fake.app())

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        fault = self._fake.faults.pop(0) if self._fake.faults else None
        match fault:
            case "timeout_before":
                raise httpx.ConnectTimeout("no answer")
            case "429":
                return httpx.Response(429, headers={"Retry-After": "7"}, json={"error": {"code": "rate_limit"}})
            case "lock_timeout":
                return httpx.Response(429, json={"error": {"type": "invalid_request_error", "code": "lock_timeout"}})
            case "500":
                return httpx.Response(500, json={"error": {"type": "api_error"}})
            case "401":
                return httpx.Response(401, json={"error": {"message": f"Invalid API Key provided: {KEY}"}})
            case "html":
                return httpx.Response(502, text="<h1>Bad gateway</h1>")
        response = await self._line.handle_async_request(request)
        match fault:
            case "timeout_after":
                raise httpx.ReadTimeout("no answer")
            case "reset_after":
                raise httpx.ReadError("connection reset by peer")
        return response


def signed(body: bytes, at: datetime, *secrets: str) -> str:
    """The Stripe-Signature header of a body."""
    made = [
        stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))
        for secret in secrets or (SECRET,)
    ]
    return ",".join([made[0], *(each.split(",")[1] for each in made[1:])])


def event(kind: str, thing: Thing, event_id: str = "evt_1") -> bytes:
    """A webhook's body."""
    return json.dumps({"id": event_id, "object": "event", "type": kind, "data": {"object": thing}}, indent=2).encode()


def _error(status: int, code: str, kind: str = "invalid_request_error") -> Response:
    return JSONResponse({"error": {"type": kind, "code": code, "message": "No."}}, status)


def _form(text: str) -> Thing:
    """`a=1&b[c]=2` as a value."""
    form: Thing = {"metadata": {}}
    for name, value in _pairs(text):
        if name.startswith("metadata["):
            form["metadata"][name.removeprefix("metadata[").removesuffix("]")] = value
        else:
            form[name] = value
    return form


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    yield from parse_qsl(text, keep_blank_values=True)
