"""Each MUST and SHOULD of GraphQL over HTTP that a request can show, and RFC 9110's where it leans on that.

`make interop` has another implementation's audits ask the same.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from gateway.http.negotiation import GRAPHQL_JSON, JSON
from tests.served.gateway import Served, served

NAMED = "query Named($name: String!) { __type(name: $name) { name } }"
WHO = "{ __typename }"
ANSWER = {"data": {"__typename": "Query"}}

PARSE, VALIDATE = "{", "{ nonsense }"
COERCE = "query($id: ID!) { course(id: $id) { id } }"


@pytest.fixture(scope="module")
def gateway(new_sqlite: Callable[[], str]) -> Iterator[Served]:
    with served(new_sqlite()) as started:
        yield started


def post(gateway: Served, body: object, accept: str = GRAPHQL_JSON, **headers: str) -> httpx.Response:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    every = {"Content-Type": "application/json", "Accept": accept, **given}
    return gateway.http.post(gateway.server.url, content=content, headers=every)


def get(gateway: Served, accept: str = GRAPHQL_JSON, **parameters: str) -> httpx.Response:
    return gateway.http.get(f"{gateway.server.url}?{urlencode(parameters)}", headers={"Accept": accept})


def code_of(response: httpx.Response) -> str:
    """The code of an answer that was not executed."""
    answer = response.json()
    assert answer.keys() == {"errors"}
    code: str = answer["errors"][0]["extensions"]["code"]
    return code


# ---------------------------------------------------------------- the answer's type


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
def test_an_answer_has_the_type_that_is_accepted_and_says_that_it_is_utf_8(gateway: Served, accept: str) -> None:
    response = post(gateway, {"query": WHO}, accept)
    assert (response.status_code, response.json()) == (200, ANSWER)
    assert response.headers["Content-Type"] == f"{accept}; charset=utf-8"
    assert response.headers["Vary"] == "Accept"


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), ({"query": PARSE}, 400), ({"query": WHO}, 200)])
def test_an_error_has_the_type_that_is_accepted_too(gateway: Served, body: Any, status: int) -> None:
    response = post(gateway, body)
    assert (response.status_code, response.headers["Content-Type"]) == (status, f"{GRAPHQL_JSON}; charset=utf-8")


def test_what_may_be_accepted_by_neither_name_is_406_in_json(gateway: Served) -> None:
    response = post(gateway, {"query": WHO}, "application/xml")
    assert (response.status_code, code_of(response)) == (406, "BAD_USER_INPUT")
    assert response.headers["Content-Type"] == f"{JSON}; charset=utf-8"


def test_an_answer_is_kept_by_no_cache(gateway: Served) -> None:
    answers = (
        post(gateway, {"query": WHO}),
        post(gateway, {"query": PARSE}),
        post(gateway, b"{"),
        get(gateway, query=WHO),
    )
    assert [answer.headers["Cache-Control"] for answer in answers] == ["no-store"] * 4


# ---------------------------------------------------------------- the request by POST


@pytest.mark.parametrize(
    "content_type", ["application/json", "application/json; charset=utf-8", 'Application/JSON;charset="UTF-8"']
)
def test_json_in_utf_8_is_taken_whether_it_says_so_or_not(gateway: Served, content_type: str) -> None:
    body = '{"query": "{ __type(name: \\"Läufer🏃\\") { name } }"}'.encode()
    response = post(gateway, body, Content_Type=content_type)
    assert response.json() == {"data": {"__type": None}}


def test_a_body_that_is_compressed_is_415(gateway: Served) -> None:
    response = post(gateway, {"query": WHO}, Content_Encoding="gzip")
    assert (response.status_code, code_of(response)) == (415, "BAD_USER_INPUT")


@pytest.mark.parametrize("name", ["variables", "operationName", "extensions"])
def test_null_is_the_same_as_nothing(gateway: Served, name: str) -> None:
    assert post(gateway, {"query": WHO, name: None}).json() == ANSWER


def test_other_properties_are_passed_over(gateway: Served) -> None:
    assert post(gateway, {"query": WHO, "id": 5, "doc": {}}).json() == ANSWER


def test_a_map_of_variables_and_one_of_extensions_are_taken(gateway: Served) -> None:
    body = {"query": NAMED, "operationName": "Named", "variables": {"name": "ID"}, "extensions": {"some": "value"}}
    assert post(gateway, body).json() == {"data": {"__type": {"name": "ID"}}}


MISSHAPEN: list[Mapping[str, object]] = [
    {},
    *({"query": wrong} for wrong in (None, 0, False, [WHO], {"a": WHO}, "")),
    *({"query": WHO, "operationName": wrong} for wrong in (0, False, ["A"], {"A": 1}, "A", "")),
    *({"query": WHO, name: wrong} for name in ("variables", "extensions") for wrong in ("{}", 0, False, ["a"])),
    {"query": "query A { __typename } query B { __typename }"},
    {"query": "fragment A on Query { __typename }"},
]


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
@pytest.mark.parametrize("body", MISSHAPEN)
def test_a_request_that_is_not_well_formed_is_400_for_every_type(gateway: Served, accept: str, body: object) -> None:
    response = post(gateway, body, accept)
    assert (response.status_code, code_of(response)) == (400, "BAD_USER_INPUT")


def test_of_several_operations_the_named_one_runs(gateway: Served) -> None:
    both = "query A { a: __typename } query B { b: __typename }"
    assert post(gateway, {"query": both, "operationName": "B"}).json() == {"data": {"b": "Query"}}


# ---------------------------------------------------------------- the request by GET


def test_a_query_may_stand_in_the_url(gateway: Served) -> None:
    parameters = {"query": NAMED, "variables": '{"name": "ID"}', "operationName": "Named", "extensions": '{"a": 1}'}
    for accept in (GRAPHQL_JSON, JSON, "*/*"):
        assert get(gateway, accept, **parameters).json() == {"data": {"__type": {"name": "ID"}}}


def test_in_a_url_what_is_empty_is_the_same_as_nothing(gateway: Served) -> None:
    assert get(gateway, query=WHO, variables="", operationName="", extensions="").json() == ANSWER
    assert get(gateway, query=WHO, variables="null", extensions="null").json() == ANSWER
    assert get(gateway, query=WHO, operationName="null").status_code == 400


@pytest.mark.parametrize(
    "parameters",
    [
        *({}, {"query": ""}, {"query": WHO, "variables": "[]"}, {"query": WHO, "variables": "{"}),
        *({"query": WHO, "variables": "5"}, {"query": WHO, "extensions": '"x"'}, {"variables": "{}"}),
    ],
)
def test_a_url_that_holds_no_request_is_400(gateway: Served, parameters: Mapping[str, str]) -> None:
    response = get(gateway, **parameters)
    assert (response.status_code, code_of(response)) == (400, "BAD_USER_INPUT")


@pytest.mark.parametrize(
    "parameters",
    [
        {"query": "mutation { __typename }"},
        {"query": "query A { __typename } mutation B { __typename }", "operationName": "B"},
    ],
)
def test_a_mutation_by_get_is_405_and_says_what_would_do(gateway: Served, parameters: Mapping[str, str]) -> None:
    for accept in (GRAPHQL_JSON, JSON):
        response = get(gateway, accept, **parameters)
        assert (response.status_code, response.headers["Allow"]) == (405, "POST")
        assert code_of(response) == "BAD_USER_INPUT"


def test_the_query_beside_a_mutation_may_be_had_by_get(gateway: Served) -> None:
    both = "query A { __typename } mutation B { __typename }"
    assert get(gateway, query=both, operationName="A").json() == ANSWER


def test_a_url_that_is_too_long_is_414(gateway: Served) -> None:
    response = get(gateway, query=WHO + " " * 20_000)
    assert (response.status_code, code_of(response)) == (414, "BAD_USER_INPUT")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"])
def test_another_method_is_405_and_says_which_there_are(gateway: Served, method: str) -> None:
    response = gateway.http.request(method, gateway.server.url)
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST")


# ---------------------------------------------------------------- the answer's status


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"query": PARSE}, "GRAPHQL_PARSE_FAILED"),
        ({"query": VALIDATE}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": COERCE}, "BAD_USER_INPUT"),
        ({"query": COERCE, "variables": {"id": None}}, "BAD_USER_INPUT"),
        ({"query": COERCE, "variables": {"id": []}}, "BAD_USER_INPUT"),
    ],
)
def test_what_is_not_executed_has_no_data_and_is_400_where_a_status_can_be_told(
    gateway: Served, body: object, code: str
) -> None:
    whole, legacy = post(gateway, body, GRAPHQL_JSON), post(gateway, body, JSON)
    assert (whole.status_code, legacy.status_code) == (400, 200)
    assert (code_of(whole), code_of(legacy)) == (code, code)


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
def test_what_is_executed_is_200_whatever_its_fields_say(gateway: Served, accept: str) -> None:
    """Also where the one field's error leaves nothing of the data: it was executed all the same."""
    for query, data in (
        ("{ __typename purchase(id: 5) { id } }", {"__typename": "Query", "purchase": None}),
        ("{ purchases { nodes { id } } }", None),
    ):
        response = post(gateway, {"query": query}, accept)
        answer = response.json()
        assert (response.status_code, answer["data"]) == (200, data)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


