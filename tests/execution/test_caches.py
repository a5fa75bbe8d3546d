"""A document that comes again is neither parsed nor validated again."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from graphql import ASTValidationRule, parse, validate
from starlette.requests import Request
from strawberry.extensions import parser_cache, validation_cache

from gateway.endpoints.graphql import GraphQLEndpoint
from gateway.execution.schema import CACHED_DOCUMENTS, build_schema
from gateway.services.core.model.values import Actor, Role
from gateway.settings.model import Settings

pytestmark = pytest.mark.anyio


class Asked:
    """As much of a request's context as `viewer` reads."""

    viewer = Actor("student-1", Role.STUDENT)

    def admit(self, text: str) -> None:
        """Every document."""


def context_of(_: Request) -> Any:
    return Asked()


@pytest.fixture
async def client() -> Any:
    """A caller of the endpoint as it is served, without a database behind it."""
    transport = httpx.ASGITransport(app=GraphQLEndpoint(Settings(), context_of, None))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is parsed and validated from here on, as it happens; both caches are empty at first."""
    done: list[str] = []

    def noted(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def note(*arguments: Any, **named: Any) -> Any:
            done.append(name)
            return function(*arguments, **named)

        return note

    monkeypatch.setattr("strawberry.extensions.parser_cache.parse", noted("parse", parse))
    monkeypatch.setattr("strawberry.schema.schema.validate", noted("validate", validate))
    _forget()
    yield done
    _forget()  # the parser's cache holds what is patched here


def _forget() -> None:
    parser_cache._get_parse_cache.cache_clear()
    validation_cache._get_validate_cache.cache_clear()


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


async def test_the_caches_are_bounded_and_count_their_hits(client: httpx.AsyncClient, work: list[str]) -> None:
    await ask(client, QUERY)
    await ask(client, QUERY)
    for cached in (
        parser_cache._get_parse_cache(CACHED_DOCUMENTS),
        validation_cache._get_validate_cache(CACHED_DOCUMENTS),
    ):
        info = cached.cache_info()  # type: ignore[attr-defined]  # an lru_cache, typed as any function
        assert (info.hits, info.misses, info.currsize, info.maxsize) == (1, 1, 1, CACHED_DOCUMENTS)
    assert len(work) == 2


async def test_every_request_is_validated_by_the_same_rules(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are part of the cache's key: rules that were made anew for a request would never be found again."""
    seen: list[tuple[object, tuple[type[ASTValidationRule], ...]]] = []

    def remember(schema: object, _document: object, rules: tuple[type[ASTValidationRule], ...]) -> list[Any]:
        seen.append((schema, rules))
        return []

    monkeypatch.setattr(validation_cache, "_get_validate_cache", lambda _: remember)
    for number in range(3):
        await ask(client, f"{{ viewer {{ id }} }} # {number}")
    assert len(seen) == 3
    assert len(set(seen)) == 1
    assert len(seen[0][1]) > 20


def test_there_is_one_schema_for_the_process() -> None:
    assert build_schema() is build_schema()
