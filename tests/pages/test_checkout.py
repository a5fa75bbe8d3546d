"""The checkout example's address: only in a demo, strict towards others, plain where it is not built."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from gateway.pages import checkout
from gateway.settings.loading import load_settings
from gateway.settings.model import SettingsError
from tests.served.inside import inside
from tests.served.server import environment, serving

pytestmark = pytest.mark.anyio

PATHS = ("/demo", "/demo/", "/demo/session.json", "/demo/assets/page.js")
INDEX = '<!doctype html><script type="module" src="./assets/page.js"></script>'


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What a build leaves behind, as far as the gateway looks at it."""
    folder = tmp_path / "checkout"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX, encoding="utf-8")
    (folder / "assets" / "page.js").write_text("export {};", encoding="utf-8")
    monkeypatch.setattr(checkout, "BUILT", folder)
    return folder


@pytest.fixture
def not_built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checkout, "BUILT", tmp_path / "nothing")


async def test_without_a_demo_the_address_does_not_exist(new_sqlite: Callable[[], str], built: Path) -> None:
    for settings in ({}, {"env": "production"}):
        async with inside(new_sqlite(), **settings) as gateway:
            assert [(await gateway.client.get(path)).status_code for path in PATHS] == [404] * len(PATHS)


def test_production_refuses_the_demo() -> None:
    with pytest.raises(SettingsError, match="GATEWAY_DEMO is for development"):
        load_settings(environment("sqlite://", env="production", demo="true", jwt_secret="x" * 32))


async def test_the_page_and_its_files_are_ours_alone(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        page = await gateway.client.get("/demo/")
        assert (page.status_code, page.text) == (200, INDEX)
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        script = await gateway.client.get("/demo/assets/page.js")
        assert (script.status_code, script.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
        assert (await gateway.client.get("/demo/assets/..%2findex.html")).status_code == 404
        assert (await gateway.client.get("/demo/index.html")).status_code == 404


async def test_the_page_is_asked_about_at_each_visit_and_sent_once(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        first = await gateway.client.get("/demo/")
        assert first.headers["Cache-Control"] == "no-cache"
        known = {"If-None-Match": first.headers["ETag"]}
        again = await gateway.client.get("/demo/", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
        (built / "index.html").write_text(INDEX + "<p>New</p>", encoding="utf-8")
        assert "New" in (await gateway.client.get("/demo/", headers=known)).text


async def test_without_its_slash_the_address_leads_to_the_one_with_it(
    new_sqlite: Callable[[], str], built: Path
) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        led = await gateway.client.get("/demo", follow_redirects=True)
        assert (led.status_code, led.url.path) == (200, "/demo/")


async def test_whoever_comes_is_the_demos_student_and_nobody_more(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        answer = await gateway.client.get("/demo/session.json")
        assert answer.headers["Cache-Control"] == "no-store"
        assert set(answer.json()) == {"token"}
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        asked = await gateway.client.post("/graphql", json={"query": "{ viewer { id role } }"}, headers=headers)
        assert asked.json()["data"]["viewer"] == {"id": "demo-student", "role": "STUDENT"}


async def test_a_new_student_is_whom_the_page_names_and_nobody_but_a_student_of_the_demo(
    new_sqlite: Callable[[], str], built: Path
) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        answer = await gateway.client.get("/demo/session.json?student=demo-student-0a1b2c3d")
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        asked = await gateway.client.post("/graphql", json={"query": "{ viewer { id role } }"}, headers=headers)
        assert asked.json()["data"]["viewer"] == {"id": "demo-student-0a1b2c3d", "role": "STUDENT"}
        for name in ("", "somebody", "demo-admin", "demo-student-", "demo-student-0a1b2c3d4", "demo-student%0A"):
            refused = await gateway.client.get(f"/demo/session.json?student={name}")
            assert (refused.status_code, "token" in refused.json()) == (400, False), name


async def test_the_page_itself_holds_no_token(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        assert "eyJ" not in (await gateway.client.get("/demo/")).text


async def test_not_built_it_says_in_plain_words_how(new_sqlite: Callable[[], str], not_built: None) -> None:
    async with inside(new_sqlite(), demo="true") as gateway:
        page = await gateway.client.get("/demo/")
        assert page.status_code == 503
        assert "make checkout" in page.text
        assert "<script" not in page.text
        assert "script-src 'none'" in page.headers["Content-Security-Policy"]
        assert (await gateway.client.get("/demo/assets/page.js")).status_code == 404


async def test_built_meanwhile_it_needs_no_restart(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(checkout, "BUILT", tmp_path)
    async with inside(new_sqlite(), demo="true") as gateway:
        assert (await gateway.client.get("/demo/")).status_code == 503
        (tmp_path / "assets").mkdir()
        (tmp_path / "assets" / "page.js").write_text("export {};", encoding="utf-8")
        (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")
        assert (await gateway.client.get("/demo/")).status_code == 200
        assert (await gateway.client.get("/demo/assets/page.js")).status_code == 200


async def test_an_issuers_gateway_has_no_token_to_give(new_sqlite: Callable[[], str], built: Path) -> None:
    settings = {"demo": "true", "jwt_secret": "", "jwks_url": "http://127.0.0.1:9/keys"}
    async with inside(new_sqlite(), **settings) as gateway:
        page = await gateway.client.get("/demo/")
        assert (page.status_code, "GATEWAY_JWKS_URL" in page.text) == (503, True)
        assert (await gateway.client.get("/demo/session.json")).status_code == 404


def test_the_command_that_serves_a_demo_serves_the_page(new_sqlite: Callable[[], str]) -> None:
    with serving(new_sqlite(), "--demo") as demo:
        origin = demo.url.removesuffix("/graphql")
        assert httpx.get(f"{origin}/demo/session.json").status_code == 200
        assert httpx.get(f"{origin}/demo/").status_code in (200, 503)  # as this machine has built it or not
    with serving(new_sqlite()) as plain:
        assert httpx.get(plain.url.replace("/graphql", "/demo/")).status_code == 404
