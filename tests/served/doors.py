"""The doors of a served gateway, each asked for something: whether it was done, or the one answer that all have for an
outage. Any other answer is a failure."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any

import httpx

from gateway.endpoints.rest import PATH as OLD_PATH
from gateway.schema.conventions.errors import busy
from tests.served.gateway import Person, Served, creating
from tests.served.old_door import LOOSE
from tests.served.operations import CONFIRM_PAYMENT, CREATE_PURCHASE, PURCHASES
from tests.served.streams import SSE, connected, events
from tests.services.providers.stripe.fake import KEY, SECRET, event, signed

SETTINGS = {
    "stripe_secret_key": KEY,
    "stripe_webhook_secrets": SECRET,
    "default_provider": "SANDBOX",
    "get_queries": "true",
}
"""Of a gateway that has all doors. Nobody asks its Stripe anything."""

PAYMENT = "subscription ($id: ID!) { payment(id: $id) { id status } }"
NOTHING_DONE, IN_DOUBT = (busy(1, may_be_done=each).message for each in (False, True))
TOO_BUSY = "too busy to keep it now"


@dataclass(frozen=True, slots=True)
class Told:
    """What came of one call."""

    is_done: bool
    may_be_done: bool = False
    took_s: float = 0.0


@dataclass
class Shop:
    """A gateway, and what is there to be asked for. Its people are new each time, so that each call is another one."""

    gateway: Served
    course: str = field(init=False)
    payment: str = field(init=False)
    buyer: Person = field(init=False)
    granted: dict[str, Told] = field(default_factory=dict)
    """By the student of each grant, what was told of it last."""
    events: dict[str, Told] = field(default_factory=dict)
    """The same of each of the provider's events, by its id."""
    _numbers: "count[int]" = field(default_factory=count)

    def __post_init__(self) -> None:
        self.course, self.buyer = self.gateway.course(), self.gateway.student()
        self.payment = self.gateway.opened(self.buyer, self.course)

    def grant(self) -> tuple[str, dict[str, object]]:
        """A student who is new, and what is sent to grant a course."""
        student = f"granted-{next(self._numbers)}"
        return student, {**creating(self.course, student), "idempotencyKey": student}

    def confirmed(self) -> str:
        """What the buyer is told who confirms the payment."""
        return self.buyer.post(CONFIRM_PAYMENT, {"input": {"paymentId": self.payment}}).text

    def at(self, path: str) -> str:
        return self.gateway.server.url.replace("/graphql", path)


Door = Callable[[Shop], Told]


def post_mutation(shop: Shop) -> Told:
    student, given = shop.grant()
    return _noted(shop.granted, student, lambda: _answered(shop.gateway.admin.post(CREATE_PURCHASE, {"input": given})))


def post_query(shop: Shop) -> Told:
    return _answered(shop.gateway.admin.post(PURCHASES))


def get_query(shop: Shop) -> Told:
    admin = shop.gateway.admin
    asked = {"query": "{ purchases { nodes { id } } }"}
    return _answered(admin.client_.get(admin.url, params=asked, headers=admin.headers()))


def socket_mutation(shop: Shop) -> Told:
    student, given = shop.grant()
    return _noted(shop.granted, student, lambda: _by_socket(shop.gateway.admin, CREATE_PURCHASE, input=given))


def socket_query(shop: Shop) -> Told:
    return _by_socket(shop.gateway.admin, PURCHASES)


def socket_subscription(shop: Shop) -> Told:
    return _by_socket(shop.buyer, PAYMENT, id=shop.payment)


def sse_mutation(shop: Shop) -> Told:
    student, given = shop.grant()
    return _noted(shop.granted, student, lambda: _by_events(shop.gateway.admin, CREATE_PURCHASE, input=given))


def sse_query(shop: Shop) -> Told:
    return _by_events(shop.gateway.admin, PURCHASES)


def sse_subscription(shop: Shop) -> Told:
    return _by_events(shop.buyer, PAYMENT, id=shop.payment)


