"""Requests that are refused, or just not, by every route and method, as tests/endpoints/test_refusals.py sends them."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import product
from typing import Any
from urllib.parse import urlencode

from gateway.services.core.model.values import Role

MOST_BYTES = 1_024
JSON, GRAPHQL_JSON, EVENTS = "application/json", "application/graphql-response+json", "text/event-stream"
PARTS = "multipart/mixed;subscriptionSpec=1.0"
ACCEPTS = ("", "*/*", JSON, GRAPHQL_JSON, "text/html", "text/plain", EVENTS, f"{GRAPHQL_JSON}, {EVENTS};q=0.5")
TOKENS = {"a false token": "Bearer nonsense", "no bearer token": "Basic abc", "two tokens": "Bearer a|Bearer b"}
WHO = "{ __typename }"
MUTATION = 'mutation { confirmPayment(input: {paymentId: "x"}) { __typename } }'


@dataclass(frozen=True)
class Call:
    """One request. Header values are given with `|` between them where there are several of a name."""

    name: str
    method: str = "POST"
    path: str = "/graphql"
    headers: tuple[tuple[str, str], ...] = ()
    body: tuple[bytes, ...] = (b"",)
    query: str = ""
    role: Role | None = None
    ends: str = "whole"

    def __str__(self) -> str:
        return f"{self.method} {self.path}: {self.name}"


def posted(name: str, body: object, *, accept: str = "", path: str = "/graphql", **changes: Any) -> Call:
    """A POST of JSON, or of bytes as they are."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"content-type": JSON, **({"accept": accept} if accept else {}), **changes.pop("headers", {})}
    words = f"{name}, accepts {accept}" if accept else name
    return Call(words, "POST", path, tuple(headers.items()), changes.pop("chunks", (content,)), **changes)


def got(name: str, accept: str = "", **parameters: str) -> Call:
    headers = (("accept", accept),) if accept else ()
    return Call(f"{name}, accepts {accept or 'nothing'}", "GET", headers=headers, query=urlencode(parameters))


BODIES: dict[str, object] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": [{"query": WHO}],
    "a text": "x",
    "not a number": b'{"query": "{ __typename }", "variables": {"a": NaN}}',
    "no UTF-8": b'{"query": "\xff"}',
    "JSON within JSON without end": b"[" * 900,
    "no query": {},
    "an empty query": {"query": ""},
    "a query that is a number": {"query": 1},
    "variables that are a list": {"query": WHO, "variables": []},
    "extensions that are a text": {"query": WHO, "extensions": "x"},
    "a name that is a number": {"query": WHO, "operationName": 1},
    "a name that nothing has": {"query": "query A { __typename }", "operationName": "B"},
    "an empty name": {"query": WHO, "operationName": ""},
    "no name of two": {"query": "query A { __typename } query B { __typename }"},
    "a fragment alone": {"query": "fragment F on Query { __typename }"},
    "a query that does not parse": {"query": "{ a"},
    "a query that is not valid": {"query": "{ nonsense }"},
    "a query with a typing error": {"query": "{ viewr { id } }"},
    "a variable that is missing": {"query": "query($id: ID!) { course(id: $id) { id } }"},
    "a variable that is wrong": {"query": "query($id: ID!) { course(id: $id) { id } }", "variables": {"id": []}},
    "a number of too many digits": {"query": "{ courses(first: " + "9" * 400 + ") { nodes { id } } }"},
    "a field that is for others": {"query": "{ purchases { nodes { id } } }"},
    "a lone surrogate": {"query": '{ course(id: "\ud800") { id } }'},
    "a lone surrogate in a message": {"query": "{ __typename }", "operationName": "\ud800"},
    "too many tokens": {"query": "{ " + "a " * 60 + "}"},
    "too deep": {"query": "{ courses { nodes { tiers { price { currency } } } } }"},
    "too many aliases": {"query": "{ a: __typename b: __typename c: __typename d: __typename }"},
    "too costly": {"query": "{ courses(first: 100) { nodes { id title tiers { code } } } }"},
    "too costly, and asked for it": {"query": "{ courses(first: 100) { nodes { id } } }", "extensions": {"cost": True}},
    "a subscription": {"query": 'subscription { payment(id: "x") { id } }'},
    "a mutation that is not for nobody": {"query": MUTATION},
    "introspection": {"query": "{ __schema { queryType { name } } }"},
    "a hash that is not known": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0"}}},
    "a hash that is not the query's": {"query": WHO, "extensions": {"persistedQuery": {"sha256Hash": "0"}}},
    "an id that is not known": {"documentId": "x"},
}
HEADS: dict[str, dict[str, str]] = {
    "no type": {"content-type": ""},
    "a form": {"content-type": "application/x-www-form-urlencoded"},
    "multipart": {"content-type": "multipart/form-data; boundary=x"},
    "another charset": {"content-type": "application/json; charset=latin-1"},
    "a known charset": {"content-type": "Application/JSON; charset=UTF-8"},
    "graphql+json": {"content-type": "application/graphql+json"},
    "gzip": {"content-encoding": "gzip"},
    "announced as too large": {"content-length": str(MOST_BYTES + 1)},
    "announced as no number": {"content-length": "x"},
}
GOTTEN: dict[str, dict[str, str]] = {
    "nothing": {},
    "an empty query": {"query": ""},
    "a query that does not parse": {"query": "{"},
    "a query that is not valid": {"query": "{ nonsense }"},
    "a mutation": {"query": MUTATION},
    "a subscription": {"query": 'subscription { payment(id: "x") { id } }'},
    "variables that are no JSON": {"query": WHO, "variables": "{"},
    "variables that are a list": {"query": WHO, "variables": "[]"},
    "variables that are null": {"query": WHO, "variables": "null"},
    "extensions that are no JSON": {"query": WHO, "extensions": "x"},
    "a name that nothing has": {"query": "query A { __typename }", "operationName": "B"},
    "an empty name": {"query": WHO, "operationName": ""},
    "too long": {"query": WHO + " " * 20_000},
    "an id that is not known": {"documentId": "x"},
}
OLD = "/api/v1/purchases"
OLD_BODIES: dict[str, object] = {
    "nothing": b"",
    "no JSON": b"{",
    "a list": [],
    "not a number": b'{"a": NaN}',
    "no UTF-8": b'{"a": "\xff"}',
    "no field that is right": {},
    "no such course": {
        "studentId": "s",
        "courseId": "00000000-0000-7000-8000-000000000000",
        "purchaseTier": "BASIC",
        "metadata": {"isSundayOnly": False, "sessionDuration": 60, "timeSlot": "10:00-11:00"},
    },
}
HOOK = "/webhooks/sandbox"
DOORS = ("/graphql", "/graphql/", OLD, f"{OLD}/", HOOK, f"{HOOK}/", "/webhooks/nobody", "/healthz", "/nowhere")
PREFLIGHT = {"origin": "https://shop.example", "access-control-request-method": "POST"}


