"""Requests that no client of good will sends: each is refused in JSON with a code, and the server stays up."""

import json
from collections.abc import Iterator

import httpx
import pytest

from gateway.schema.conventions import ids
from tests.served.gateway import Served

VIEWER = "{ viewer { id } }"
BY_ID = "query($v: ID!) { course(id: $v) { id } }"
FIRST = "query($v: Int) { courses(first: $v) { nodes { id } } }"
LONG = "x" * 200_000
DEEP = 40_000
CODES = {"BAD_USER_INPUT", "GRAPHQL_PARSE_FAILED", "GRAPHQL_VALIDATION_FAILED"}


def body(query: object, variables: object = None, **others: object) -> bytes:
    return json.dumps({"query": query, "variables": variables, **others}).encode()


def nested(opening: str, closing: str, depth: int, inside: str = "") -> str:
    return opening * depth + inside + closing * depth


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "null": b"null",
    "a number": b"5",
    "a string": b'"x"',
    "a list": b"[]",
    "a batch": b"[" + body(VIEWER) + b"]",
    "no JSON": b"{'query': '{viewer{id}}'}",
    "an open brace": b"{",
    "two objects": body(VIEWER) * 2,
    "no UTF-8": b'{"query": "\xff\xfe"}',
    "brackets": b"[" * DEEP,
    "closed brackets": nested("[", "]", DEEP).encode(),
    "objects": b'{"a":' * DEEP,
    "nested variables": b'{"query": "{ viewer { id } }", "variables": {"v":' + nested("[", "]", DEEP).encode() + b"}}",
    "an integer of 5000 digits": b'{"query": "{ viewer { id } }", "variables": {"v": ' + b"9" * 5000 + b"}}",
    "NaN": body(FIRST, {"v": float("nan")}),
    "Infinity": body(FIRST, {"v": float("-inf")}),
    "UTF-16": '{"query": "{ viewer { id } }"}'.encode("utf-16"),
    "no query": b"{}",
    "a null query": body(None),
    "a query that is a number": body(5),
    "a query that is an object": body({}),
    "an empty query": body(""),
    "variables that are a list": body(VIEWER, []),
    "variables that are a string": body(VIEWER, "{}"),
    "extensions that are a list": body(VIEWER, extensions=[]),
    "an unknown operation": body("query A { viewer { id } }", operationName="B"),
    "an operation name that is a number": body(VIEWER, operationName=5),
    "an operation name that is an object": body(VIEWER, operationName={}),
    "an operation name with a lone surrogate": body(VIEWER, operationName="\ud800"),
    "an operation name of 200000 characters": body(VIEWER, operationName=LONG),
    "several operations, and none named": body("query A { viewer { id } } query B { viewer { id } }"),
    "several operations, and one of no name named": body("query A { viewer { id } }", operationName=""),
    "only a fragment": body("fragment F on Query { viewer { id } }"),
    "a schema": body("type A { a: Int }"),
}
"""What is no GraphQL request: 400, whoever sends it."""

DOCUMENTS: dict[str, bytes] = {
    "an open selection": body("{"),
    "only spaces": body("  "),
    "a lone surrogate": body('{ course(id: "\ud800") { id } }'),
    "a NUL outside a string": body("{ viewer\0 { id } }"),
    "a NUL in an id": body(BY_ID, {"v": "\0"}),
    "a lone surrogate in an id": body(BY_ID, {"v": "\ud800"}),
    "a NUL in a variable's name": body("query($v: ID!, $w: Int) { course(id: $v) { id } }", {"\0": 1}),
    "an id of 200000 characters": body(BY_ID, {"v": LONG}),
    "a field of 200000 characters": body(f"{{ {LONG} }}"),
    "an integer of 40 digits": body(FIRST, {"v": 10**40}),
    "an integer of 4000 digits": body(FIRST, {"v": 10**4000 - 1}),
    "a literal of 10000 digits": body(f"{{ courses(first: {'9' * 10_000}) {{ nodes {{ id }} }} }}"),
    "a literal of 10000 digits for a scalar": body(
        f"{{ purchases(filter: {{tier: {'9' * 10_000}}}) {{ nodes {{ id }} }} }}"
    ),
    "a literal of 10000 digits for an instant": body(
        f"{{ purchases(filter: {{createdFrom: {'9' * 10_000}}}) {{ nodes {{ id }} }} }}"
    ),
    "a default of 10000 digits": body(f"query($v: Int = {'9' * 10_000}) {{ courses(first: $v) {{ nodes {{ id }} }} }}"),
    "an endless float": body("{ courses(first: 1e999999) { nodes { id } } }"),
    "a variable nested 400 times": body(BY_ID, {"v": json.loads(nested("[", "]", 400))}),
    "an object for a list": body(FIRST, {"v": {"a": {}}}),
    "a deep selection": body(nested("{ a ", "}", 1500)),
    "a deep value": body(f"{{ course(id: {nested('[', ']', 2000)}) {{ id }} }}"),
    "a deep object": body(f"{{ course(id: {nested('{a: ', '}', 1500, '1')}) {{ id }} }}"),
    "a deep type": body(f"query($v: {nested('[', ']', 2000, 'ID')}) {{ viewer {{ id }} }}"),
    "deep fragments": body(nested("{ ...", "}", 1000, "{ viewer { id } }")),
    "a chain of fragments": body(
        "{ ...F0 }"
        + "".join(f" fragment F{n} on Query {{ ...F{n + 1} }}" for n in range(500))
        + " fragment F500 on Query { viewer { id } }"
    ),
    "a circle of fragments": body("{ ...F } fragment F on Query { ...F }"),
    "more than 2000 tokens": body("{ " + "viewer { id } " * 600 + "}"),
    "more fields than a root may have": body("{ " + "viewer { id } " * 30 + "}"),
    "an unknown field": body("{ password }"),
    "an unknown argument": body("{ viewer(x: 1) { id } }"),
    "an unknown directive": body("{ viewer @hidden { id } }"),
    "a missing variable": body(BY_ID),
    "a variable twice": body("query($v: Int, $v: Int) { courses(first: $v) { nodes { id } } }"),
}
"""What is a GraphQL request and yet cannot be done."""


