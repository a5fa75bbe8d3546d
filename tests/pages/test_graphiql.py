"""The GraphiQL page: whole from its own origin, strict towards others, its tabs true to the schema."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from graphql import GraphQLSchema, OperationDefinitionNode, build_schema, parse, validate
from graphql.execution import get_variable_values
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.pages import graphiql
from gateway.pages.demo import DemoTokens
from gateway.pages.graphiql import graphiql_page, graphiql_routes

ROOT = Path(__file__).parents[2]
ORIGIN = "http://testserver"
TOKENS = DemoTokens(student="student.demo.token", admin="admin.demo.token")
GIVEN = {"courseId": "crs_demo"}
CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
TAB_NAMES = [name for name, _caller in graphiql.TABS]


class Page(HTMLParser):
    """What a page loads, and what its scripts hold."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles = 0
        self._in_script = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.links += [value for name in ("src", "href") if (value := given.get(name))]
        self.styles += tag == "style" or "style" in given
        self._in_script = tag == "script"
        if self._in_script:
            self.scripts.append((given, ""))

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        if self._in_script:
            attributes, text = self.scripts[-1]
            self.scripts[-1] = attributes, text + data

    @property
    def config(self) -> dict[str, Any]:
        (text,) = [text for attributes, text in self.scripts if attributes.get("id") == "config"]
        config: dict[str, Any] = json.loads(text)
        return config


def get(path: str, headers: dict[str, str] | None = None) -> httpx.Response:
    """One request to an application that has the page and its files, nothing else."""

    async def page(_request: Request) -> Response:
        return graphiql_page(TOKENS, GIVEN)

    async def ask() -> httpx.Response:
        app = Starlette(routes=[Route("/graphql", page), *graphiql_routes()])
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as http:
            return await http.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.fixture
def installed() -> None:
    missing = [name for name in graphiql.THIRD_PARTY_NAMES if not (graphiql.THIRD_PARTY / name).is_file()]
    assert not missing, f"GraphiQL is not installed, run `make install` (missing: {', '.join(missing)})"


@pytest.fixture
def response(installed: None) -> Response:
    return graphiql_page(TOKENS, GIVEN)


@pytest.fixture
def page(response: Response) -> Page:
    return Page(bytes(response.body).decode())


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema((ROOT / "schema.graphql").read_text(encoding="utf-8"))


def policy_of(response: Response) -> dict[str, list[str]]:
    directives = (part.split() for part in response.headers["content-security-policy"].split(";"))
    return {name: sources for name, *sources in directives}


# ---------------------------------------------------------------- what it loads


def test_everything_the_page_loads_is_served_here_with_its_type(page: Page) -> None:
    assert page.links
    for link in page.links:
        url = urljoin(f"{ORIGIN}/graphql", link)
        assert url.startswith(f"{ORIGIN}/"), f"{link} leads elsewhere"
        answer = get(url)
        assert answer.status_code == 200, link
        expected = CONTENT_TYPES[Path(urlsplit(url).path).suffix]
        assert answer.headers["content-type"].split(";")[0] == expected
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_modules_that_boot_imports_are_served_here_too(installed: None) -> None:
    modules = re.findall(r'from "\./([\w.]+)"', get("/graphiql/boot.js").text)
    assert modules
    assert [get(f"/graphiql/{name}").status_code for name in modules] == [200] * len(modules)


def test_style_sheets_refer_to_nothing_outside_themselves(page: Page) -> None:
    for link in page.links:
        if link.endswith(".css"):
            css = get(urljoin("/graphql", link)).text
            assert "@import" not in css
            assert all(url.startswith("data:") for url in re.findall(r"url\([\"']?([^)\"']+)", css))


def test_third_party_licences_travel_with_the_files(installed: None) -> None:
    text = get("/graphiql/third-party/LICENSES.txt").text
    assert all(f"\n{name} " in f"\n{text}" for name in ("graphiql", "graphql", "react", "react-dom"))


