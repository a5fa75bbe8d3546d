"""The limits as a caller meets them: each refuses with a code, and lets the next request through."""

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import httpx
import pytest

from gateway.http.negotiation import GRAPHQL_JSON, JSON
from gateway.services.core.model.values import Role
from gateway.services.reading.snapshot import Snapshot
from tests.served.gateway import Person, Served, connected, creating, served
from tests.served.inside import inside
from tests.served.operations import CREATE_PURCHASE

WHO = "{ viewer { id } }"
COURSES = "query($n: Int) { courses(first: $n) { nodes { id title } } }"


@pytest.fixture(scope="module")
def gateway(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    """Limits that a test reaches: each caller has 20 mutations, and gets no more back."""
    rates = {"rate_viewer_burst": "20", "rate_viewer_per_s": "0.001"}
    with served(new_sqlite(), limit_body_bytes="4096", limit_cost="500", trusted_proxies="1", **rates) as started:
        yield started


def error_of(response: httpx.Response) -> dict[str, Any]:
    answer = response.json()
    assert answer.keys() <= {"errors", "extensions"}
    [error] = answer["errors"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions


# ---------------------------------------------------------------- bodies


def sized(size: int) -> bytes:
    return json.dumps({"query": WHO}).encode().ljust(size)


@pytest.mark.parametrize("path", ["/graphql", "/api/v1/purchases"])
def test_a_body_over_the_limit_is_413_however_it_comes(gateway: Served, path: str) -> None:
    url = gateway.server.url.replace("/graphql", path)
    headers = gateway.admin.headers() | {"Content-Type": "application/json"}
    announced = httpx.post(url, content=sized(4_097), headers=headers)
    in_chunks = httpx.post(url, content=(b" " * 1_000 for _ in range(5)), headers=headers)
    for response in (announced, in_chunks):
        assert (response.status_code, response.headers["Connection"]) == (413, "close")
        assert "4096 bytes" in response.text


def test_a_body_as_large_as_the_limit_is_taken(gateway: Served) -> None:
    headers = {"Content-Type": "application/json"}
    assert httpx.post(gateway.server.url, content=sized(4_096), headers=headers).status_code == 200
    in_chunks = (each for each in (sized(4_000), b" " * 96))
    assert httpx.post(gateway.server.url, content=in_chunks, headers=headers).status_code == 200


@pytest.mark.anyio
async def test_a_body_that_does_not_come_is_408(new_sqlite: Callable[[], str]) -> None:
    async def never() -> Any:
        yield b"{"
        await asyncio.Event().wait()

    async with inside(new_sqlite(), limit_body_s="0.01") as started:
        sent = _streamed(started.app, never())
        assert (await sent).status_code == 408


async def _streamed(app: Any, body: Any) -> httpx.Response:
    """What the application answers to a body that comes as it comes; httpx's transport waits for its end."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": await anext(body), "more_body": True}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json"), (b"host", b"127.0.0.1")]
    scope = {"type": "http", "method": "POST", "path": "/graphql", "raw_path": b"/graphql", "query_string": b""}
    await app({**scope, "headers": headers, "client": ("192.0.2.1", 1)}, receive, send)
    return httpx.Response(sent[0]["status"], content=sent[1]["body"])


# ---------------------------------------------------------------- costs


def test_a_cost_is_told_to_whoever_asks(gateway: Served) -> None:
    response = gateway.admin.send({"query": COURSES, "variables": {"n": 50}, "extensions": {"cost": True}})
    assert response.json()["extensions"] == {"cost": {"requested": 151, "budget": 500}}


@pytest.mark.parametrize("extensions", [None, {}, {"cost": False}, {"cost": "true"}, {"cost": 1}, {"other": True}])
def test_a_cost_is_told_to_nobody_else(gateway: Served, extensions: object) -> None:
    response = gateway.admin.send({"query": COURSES, "extensions": extensions})
    assert response.json().keys() == {"data"}


@pytest.mark.parametrize(("accept", "status"), [(GRAPHQL_JSON, 400), (JSON, 200)])
def test_what_costs_more_than_the_budget_is_not_run(gateway: Served, accept: str, status: int) -> None:
    query = "{ courses(first: 100) { nodes { id tiers { code } } } }"
    body = {"query": query, "extensions": {"cost": True}}
    response = gateway.http.post(gateway.server.url, json=body, headers={"Accept": accept})
    assert response.status_code == status
    assert error_of(response) == {"code": "GRAPHQL_VALIDATION_FAILED", "limit": {"name": "cost", "most": 500}}
    assert response.json()["extensions"] == {"cost": {"requested": 2_201, "budget": 500}}


def test_the_same_document_is_refused_or_not_by_its_variables(gateway: Served) -> None:
    query = "query($n: Int) { courses(first: $n) { nodes { id tiers { code } } } }"
    refused = [("errors" in gateway.admin.ask(query, n=n)) for n in (1, 100, 2, 99)]
    assert refused == [False, True, False, True]


# ---------------------------------------------------------------- rates


def change(caller: Person, count: int = 1, headers: Mapping[str, str] | None = None) -> httpx.Response:
    """So many mutations by one request. None changes anything."""
    fields = " ".join(f'm{n}: confirmPayment(input: {{paymentId: "x"}}) {{ __typename }}' for n in range(count))
    every = {"X-Forwarded-For": f"198.51.100.{hash(caller.id) % 250}", **caller.headers(), **(headers or {})}
    return caller.client_.post(caller.url, json={"query": f"mutation {{ {fields} }}"}, headers=every)


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
def test_more_mutations_than_a_viewer_may_make_are_429(gateway: Served, accept: str) -> None:
    student, other = gateway.student(), gateway.student()
    assert [change(student, 10).status_code for _ in range(2)] == [200, 200]
    refused = change(student, headers={"Accept": accept})
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1000")
    assert error_of(refused) == {"code": "RATE_LIMITED", "retryable": True, "retryAfterSeconds": 1_000}
    assert change(other).status_code == 200


def test_queries_and_what_is_not_valid_take_nothing(gateway: Served) -> None:
    student = gateway.student()
    for _ in range(25):
        assert student.data(WHO) == {"viewer": {"id": student.id}}
        assert "errors" in student.ask("mutation { nonsense }")
    assert change(student, 20).status_code == 200
    assert change(student).status_code == 429
    assert student.data(WHO) == {"viewer": {"id": student.id}}


def test_the_old_door_has_the_same_limit(gateway: Served) -> None:
    admin = gateway.person(Role.ADMIN, "an-admin-in-a-hurry")
    assert change(admin, 20).status_code == 200
    url = gateway.server.url.replace("/graphql", "/api/v1/purchases")
    refused = gateway.http.post(url, json={}, headers=admin.headers())
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1000")
    assert refused.json()["code"] == "RATE_LIMITED"


def test_an_address_has_a_limit_of_its_own_by_what_the_proxy_says(new_sqlite: Callable[[], str]) -> None:
    rates = {"rate_address_burst": "20", "rate_address_per_s": "0.001", "trusted_proxies": "1"}
    with served(new_sqlite(), **rates) as strict:
        nobody = strict.person(None, "")
        here, there = ({"X-Forwarded-For": f"10.0.0.{n}, 203.0.113.{n}"} for n in (1, 2))
        assert change(nobody, 20, here).status_code == 200
        for caller in (nobody, strict.student(), strict.person(Role.SERVICE, "service-1")):
            assert change(caller, headers=here).status_code == 429
        assert change(nobody, headers=there).status_code == 200


# ---------------------------------------------------------------- time and room


@pytest.mark.anyio
async def test_an_operation_past_its_time_is_answered_and_gives_its_room_back(
    new_database: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def for_ever(*_: object) -> None:
        await asyncio.Event().wait()

    async with inside(new_database(), limit_operation_s="0.05", limit_in_flight="1") as started:
        with monkeypatch.context() as stuck:
            stuck.setattr(Snapshot, "page", for_ever)
            for _ in range(3):
                response = await started.ask(COURSES)
                assert (response.status_code, response.headers["Retry-After"]) == (503, "1")
                assert error_of(response) == {"code": "TIMED_OUT", "retryable": True, "retryAfterSeconds": 1}
        assert (await started.ask(WHO)).json() == {"data": {"viewer": None}}


def test_what_the_writer_has_is_done_although_its_caller_was_answered(new_sqlite: Callable[[], str]) -> None:
    with served(new_sqlite(), limit_operation_s="0.5") as hurried:
        course = hurried.course()
        given = creating(course, hurried.student().id)
        with connected(hurried.database_url):  # holds the lock that the writer waits for
            response = hurried.admin.post(CREATE_PURCHASE, {"input": given})
            assert (response.status_code, error_of(response)["code"]) == (503, "TIMED_OUT")
        answer = hurried.admin.did(CREATE_PURCHASE, **given)
        assert (answer["__typename"], answer["alreadyProcessed"]) == ("CreatePurchaseSuccess", True)


@pytest.mark.anyio
async def test_where_there_is_no_room_the_next_one_is_told_to_come_again(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, may_go_on = asyncio.Event(), asyncio.Event()
    read = Snapshot.page

    async def held(*given: Any) -> Any:
        arrived.set()
        await may_go_on.wait()
        return await read(*given)

    monkeypatch.setattr(Snapshot, "page", held)
    async with inside(new_sqlite(), limit_in_flight="1") as started:
        first = asyncio.create_task(started.ask(COURSES))
        await arrived.wait()
        refused = await started.ask(WHO)
        may_go_on.set()
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
        assert error_of(refused) == {"code": "BUSY", "retryable": True, "retryAfterSeconds": 1}
        assert (await first).json() == {"data": {"courses": {"nodes": []}}}
        assert (await started.ask(WHO)).status_code == 200