def stopped(path: str, **of: Any) -> Iterator[Call]:
    """Bodies that are too large, or that do not come."""
    large = tuple(b" " * 512 for _ in range(2_100 if path == HOOK else 3))
    yield posted("too large", b"", path=path, chunks=large, **of)
    yield posted("late", b"", path=path, chunks=(b"{", b""), ends="late", **of)
    yield posted("hung up", b"", path=path, chunks=(b"{",), ends="hung up", **of)


def everywhere() -> Iterator[Call]:
    for method, path in product(("GET", "HEAD", "PUT", "OPTIONS", "DELETE"), DOORS):
        yield Call("without a body", method, path)
    for (name, token), path in product(TOKENS.items(), DOORS):
        yield posted(name, {"query": WHO}, path=path, headers={"authorization": token})


def of_graphql() -> Iterator[Call]:
    yield from everywhere()
    for accept in ACCEPTS:
        yield posted("a query", {"query": WHO}, accept=accept)
        yield posted("a false token", {"query": WHO}, accept=accept, headers={"authorization": "Bearer x"})
        yield got("nothing", accept)
        yield Call(f"without a body, accepts {accept}", "PUT", headers=(("accept", accept),))
    for (name, body), accept in product(BODIES.items(), (JSON, GRAPHQL_JSON, EVENTS, PARTS)):
        yield posted(name, body, accept=accept)
    for (name, head), accept in product(HEADS.items(), (JSON, GRAPHQL_JSON)):
        yield posted(name, {"query": WHO}, accept=accept, headers=head)
    for (name, parameters), accept in product(GOTTEN.items(), (JSON, GRAPHQL_JSON, EVENTS)):
        yield got(name, accept, **parameters)
    yield from stopped("/graphql")


def of_the_old_door() -> Iterator[Call]:
    yield posted("of nobody", {}, path=OLD)
    yield posted("of a student", {}, path=OLD, role=Role.STUDENT)
    for name, body in OLD_BODIES.items():
        yield posted(name, body, path=OLD, role=Role.SERVICE)
    for name, head in HEADS.items():
        yield posted(name, {}, path=OLD, headers=head, role=Role.SERVICE)
    yield posted("two keys", {}, path=OLD, headers={"idempotency-key": "a|b"}, role=Role.ADMIN)
    yield from stopped(OLD, role=Role.SERVICE)


