"""The page at /: in development it leads everywhere, in production it is not there."""

import re
from collections.abc import Callable

import httpx
import pytest

from gateway.pages import start
from tests.served.inside import inside

pytestmark = pytest.mark.anyio

PRODUCTION = {
    "env": "production",
    "stripe_secret_key": "sk_test_x",
    "stripe_webhook_secrets": "whsec_MfKQ9r8GKYqrTwjUPD8I",
}


def links(page: httpx.Response) -> list[str]:
    return re.findall(r'(?:href|src)="([^"]+)"', page.text)


async def test_every_link_of_a_demos_page_leads_somewhere(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        page = await gateway.client.get("/")
        assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
        assert {"graphql", "demo/", "console/", "readyz", "start/docs/README.md"} <= set(links(page))
        for link in links(page):
            answer = await gateway.client.get(f"/{link}", headers={"Accept": "text/html"})
            is_page = link in ("graphql", "demo/", "console/")  # 503 says how to build it
            assert answer.status_code in ((200, 503) if is_page else (200,)), link
        script = await gateway.client.get(f"/{next(link for link in links(page) if link.endswith('.js'))}")
        assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"


async def test_a_demos_tokens_are_a_students_and_an_admins(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        page = await gateway.client.get("/")
        assert page.headers["Cache-Control"] == "no-store"
        assert "script-src 'self'" in page.headers["Content-Security-Policy"]
        roles = []
        for token in re.findall(r"<code id=\"\w+\">(eyJ[^<]+)</code>", page.text):
            headers = {"Authorization": f"Bearer {token}"}
            asked = await gateway.client.post("/graphql", json={"query": "{ viewer { role } }"}, headers=headers)
            roles.append(asked.json()["data"]["viewer"]["role"])
        assert roles == ["STUDENT", "ADMIN"]


async def test_without_a_demo_it_holds_no_token_and_says_how_to_make_one(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite()) as gateway:
        page = await gateway.client.get("/")
        assert ("eyJ" in page.text, "gateway token" in page.text, "demo/" in links(page)) == (False, True, False)


async def test_it_leads_only_where_something_is_served(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), graphiql="false", console="false") as gateway:
        assert {"graphql", "console/"}.isdisjoint(links(await gateway.client.get("/")))


async def test_in_production_the_address_is_no_page(new_sqlite: Callable[[], str]) -> None:
    async with inside(new_sqlite(), **PRODUCTION, console="true", graphiql="true") as gateway:
        paths = ("/", "/start/docs/README.md")
        assert [(await gateway.client.get(path)).status_code for path in paths] == [404, 404]


async def test_installed_without_its_documentation_it_leads_to_none(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "OPERATIONS", start.OWN_FILES / "operations")  # as in a wheel
    async with inside(new_sqlite()) as gateway:
        assert not [link for link in links(await gateway.client.get("/")) if "docs" in link]
        assert (await gateway.client.get("/start/docs/README.md")).status_code == 404