@pytest.fixture(scope="module", autouse=True)
def _nothing_is_written(gateway: Served) -> Iterator[None]:
    before = gateway.counts()
    yield
    assert gateway.counts() == before


@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_is_no_request_is_refused(gateway: Served, name: str) -> None:
    response = _send(gateway, BODIES[name])
    assert response.status_code == 400
    assert _codes(response) == {"BAD_USER_INPUT"}
    _still_answers(gateway)


@pytest.mark.parametrize(("accept", "status"), [("application/json", 200), ("application/graphql-response+json", 400)])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_cannot_be_done_is_refused(gateway: Served, name: str, accept: str, status: int) -> None:
    response = _send(gateway, DOCUMENTS[name], Accept=accept)
    answer = response.json()
    is_executed = "data" in answer  # up to a field that said that its argument cannot be meant
    assert response.status_code == (200 if is_executed else status)
    assert _codes(response, accept) <= CODES
    assert not any((answer.get("data") or {}).values())
    _still_answers(gateway)


@pytest.mark.parametrize(
    "content_type",
    [
        *("", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"),
        *("application/graphql", "application/jsonx", "application/json, text/plain", "text/plain; application/json"),
        *("application/json; charset=utf-16", "application/json; boundary=x"),
    ],
)
def test_only_json_is_taken(gateway: Served, content_type: str) -> None:
    """So that no form of another site can send a mutation without the browser's asking first (CORS)."""
    response = _send(gateway, body(VIEWER), **{"Content-Type": content_type})
    assert (response.status_code, _codes(response)) == (415, {"BAD_USER_INPUT"})


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
def test_other_methods_are_refused(gateway: Served, method: str) -> None:
    response = gateway.http.request(method, gateway.server.url, content=body(VIEWER), headers=gateway.admin.headers())
    assert (response.status_code, _codes(response)) == (405, {"BAD_USER_INPUT"})
    assert response.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    "query",
    [
        'mutation { confirmPayment(input: {paymentId: "pay_"}) { __typename } }',
        "mutation { __typename }",
        "query A { viewer { id } } mutation B { __typename }&operationName=B",
    ],
)
def test_get_changes_nothing(gateway: Served, query: str) -> None:
    response = gateway.http.get(f"{gateway.server.url}?query={query}", headers=gateway.student().headers())
    assert (response.status_code, _codes(response)) == (405, {"BAD_USER_INPUT"})
    assert response.headers["Allow"] == "POST"


@pytest.mark.parametrize(
    "query", ["%ff%fe", "{viewer{id}}&variables=[", "{viewer{id}}&variables=5", "{viewer{id}}&extensions=x"]
)
def test_get_is_judged_as_a_body_is(gateway: Served, query: str) -> None:
    response = gateway.http.get(f"{gateway.server.url}?query={query}", headers=gateway.admin.headers())
    assert response.status_code < 500
    assert _codes(response) <= CODES


def test_a_subscription_of_who_reads_json_is_refused(gateway: Served) -> None:
    response = _send(gateway, body("subscription { payment(id: 1) { id } }"))
    assert (response.status_code, _codes(response)) == (406, {"BAD_USER_INPUT"})


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_that_cannot_be_done_is_refused_in_a_stream_as_well(gateway: Served, name: str) -> None:
    response = _send(gateway, DOCUMENTS[name], Accept="text/event-stream")
    assert response.status_code == 200
    first, last, end = response.text.split("\n\n")
    errors = json.loads(first.removeprefix("event: next\ndata: "))["errors"]
    assert {error["extensions"]["code"] for error in errors} <= CODES
    assert (last, end) == ("event: complete\ndata:", "")
    _still_answers(gateway)


def _send(gateway: Served, content: bytes, **headers: str) -> httpx.Response:
    every = {**gateway.admin.headers(), "Content-Type": "application/json", **headers}
    return gateway.http.post(gateway.server.url, content=content, headers=every)


def _codes(response: httpx.Response, media_type: str = "application/json") -> set[str]:
    assert response.headers["Content-Type"] == f"{media_type}; charset=utf-8"
    codes = {error["extensions"]["code"] for error in response.json()["errors"]}
    assert codes
    return codes


def _still_answers(gateway: Served) -> None:
    assert gateway.admin.data("query($v: ID!) { course(id: $v) { id } }", v=ids.EXAMPLES[ids.COURSE]) == {
        "course": None
    }
