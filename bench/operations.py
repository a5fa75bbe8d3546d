"""The operations that are measured, and the requests that they are made of."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench.books import TIER, Books, Sale
from gateway.schema.conventions import ids

JWT_SECRET = "a-secret-of-the-bench-of-at-least-32-bytes"  # noqa: S105  nothing but loopback ever sees it
WEBHOOK_SECRET = "whsec_of_the_bench"  # noqa: S105  as above
TOKEN_TTL_S = 86_400

METADATA = {"isSundayOnly": True, "sessionDuration": 60, "timeSlot": {"start": "17:30", "timeZone": "Asia/Kolkata"}}

SHOWN = "id status tier student { id } course { id title } payment { id status } access { sessionsTotal expiresAt }"
PROBLEM = "... on Problem { code message }"
CONFIRM_PAYMENT = (
    "mutation ConfirmPayment($input: ConfirmPaymentInput!) { confirmPayment(input: $input) { __typename"
    f" ... on ConfirmPaymentSuccess {{ alreadyProcessed purchase {{ {SHOWN} }} }} {PROBLEM} }} }}"
)
CREATE_PAYMENT = (
    "mutation CreatePayment($input: CreatePaymentInput!) { createPayment(input: $input) { __typename"
    " ... on CreatePaymentSuccess { alreadyProcessed payment { id status tier amount { amountMinor currency }"
    f" student {{ id }} course {{ id title }} }} }} {PROBLEM} }} }}"
)
CREATE_PURCHASE = (
    "mutation CreatePurchase($input: CreatePurchaseInput!) { createPurchase(input: $input) { __typename"
    f" ... on CreatePurchaseSuccess {{ alreadyProcessed purchase {{ {SHOWN} }} }} {PROBLEM} }} }}"
)
PURCHASE = f"query Purchase($id: ID!) {{ purchase(id: $id) {{ {SHOWN} }} }}"
PAGE = (
    f"query Page {{ purchases(first: 50) {{ edges {{ node {{ {SHOWN} }} }} pageInfo {{ hasNextPage endCursor }} }} }}"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One that is measured.

    Attributes:
        request: the request of that number, or the same for all.
        proof: a text that every right answer has, and no wrong one.
        table: the one that gets a row for each answer; None where nothing is to be written.
        kinds: how many different requests there are; None where each is made anew, or is for one payment.
    """

    name: str
    request: Callable[[Books, int], bytes]
    proof: str
    table: str | None = None
    kinds: Callable[[Books], int] | None = None

    def requests(self, books: Books, first: int, count: int) -> Iterator[bytes]:
        """So many requests, from that number on; all there are where they can be sent again."""
        numbers = range(first, first + count) if self.kinds is None else range(min(count, self.kinds(books)))
        return (self.request(books, number) for number in numbers)


def _confirm(books: Books, number: int) -> bytes:
    return _confirming(books.open[number])


def _confirm_again(books: Books, number: int) -> bytes:
    return _confirming(books.paid[number])


def _confirming(sale: Sale) -> bytes:
    given = {"paymentId": ids.to_text(ids.PAYMENT, sale.payment)}
    return graphql(CONFIRM_PAYMENT, {"input": given}, token("STUDENT", sale.student))


def _create_payment(books: Books, number: int) -> bytes:
    given = {"courseId": _course(books, number), "tier": TIER, "metadata": METADATA}
    return graphql(CREATE_PAYMENT, {"input": given}, token("STUDENT", f"buyer-{number}"))


def _create_purchase(books: Books, number: int) -> bytes:
    given = {"studentId": f"granted-{number}", "courseId": _course(books, number), "purchaseTier": TIER}
    more = {"metadata": METADATA, "reason": "a grant of the bench"}
    return graphql(CREATE_PURCHASE, {"input": {**given, **more}}, token("ADMIN", "admin-1"))


def _purchase(books: Books, number: int) -> bytes:
    sale = books.paid[number]
    return graphql(PURCHASE, {"id": ids.to_text(ids.PURCHASE, sale.purchase)}, token("STUDENT", sale.student))


def _page(_books: Books, _number: int) -> bytes:
    return graphql(PAGE, {}, token("ADMIN", "admin-1"))


def _webhook(books: Books, number: int) -> bytes:
    """A new event of a payment of ours, signed now: it has to be sent within five minutes."""
    sale = books.awaited[number % len(books.awaited)]
    intent = {"id": sale.reference, "object": "payment_intent", "status": "succeeded", "metadata": {}}
    kind = "payment_intent.succeeded"
    event = {"id": f"evt_{number}", "object": "event", "type": kind, "data": {"object": intent}}
    body = json.dumps(event, separators=(",", ":")).encode()
    at = int(time.time())
    signature = hmac.new(WEBHOOK_SECRET.encode(), b"%d.%b" % (at, body), hashlib.sha256).hexdigest()
    return post("/webhooks/stripe", body, f"Stripe-Signature: t={at},v1={signature}")


def _course(books: Books, number: int) -> str:
    return ids.to_text(ids.COURSE, books.courses[number % len(books.courses)])


CONFIRM = Operation("confirmPayment", _confirm, '"alreadyProcessed":false,"purchase"', "purchase")
OPERATIONS = {
    each.name: each
    for each in (
        CONFIRM,
        Operation("createPurchase", _create_purchase, '"alreadyProcessed":false,"purchase"', "purchase"),
        Operation("createPayment", _create_payment, '"alreadyProcessed":false,"payment"', "payment"),
        Operation(
            "confirmPayment again",
            _confirm_again,
            '"alreadyProcessed":true,"purchase"',
            kinds=lambda books: len(books.paid),
        ),
        Operation("purchase(id)", _purchase, '"purchase":{"id"', kinds=lambda books: len(books.paid)),
        Operation("page of 50", _page, '"hasNextPage":true', kinds=lambda _: 1),
        Operation("webhook", _webhook, '"stored":true', "provider_event"),
    )
}


def graphql(query: str, variables: dict[str, Any], bearer: str) -> bytes:
    """The request of an operation, with the headers that a client sends."""
    body = json.dumps({"query": query, "variables": variables}, separators=(",", ":")).encode()
    return post("/graphql", body, f"Authorization: Bearer {bearer}")


def post(path: str, body: bytes, *headers: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Content-Type: application/json",
        "Accept: application/json",
        *headers,
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*head, "", "")).encode() + body


@lru_cache(maxsize=100_000)
def token(role: str, subject: str) -> str:
    """A token of HS256, as any issuer would make it."""
    claims = {"sub": subject, "role": role, "exp": int(time.time()) + TOKEN_TTL_S}
    signed = f"{HEADER}.{_part(json.dumps(claims).encode())}"
    return f"{signed}.{_part(hmac.new(JWT_SECRET.encode(), signed.encode(), hashlib.sha256).digest())}"


def _part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


HEADER = _part(b'{"alg":"HS256","typ":"JWT"}')