def of_webhooks() -> Iterator[Call]:
    for path in ("/webhooks/sandbox", "/webhooks/stripe", "/webhooks/nobody", "/webhooks/sandbox/"):
        yield posted("no event", b"x", path=path)
        yield posted("no event, announced as too large", b"x", path=path, headers={"content-length": "9999999"})
    yield from stopped(HOOK)


def of_a_closed_house() -> Iterator[Call]:
    """Production, where neither GET nor introspection nor the page is on."""
    for method, accept in product(("GET", "HEAD", "PUT", "POST"), ("", JSON, "text/html", "text/plain")):
        yield Call(f"without a body, accepts {accept}", method, headers=(("accept", accept),))
    for name in ("introspection", "a query with a typing error", "a hash that is not known"):
        yield posted(name, BODIES[name], accept=GRAPHQL_JSON)
    yield got("a query", query=WHO)


def of_trusted_documents() -> Iterator[Call]:
    for accept, (name, body) in product((JSON, GRAPHQL_JSON, EVENTS), BODIES.items()):
        if "known" in name or "hash" in name or name in ("no query", "a query that is not valid", "no UTF-8"):
            yield posted(name, body, accept=accept)
    yield got("a query", GRAPHQL_JSON, query=WHO)
    yield got("an id", GRAPHQL_JSON, documentId="1")


def of_other_sites() -> Iterator[Call]:
    yield Call("asks first", "OPTIONS", headers=tuple(PREFLIGHT.items()))
    for name, value in (
        ("origin", "https://evil.example"),
        ("access-control-request-method", "PUT"),
        ("access-control-request-headers", "x-other"),
        ("access-control-request-private-network", "true"),
    ):
        yield Call(f"asks first with {name} {value}", "OPTIONS", headers=tuple({**PREFLIGHT, name: value}.items()))
    for path in ("/graphql", OLD, "/nowhere"):
        yield posted("a false token", b"", path=path, headers={**PREFLIGHT, "authorization": "Bearer x"})


def of_too_many() -> Iterator[Call]:
    for accept in ("", JSON, GRAPHQL_JSON, EVENTS):
        yield posted("a mutation", {"query": MUTATION}, accept=accept, role=Role.STUDENT)
    yield posted("no field that is right", {}, path=OLD, role=Role.SERVICE)


def of_a_broken_house() -> Iterator[Call]:
    for path, accept in product(("/graphql", OLD, HOOK, "/readyz"), ("", JSON, GRAPHQL_JSON)):
        method = "GET" if path == "/readyz" else "POST"
        yield replace(posted("a query", {"query": WHO}, accept=accept, path=path, role=Role.ADMIN), method=method)
    yield Call("the page", "GET", headers=(("accept", "text/html"),))


def of_a_busy_house() -> Iterator[Call]:
    yield posted("no such course", OLD_BODIES["no such course"], path=OLD, role=Role.SERVICE)


def of_an_issuer_that_is_away() -> Iterator[Call]:
    for path, accept in product(("/graphql", OLD, HOOK, "/nowhere"), ("", GRAPHQL_JSON)):
        token = {"authorization": "Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30.AAAA"}
        yield posted("a token", {"query": WHO}, accept=accept, path=path, headers=token)


HOUSES: dict[str, tuple[dict[str, str], Callable[[], Iterator[Call]]]] = {
    "graphql": ({}, of_graphql),
    "the old door": ({}, of_the_old_door),
    "webhooks": ({}, of_webhooks),
    "a closed house": (
        {"env": "production", "jwt_secret": "s" * 40, "stripe_secret_key": "", "sandbox": "true"},
        of_a_closed_house,
    ),
    "trusted documents": ({"only_trusted_documents": "true"}, of_trusted_documents),
    "documents that were sent": ({"automatic_persisted_queries": "10"}, of_trusted_documents),
    "other sites": ({"cors_origins": "https://shop.example"}, of_other_sites),
    "too many": (
        {"limit_root_fields": "1", "rate_address_burst": "1", "rate_address_per_s": "0.0001"},
        of_too_many,
    ),
    "a broken house": ({}, of_a_broken_house),
    "a busy house": ({}, of_a_busy_house),
    "an issuer that is away": ({"jwks_url": "http://127.0.0.1:1/keys", "jwt_secret": ""}, of_an_issuer_that_is_away),
}
TIGHT = {
    "limit_body_bytes": str(MOST_BYTES),
    "limit_body_s": "0.05",
    "limit_tokens": "50",
    "limit_depth": "4",
    "limit_aliases": "3",
    "limit_cost": "200",
    "worker": "false",
}