def test_a_browser_asks_again_and_is_told_that_nothing_changed() -> None:
    first = get("/graphiql/boot.js")
    assert first.headers["cache-control"] == "no-cache"
    again = get("/graphiql/boot.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_files_beside_the_served_folders_stay_out_of_reach() -> None:
    assert get("/graphiql/..%2fgraphiql.py").status_code == 404
    assert get("/graphiql/third-party/..%2f..%2fgraphiql.py").status_code == 404


# ---------------------------------------------------------------- what it allows


def test_policy_allows_no_other_host_no_inline_script_and_no_eval(response: Response) -> None:
    policy = policy_of(response)
    assert policy["default-src"] == ["'none'"]
    assert policy["script-src"] == ["'self'"]
    assert policy["connect-src"] == ["'self'"]
    for name in ("base-uri", "form-action", "frame-ancestors"):
        assert policy[name] == ["'none'"]
    sources = {source for given in policy.values() for source in given}
    nonce = {source for source in sources if source.startswith("'nonce-")}
    assert sources - nonce == {"'none'", "'self'", "data:"}
    assert nonce < set(policy["style-src"])
    assert "data:" not in policy["style-src"]


def test_style_nonce_is_new_for_every_page(installed: None) -> None:
    nonces = {str(policy_of(graphiql_page(TOKENS, GIVEN))["style-src"]) for _ in range(3)}
    assert len(nonces) == 3


def test_page_has_no_inline_script_and_no_inline_style(page: Page) -> None:
    assert page.styles == 0
    for attributes, text in page.scripts:
        assert attributes.get("type") == "application/json" or (attributes.get("src") and not text.strip())


def test_page_is_not_stored_sniffed_or_named_to_others(response: Response) -> None:
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["content-type"] == "text/html; charset=utf-8"


# ---------------------------------------------------------------- what it holds


@pytest.mark.parametrize("token", ["</script><script>alert(1)</script>", "<!--<script>", '"}]</SCRIPT >'])
def test_a_token_cannot_break_out_of_the_page(installed: None, token: str) -> None:
    response = graphiql_page(DemoTokens(student=token, admin=token), dict.fromkeys(graphiql.WORDS, token))
    html = bytes(response.body).decode()
    assert token not in html
    page = Page(html)
    assert page.config["values"] == dict.fromkeys(graphiql.WORDS, token)
    assert len(page.scripts) == len(Page(bytes(graphiql_page(None, {}).body).decode()).scripts)


def test_each_tab_asks_for_the_token_of_who_may_use_it(page: Page) -> None:
    headers = [json.loads(tab["headers"]) for tab in page.config["tabs"]]
    student = {"Authorization": "Bearer {{studentToken}}"}
    admin = {"Authorization": "Bearer {{adminToken}}"}
    assert headers[:5] == [student, student, student, admin, admin]
    assert headers[5:] == [admin] * (len(TAB_NAMES) - 5)


def test_without_demo_tokens_the_page_asks_for_some_and_holds_none(installed: None) -> None:
    config = Page(bytes(graphiql_page(None, {}).body).decode()).config
    assert config["isDemo"] is False
    assert config["values"] == graphiql.WORDS
    assert config["words"] == sorted(set(graphiql.WORDS.values()))


def test_every_placeholder_of_a_tab_has_words_for_it_and_no_other_has() -> None:
    texts = [document.read_text(encoding="utf-8") for name in TAB_NAMES for document in files_of(name)]
    holes = {hole for text in texts for hole in re.findall(r"\{\{(\w+)\}\}", text)}
    assert holes | {"studentToken", "adminToken"} == set(graphiql.WORDS)


def test_what_the_page_learns_from_answers_are_placeholders_of_the_tabs() -> None:
    script = (graphiql.OWN_FILES / "ids.js").read_text(encoding="utf-8")
    learnt = set(re.findall(r'"(\w+)"', script[: script.index("export")]))
    assert learnt == {hole for hole in graphiql.WORDS if hole.startswith(("payment", "purchase", "open", "paid"))}


def test_tabs_version_follows_the_tabs_and_not_the_tokens(page: Page) -> None:
    other = Page(bytes(graphiql_page(DemoTokens("other", "tokens"), {"courseId": "crs_other"}).body).decode())
    assert other.config["tabsVersion"] == page.config["tabsVersion"]
    without = Page(bytes(graphiql_page(None, GIVEN).body).decode())
    assert without.config["tabsVersion"] != page.config["tabsVersion"]


def test_where_graphiql_is_not_installed_the_page_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(graphiql, "THIRD_PARTY", tmp_path / "nothing")
    answer = get("/graphql")
    assert get("/graphiql/third-party/graphiql.min.js").status_code == 404
    assert answer.status_code == 503
    assert "make install" in answer.text
    assert "<script" not in answer.text
    assert TOKENS.student not in answer.text
    assert policy_of(graphiql_page(TOKENS, GIVEN))["style-src"] == ["'none'"]


# ---------------------------------------------------------------- what its tabs say


@pytest.mark.parametrize("name", TAB_NAMES)
def test_a_tab_is_titled_by_its_one_named_operation(name: str) -> None:
    operation = operation_of(name)
    # GraphiQL finds the title with this expression, not by parsing.
    title = re.search(r"^(?!#).*(query|subscription|mutation)\s+([a-zA-Z0-9_]+)", query_of(name), re.MULTILINE)
    assert operation.name
    assert title
    assert title[2] == operation.name.value


@pytest.mark.parametrize("name", TAB_NAMES)
def test_a_tabs_operation_is_valid_in_our_schema(name: str, schema: GraphQLSchema) -> None:
    assert validate(schema, parse(query_of(name))) == []


@pytest.mark.parametrize("name", TAB_NAMES)
def test_a_tabs_variables_fit_its_operation(name: str, schema: GraphQLSchema) -> None:
    definitions = operation_of(name).variable_definitions or ()
    given = get_variable_values(schema, definitions, variables_of(name))
    assert not isinstance(given, list), given


def test_every_prepared_operation_has_its_tab() -> None:
    folders = (graphiql.OWN_FILES / "tabs", graphiql.OPERATIONS)
    found = [path.stem for folder in folders for path in folder.glob("*.graphql")]
    assert sorted(found) == sorted(TAB_NAMES)
    assert ROOT / "docs" / "operations" == graphiql.OPERATIONS


def test_both_flows_show_the_same_metadata_and_different_students() -> None:
    paid, granted = (variables_of(name)["input"] for name in ("create_payment", "create_purchase"))
    assert paid["metadata"] == granted["metadata"]
    assert granted["studentId"] == "{{friendId}}"


@pytest.mark.parametrize("name", TAB_NAMES)
def test_a_tab_is_introduced_in_a_few_lines_that_fit_the_editor(name: str) -> None:
    introduction = [line for line in query_of(name).splitlines() if line.startswith("#")]
    assert 1 <= len(introduction) <= 8
    assert all(len(line) <= 56 for line in introduction)


def query_of(name: str) -> str:
    return graphiql.document_of(name).read_text(encoding="utf-8")


def files_of(name: str) -> Iterator[Path]:
    document = graphiql.document_of(name)
    return filter(Path.is_file, (document, document.with_suffix(".variables.json")))


def variables_of(name: str) -> dict[str, Any]:
    file = graphiql.document_of(name).with_suffix(".variables.json")
    variables: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return variables


def operation_of(name: str) -> OperationDefinitionNode:
    (operation,) = operations_in(query_of(name))
    return operation


def operations_in(text: str) -> Iterator[OperationDefinitionNode]:
    return (node for node in parse(text).definitions if isinstance(node, OperationDefinitionNode))
