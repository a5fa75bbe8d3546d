"""Whatever bytes a request is made of, it has an answer in JSON, and never a failure of ours."""

import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.http.negotiation import GRAPHQL_JSON
from tests.draws import many
from tests.resolvers.test_random_input import ANYTHING, TEXT
from tests.served.gateway import Served

NAMES = ("query", "operationName", "variables", "extensions")
WORDS = st.sampled_from(
    [
        *("{", "}", "(", ")", ":", "!", "...", "@", "$v", "query", "mutation", "fragment F on Query", "...F", "viewer"),
        *("id", "courses", "nodes", "first", "2147483648", "-1", '"x"', '"""', "\\", "\ud800", "\0", "__schema"),
        "@skip(if: true)",
    ]
)
DOCUMENT = st.lists(WORDS, max_size=25).map(" ".join) | TEXT
REQUEST = st.fixed_dictionaries(
    {"query": DOCUMENT | ANYTHING}, optional=dict.fromkeys(NAMES[1:], ANYTHING) | {"other": ANYTHING}
)
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40).map(str.strip)
LATE = settings(max_examples=many(60), derandomize=True, deadline=None)


@LATE
@given(body=REQUEST | ANYTHING)
def test_any_json_is_answered(gateway: Served, body: Any) -> None:
    _judge(_post(gateway, json.dumps(body).encode()))


@LATE
@given(body=st.binary(max_size=200))
def test_any_bytes_are_answered(gateway: Served, body: bytes) -> None:
    _judge(_post(gateway, body))


@LATE
@given(given=st.dictionaries(st.sampled_from(NAMES), DOCUMENT | ANYTHING.map(json.dumps) | TEXT))
def test_any_url_is_answered(gateway: Served, given: dict[str, str]) -> None:
    query = "&".join(f"{name}={quote(text.encode(errors='surrogatepass'))}" for name, text in given.items())
    _judge(gateway.http.get(f"{gateway.server.url}?{query}", headers={"Accept": GRAPHQL_JSON}))


@pytest.mark.parametrize("name", ["Accept", "Content-Type", "Content-Encoding", "X-Forwarded-For", "Origin"])
@settings(max_examples=many(25), derandomize=True, deadline=None)
@given(value=HEADER)
def test_any_header_is_answered(gateway: Served, name: str, value: str) -> None:
    _judge(_post(gateway, b'{"query": "{ viewer { id } }"}', **{name: value}))


def _post(gateway: Served, content: bytes, **headers: str) -> httpx.Response:
    every = {"Content-Type": "application/json", "Accept": GRAPHQL_JSON, **gateway.admin.headers(), **headers}
    return gateway.http.post(gateway.server.url, content=content, headers=every)


def _judge(response: httpx.Response) -> None:
    assert response.status_code in {200, 400, 405, 406, 415}, response.text
    if response.headers["content-type"].startswith(("text/event-stream", "multipart/mixed")):
        return  # which was asked for, in whatever letters
    answer = response.json()
    assert answer.keys() <= {"data", "errors"}
    codes = {error["extensions"]["code"] for error in answer.get("errors", ())}
    assert "INTERNAL" not in codes
    assert bool(codes) or response.status_code == 200
