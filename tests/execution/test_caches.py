"""A document that comes again is neither parsed nor validated again."""

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest
from graphql import parse, validate
from starlette.requests import Request

from gateway.endpoints.graphql import GraphQLEndpoint
from gateway.execution import admission
from gateway.execution.admission import Admission
from gateway.execution.documents import LONGEST_KEPT, Documents
from gateway.execution.executor import Executor
from gateway.execution.limits import Limits
from gateway.execution.operations import Operation
from gateway.execution.schema import build_schema
from gateway.services.core.model.values import Actor, Role
from gateway.services.reading.reader import Reader
from gateway.services.reading.snapshot import Snapshot
from gateway.services.reading.source import Source
from gateway.settings.model import Settings
from gateway.streaming.lifetimes import StreamLifetimes
from tests.callers import Unlimited

pytestmark = pytest.mark.anyio


class Asked:
    """As much of a request's context as `viewer` reads."""

    caller = Unlimited()
    reads = Snapshot(Reader(cast(Source, None)))
    viewer = Actor("student-1", Role.STUDENT)


def context_of(_: Request) -> Any:
    return Asked()


@pytest.fixture
async def client() -> Any:
    """A caller of the endpoint as it is served, without a database behind it."""
    executor, documents = Executor(build_schema(), Settings()), Documents()
    endpoint = GraphQLEndpoint(Settings(), executor, context_of, None, StreamLifetimes(), documents)
    transport = httpx.ASGITransport(app=endpoint)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is parsed and validated from here on, as it happens."""
    done: list[str] = []

    def noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def note(*arguments: Any, **named: Any) -> Any:
            done.append(name)
            return function(*arguments, **named)

        return note

    monkeypatch.setattr(admission, "parse", noted("parse", parse))
    monkeypatch.setattr(admission, "validate", noted("validate", validate))
    return done


async def ask(client: httpx.AsyncClient, query: str, **more: object) -> dict[str, Any]:
    answer: dict[str, Any] = (await client.post("/graphql", json={"query": query, **more})).json()
    return answer


QUERY = "query Who($with: Boolean = true) { viewer { id @include(if: $with) role } }"


async def test_a_repeated_document_is_parsed_and_validated_once(client: httpx.AsyncClient, work: list[str]) -> None:
    answers = [await ask(client, QUERY) for _ in range(3)]
    assert answers == [{"data": {"viewer": {"id": "student-1", "role": "STUDENT"}}}] * 3
    assert work == ["parse", "validate"]


async def test_other_variables_do_not_make_another_document(client: httpx.AsyncClient, work: list[str]) -> None:
    answers = [await ask(client, QUERY, variables={"with": value}) for value in (True, False)]
    assert [list(answer["data"]["viewer"]) for answer in answers] == [["id", "role"], ["role"]]
    assert work == ["parse", "validate"]


async def test_another_document_is_another(client: httpx.AsyncClient, work: list[str]) -> None:
    answers = [await ask(client, f"{{ {name}: viewer {{ id }} }}") for name in ("one", "other")]
    assert [list(answer["data"]) for answer in answers] == [["one"], ["other"]]
    assert work == ["parse", "validate"] * 2


async def test_a_repeated_document_that_is_not_valid_is_refused_again_and_validated_once(
    client: httpx.AsyncClient, work: list[str]
) -> None:
    first, second = [await ask(client, "{ viewer { nonsense } }") for _ in range(2)]
    assert first == second
    assert first["errors"][0]["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert work == ["parse", "validate"]


async def test_the_limits_of_parsing_hold_for_a_cached_document_as_well(client: httpx.AsyncClient) -> None:
    long = "{ " + "a: __typename " * Settings().limit_tokens + "}"
    answers = [await ask(client, long) for _ in range(2)]
    assert [answer["errors"][0]["extensions"]["code"] for answer in answers] == ["GRAPHQL_PARSE_FAILED"] * 2


def test_what_is_too_long_is_read_each_time(work: list[str]) -> None:
    judge = Admission(build_schema()._schema, Limits.of(Settings()), Documents())
    long = Operation("subscription { __typename } #".ljust(LONGEST_KEPT + 1))
    assert judge.is_subscription(long)
    assert judge.is_subscription(long)
    assert work == ["parse", "validate"] * 2


def test_there_is_one_schema_for_the_process() -> None:
    assert build_schema() is build_schema()