# ---------------------------------------------------------------- the other doors


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/graphql/", 307, None),
        ("POST", "/healthz", 405, "GET, HEAD"),
        ("DELETE", "/readyz", 405, "GET, HEAD"),
        ("PUT", "/graphiql/boot.js", 405, "GET, HEAD"),
        ("GET", "/graphiql/nothing.js", 404, None),
        ("GET", "/webhooks/sandbox", 405, "POST"),
    ],
)
def test_what_is_no_door_is_refused_in_json(
    gateway: Served, method: str, path: str, status: int, allow: str | None
) -> None:
    response = gateway.http.request(method, gateway.server.url.replace("/graphql", path))
    assert (response.status_code, response.headers.get("Allow")) == (status, allow)
    if status != 307:
        assert response.headers["Content-Type"] == f"{JSON}; charset=utf-8"
        assert code_of(response) == "BAD_USER_INPUT"


def test_the_old_door_refuses_in_its_own_envelope(gateway: Served) -> None:
    response = gateway.http.get(gateway.server.url.replace("/graphql", "/api/v1/purchases"))
    assert (response.status_code, response.headers["Allow"]) == (405, "POST")
    envelope = response.json()
    assert (envelope["success"], envelope["statusCode"], envelope["code"]) == (False, 405, "BAD_USER_INPUT")


@pytest.mark.parametrize("accept", [GRAPHQL_JSON, JSON])
def test_a_token_that_is_none_is_refused_in_the_type_that_is_accepted(gateway: Served, accept: str) -> None:
    response = post(gateway, {"query": WHO}, accept, Authorization="Bearer nonsense")
    assert (response.status_code, code_of(response)) == (401, "UNAUTHENTICATED")
    assert response.headers["Content-Type"] == f"{accept}; charset=utf-8"
