"""The console's address: on where its operator wants it, strict towards others, and without any secret of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.pages import console
from gateway.services.core.model.values import Role
from gateway.settings.loading import load_settings
from gateway.settings.model import SettingsError
from tests.served.inside import inside
from tests.served.server import environment

pytestmark = pytest.mark.anyio

PATHS = ("/console", "/console/", "/console/config.json", "/console/assets/page.js")
INDEX = '<!doctype html><script type="module" src="./assets/page.js"></script>'
PRODUCTION = {
    "env": "production",
    "stripe_secret_key": "sk_test_x",
    "stripe_webhook_secrets": "whsec_MfKQ9r8GKYqrTwjUPD8I",
}
ISSUER = {"jwt_secret": "", "jwks_url": "https://login.example/keys"}
OIDC = {**ISSUER, "console_oidc_issuer": "https://login.example/realms/school", "console_oidc_client_id": "console"}


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What a build leaves behind, as far as the gateway looks at it."""
    folder = tmp_path / "console"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(INDEX, encoding="utf-8")
    (folder / "assets" / "page.js").write_text("export {};", encoding="utf-8")
    monkeypatch.setattr(console, "BUILT", folder)
    return folder


async def test_the_page_and_its_files_are_ours_alone(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite()) as gateway:
        page = await gateway.client.get("/console/")
        assert (page.status_code, page.text) == (200, INDEX)
        assert page.headers["Content-Security-Policy"] == (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert page.headers["Cache-Control"] == "no-cache"
        script = await gateway.client.get("/console/assets/page.js")
        assert (script.status_code, script.headers["Content-Type"]) == (200, "text/javascript; charset=utf-8")
        assert (await gateway.client.get("/console/assets/..%2findex.html")).status_code == 404
        assert (await gateway.client.get("/console/index.html")).status_code == 404


async def test_without_its_slash_the_address_leads_to_the_one_with_it(
    new_sqlite: Callable[[], str], built: Path
) -> None:
    async with inside(new_sqlite()) as gateway:
        led = await gateway.client.get("/console", follow_redirects=True)
        assert (led.status_code, led.url.path) == (200, "/console/")


async def test_production_has_it_only_where_its_operator_says_so(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite(), **PRODUCTION) as gateway:
        assert [(await gateway.client.get(path)).status_code for path in PATHS] == [404] * len(PATHS)
    async with inside(new_sqlite(), **PRODUCTION, console="true") as gateway:
        assert [(await gateway.client.get(path)).status_code for path in PATHS[1:]] == [200] * 3
        assert (await gateway.client.get("/console/config.json")).json()["isDevelopment"] is False


async def test_turned_off_it_is_not_there_in_development_either(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite(), console="false") as gateway:
        assert [(await gateway.client.get(path)).status_code for path in PATHS] == [404] * len(PATHS)


async def test_the_page_knows_which_currencies_have_no_hundredths(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite()) as gateway:
        told = (await gateway.client.get("/console/config.json")).json()
        assert (told["digits"]["JPY"], told["digits"]["KWD"], "INR" in told["digits"]) == (0, 3, False)
        assert (told["oidc"], told["isDevelopment"]) == (None, True)


async def test_what_anybody_can_load_holds_no_secret(new_sqlite: Callable[[], str], built: Path) -> None:
    async with inside(new_sqlite()) as gateway:
        told = [(await gateway.client.get(path)).text for path in ("/console/", "/console/config.json")]
        assert not any("secret" in text or "eyJ" in text for text in told)


async def test_with_an_issuer_the_page_may_ask_it_and_nobody_else(new_sqlite: Callable[[], str], built: Path) -> None:
    origins = "https://tokens.example"
    async with inside(
        new_sqlite(), **OIDC, console_oidc_origins=origins, console_oidc_resource="urn:courses"
    ) as gateway:
        policy = (await gateway.client.get("/console/")).headers["Content-Security-Policy"]
        assert "; connect-src 'self' https://login.example https://tokens.example; " in policy
        assert "script-src 'self';" in policy
        assert (await gateway.client.get("/console/config.json")).json()["oidc"] == {
            "issuer": "https://login.example/realms/school",
            "clientId": "console",
            "scopes": "openid",
            "resource": "urn:courses",
        }


async def test_not_built_it_says_in_plain_words_how(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(console, "BUILT", tmp_path)
    async with inside(new_sqlite()) as gateway:
        page = await gateway.client.get("/console/")
        assert (page.status_code, "make console" in page.text, "<script" in page.text) == (503, True, False)
        assert "script-src 'none'" in page.headers["Content-Security-Policy"]
        (tmp_path / "index.html").write_text(INDEX, encoding="utf-8")  # built meanwhile, it needs no restart
        assert (await gateway.client.get("/console/")).status_code == 200


async def test_what_it_asks_is_registered_where_nothing_else_is_run(
    new_sqlite: Callable[[], str], built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, other = "query WhoAmI { viewer { id role } }", "{ viewer { id } }"
    documents = built / "trusted-documents.json"
    documents.write_text(json.dumps({"1": ours}), encoding="utf-8")
    monkeypatch.setattr(console, "DOCUMENTS", documents)
    registered = built / "of-the-shop.json"
    registered.write_text(json.dumps({"2": "{ viewer { role } }"}), encoding="utf-8")
    alone = {"only_trusted_documents": "true", "trusted_documents": str(registered)}
    for settings, is_run in (({}, True), ({"console": "false"}, False)):
        async with inside(new_sqlite(), **alone, **settings) as gateway:
            asked = [(await gateway.ask(text, Role.ADMIN)).json() for text in (ours, other)]
            assert ["data" in each for each in asked] == [is_run, False]
            assert asked[1]["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    async with inside(new_sqlite()) as gateway:
        assert "data" in (await gateway.ask(other, Role.ADMIN)).json()


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"console_oidc_issuer": "https://login.example"}, "go together"),
        ({"console_oidc_client_id": "console"}, "go together"),
        ({**OIDC, "jwks_url": "", "jwt_secret": "x" * 32}, "needs GATEWAY_JWKS_URL"),
        ({**OIDC, "console_oidc_scopes": "profile"}, "must have openid"),
        ({**OIDC, "console_oidc_issuer": "login.example"}, "must be an http"),
        ({**OIDC, "console_oidc_issuer": "https://me:secret@login.example"}, "must have no query"),
        ({**OIDC, "console_oidc_issuer": "https://login.example?a=b"}, "must have no query"),
        ({**OIDC, "console_oidc_origins": "https://login.example/path"}, "must be an origin"),
        (
            {
                **OIDC,
                **PRODUCTION,
                "jwt_issuer": "i",
                "jwt_audience": "a",
                "console_oidc_issuer": "http://login.example",
            },
            "https",
        ),
    ],
)
def test_a_login_that_cannot_work_is_refused_at_start(given: dict[str, str], problem: str) -> None:
    with pytest.raises(SettingsError, match=problem) as refused:
        load_settings(environment("sqlite:///x.db", **given))
    assert "secret@" not in str(refused.value)


def test_an_issuers_port_is_part_of_where_the_page_may_connect() -> None:
    given = {**OIDC, "console_oidc_issuer": "http://127.0.0.1:9001/op"}
    assert load_settings(environment("sqlite:///x.db", **given)).console_connects_to == ("http://127.0.0.1:9001",)
    given = {**OIDC, "console_oidc_issuer": "https://Login.Example:443/op"}
    assert load_settings(environment("sqlite:///x.db", **given)).console_connects_to == ("https://login.example",)
