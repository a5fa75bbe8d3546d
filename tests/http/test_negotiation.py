"""Which media type a request gets: GraphQL over HTTP's, by RFC 9110's rules of acceptance."""

import pytest
from starlette.datastructures import Headers

from gateway.http.negotiation import (
    GRAPHQL_JSON,
    JSON,
    LONGEST_ACCEPT,
    LONGEST_REMEMBERED,
    accept_of,
    accepted,
    remembered,
)

BOTH = f"{GRAPHQL_JSON}, {JSON}"


def of(*accept: str) -> str | None:
    return accepted(accept_of(Headers(raw=[(b"accept", each.encode("latin-1")) for each in accept])))


@pytest.mark.parametrize("accept", ["", "*/*", "application/*", "text/html, */*;q=0.8", "nonsense", ";;,", "*"])
def test_whoever_asks_for_nothing_by_name_gets_json(accept: str) -> None:
    assert of(accept) == JSON


def test_without_the_header_it_is_json() -> None:
    assert of() == JSON


@pytest.mark.parametrize(
    "accept",
    [
        GRAPHQL_JSON,
        GRAPHQL_JSON.upper(),
        f"{GRAPHQL_JSON};charset=utf-8",
        f"{GRAPHQL_JSON} ; q=0.1",
        f"text/html, {GRAPHQL_JSON}",
        BOTH,
        f"{JSON}, {GRAPHQL_JSON}",
        f"{GRAPHQL_JSON}, {JSON};q=0.9",
        f"{GRAPHQL_JSON}, */*",
        f"{GRAPHQL_JSON};q=0.5, {JSON};q=0.4",
        f"*/*, {JSON};q=0",
    ],
)
def test_the_graphql_type_is_preferred_where_it_is_asked_for(accept: str) -> None:
    assert of(accept) == GRAPHQL_JSON


@pytest.mark.parametrize(
    "accept",
    [
        JSON,
        f"{JSON};q=0.1",
        f"{GRAPHQL_JSON};q=0.5, {JSON}",
        f"{GRAPHQL_JSON};q=0.8, */*",
        f"{GRAPHQL_JSON};q=0, {JSON}",
        f"{JSON}; charset=utf-8; q=0.9, {GRAPHQL_JSON}; charset=utf-8; q=0.8",
    ],
)
def test_json_is_given_where_it_is_wanted_more(accept: str) -> None:
    assert of(accept) == JSON


@pytest.mark.parametrize(
    "accept", ["text/html", "application/xml", f"{JSON};q=0", "*/*;q=0", f"{JSON};q=0, {GRAPHQL_JSON};q=0.0", "text/*"]
)
def test_neither_may_be_acceptable(accept: str) -> None:
    assert of(accept) is None


def test_the_header_may_come_in_several_lines() -> None:
    assert of("text/html", GRAPHQL_JSON) == GRAPHQL_JSON


def test_of_what_is_accepted_only_so_much_is_read() -> None:
    others = "a/b, " * 1_000
    assert len(others) > LONGEST_ACCEPT
    assert of(f"{GRAPHQL_JSON}, {others}") == GRAPHQL_JSON
    assert of(f"{others}{JSON}") is None, "it stands too far behind"
    assert of("text/html;" + "x" * LONGEST_ACCEPT) is None, "half a range is none"
    assert len(accept_of(Headers({"accept": "a/b," * 16_000}))) <= LONGEST_ACCEPT


def test_what_a_header_says_is_remembered_unless_it_is_longer_than_any_clients() -> None:
    read: list[str] = []

    @remembered
    def length(header: str) -> int:
        read.append(header)
        return len(header)

    usual, long = "x" * LONGEST_REMEMBERED, "x" * (LONGEST_REMEMBERED + 1)
    assert [length(each) for each in (usual, usual, long, long)] == [len(usual)] * 2 + [len(long)] * 2
    assert read == [usual, long, long]