def old_door(shop: Shop) -> Told:
    student, _ = shop.grant()
    body = {"studentId": student, "courseId": shop.course, "purchaseTier": "BASIC", "metadata": LOOSE}
    headers = {**shop.gateway.server.service().headers(), "Idempotency-Key": student}

    def asked() -> Told:
        answer = shop.gateway.http.post(shop.at(OLD_PATH), json=body, headers=headers)
        if answer.status_code in (200, 201):
            return Told(True)
        said = answer.json()
        assert (answer.status_code, said["statusCode"], said["code"]) == (503, 503, "BUSY"), answer.text
        _check_retry_after(answer)
        return _busy(said["message"])

    return _noted(shop.granted, student, asked)


def webhook(shop: Shop) -> Told:
    event_id = f"evt_{next(shop._numbers)}"
    intent = {"id": "pi_of_others", "object": "payment_intent", "metadata": {}}
    body = event("payment_intent.succeeded", intent, event_id)

    def asked() -> Told:
        headers = {"Stripe-Signature": signed(body, datetime.now(UTC)), "Content-Type": "application/json"}
        answer = shop.gateway.http.post(shop.at("/webhooks/stripe"), content=body, headers=headers)
        if answer.status_code == 200:
            assert answer.json() == {"stored": True}
            return Told(True)
        assert (answer.status_code, answer.json()) == (503, {"stored": False, "reason": TOO_BUSY}), answer.text
        _check_retry_after(answer)
        return Told(False, may_be_done=True)  # the provider need not know

    return _noted(shop.events, event_id, asked)


WRITING: Mapping[str, Door] = {
    "POST of a mutation": post_mutation,
    "a mutation by WebSocket": socket_mutation,
    "a mutation as an event stream": sse_mutation,
    "the old door": old_door,
    "the provider's webhook": webhook,
}
READING: Mapping[str, Door] = {
    "POST of a query": post_query,
    "GET of a query": get_query,
    "a query by WebSocket": socket_query,
    "a query as an event stream": sse_query,
    "a subscription by WebSocket": socket_subscription,
    "a subscription as an event stream": sse_subscription,
}
DOORS: Mapping[str, Door] = {**WRITING, **READING}


def _noted(told: dict[str, Told], name: str, ask: Callable[[], Told]) -> Told:
    told[name] = answer = ask()
    return answer


def timed(door: Door, shop: Shop) -> Told:
    """What it tells, and after how long."""
    began = time.monotonic()
    told = door(shop)
    return Told(told.is_done, told.may_be_done, time.monotonic() - began)


def _answered(answer: httpx.Response) -> Told:
    told = _result(answer.json(), answer.text)
    assert answer.status_code == (200 if told.is_done else 503), answer.text
    if not told.is_done:
        _check_retry_after(answer)
    return told


def _by_socket(caller: Person, query: str, **variables: object) -> Told:
    with connected(caller) as socket:
        socket.subscribe("1", query, **variables)
        message = socket.next()
        while message["type"] == "ping":
            socket.send(type="pong")
            message = socket.next()
        payload = message["payload"]
        return _result(payload if message["type"] == "next" else {"errors": payload}, json.dumps(message))


def _by_events(caller: Person, query: str, **variables: object) -> Told:
    with events(caller, query, SSE, **variables) as stream:
        result = stream.next()
        return _result(result, json.dumps(result))


def _result(result: Mapping[str, Any], text: str) -> Told:
    """Of a GraphQL operation of one field."""
    errors = result.get("errors", [])
    if not errors:
        [field] = result["data"].values()
        assert field.get("__typename", "Success").endswith("Success"), text
        return Told(True)
    [error] = errors
    extensions = error["extensions"]
    assert (extensions["code"], extensions["retryable"]) == ("BUSY", True), text
    assert extensions["retryAfterSeconds"] > 0, text
    return _busy(error["message"])


def _busy(message: str) -> Told:
    assert message in (NOTHING_DONE, IN_DOUBT), message
    return Told(False, message == IN_DOUBT)


def _check_retry_after(answer: httpx.Response) -> None:
    assert int(answer.headers["Retry-After"]) > 0, answer.headers
