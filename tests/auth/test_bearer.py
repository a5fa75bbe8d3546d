"""A bearer token: whom it speaks for, which tokens prove nothing, and how a refusal looks over HTTP."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey
from pydantic import AnyHttpUrl, SecretStr
from starlette.applications import Starlette
from starlette.authentication import AuthenticationError
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import Message

from gateway.auth.bearer import BearerBackend, viewer_of
from gateway.auth.minting import mint_token
from gateway.auth.tokens import MAX_TOKEN_BYTES, InvalidToken, TokenVerifier
from gateway.endpoints.errors import refuse_token
from gateway.services.core.model.values import Actor, Role
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT
from gateway.settings.model import Settings, SettingsError

NOW = 1_800_000_000
LEEWAY = 30
SECRET = "a-secret-of-the-tests-with-32-bytes-or-more"
SETTINGS = Settings(
    jwt_secret=SecretStr(SECRET), jwt_issuer="https://id.example", jwt_audience="gateway", jwt_leeway_s=LEEWAY
)
CLAIMS: dict[str, Any] = {
    "sub": "student-1",
    "role": "STUDENT",
    "iss": "https://id.example",
    "aud": "gateway",
    "exp": NOW + 60,
}
HEADER: dict[str, Any] = {"alg": "HS256", "typ": "JWT"}


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def raw(header: bytes, payload: bytes, secret: str = SECRET) -> str:
    """A token of exactly these bytes with a genuine HS256 signature: nothing but the gateway checks them."""
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256))}"


def token(header: object = HEADER, secret: str = SECRET, **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not ...}
    return raw(json.dumps(header).encode(), json.dumps(claims).encode(), secret)


def judged(text: str, settings: Settings = SETTINGS, now: float = NOW) -> Actor:
    return asyncio.run(TokenVerifier(settings, now=lambda: now).verify(text)).actor


def refusal(text: str, settings: Settings = SETTINGS, now: float = NOW) -> str:
    with pytest.raises(InvalidToken) as caught:
        judged(text, settings, now)
    return caught.value.reason


@pytest.mark.parametrize("role", list(Role))
def test_a_minted_token_names_its_subject_and_role(role: Role) -> None:
    minted = mint_token(SETTINGS, role=role, subject="somebody", ttl_s=60, now=lambda: NOW)
    assert judged(minted) == Actor("somebody", role)


def test_a_minted_token_outlives_its_time_by_the_leeway_and_no_more() -> None:
    minted = mint_token(SETTINGS, role=Role.STUDENT, subject="s", ttl_s=60, now=lambda: NOW + 0.9)
    assert judged(minted, now=NOW + 60 + LEEWAY - 0.001).id == "s"
    assert refusal(minted, now=NOW + 60 + LEEWAY) == "The token has expired."


def test_a_development_gateway_mints_and_accepts_without_any_setting() -> None:
    minted = mint_token(Settings(), role=Role.ADMIN, subject="dev", ttl_s=60, now=lambda: NOW)
    assert judged(minted, Settings()) == Actor("dev", Role.ADMIN)
    assert refusal(minted) == "The token's signature is not valid."


def test_where_an_issuer_makes_the_tokens_none_is_minted() -> None:
    settings = Settings(jwks_url=AnyHttpUrl("https://id.example/keys"))
    with pytest.raises(SettingsError, match="GATEWAY_JWKS_URL"):
        mint_token(settings, role=Role.ADMIN, subject="root", ttl_s=60)


@pytest.mark.parametrize(
    ("subject", "ttl_s"), [("", 60), ("a\nb", 60), ("a" * 129, 60), (" a", 60), ("a\u200b", 60), ("a", 0)]
)
def test_no_token_is_minted_that_would_be_refused(subject: str, ttl_s: int) -> None:
    with pytest.raises(ValueError, match=r"must|a token is for"):
        mint_token(SETTINGS, role=Role.STUDENT, subject=subject, ttl_s=ttl_s)


@pytest.mark.parametrize(
    ("changes", "at_once", "never"),
    [
        ({"nbf": NOW + 100}, NOW + 100 - LEEWAY, NOW + 100 - LEEWAY - 0.001),
        ({"iat": NOW + 100}, NOW + 100 - LEEWAY, NOW + 100 - LEEWAY - 0.001),
        ({"exp": NOW - LEEWAY}, NOW - 0.001, NOW),
        ({"exp": NOW + 0.5}, NOW + LEEWAY + 0.25, NOW + LEEWAY + 0.5),
    ],
)
def test_dates_hold_to_the_leeway_and_not_beyond(changes: dict[str, Any], at_once: float, never: float) -> None:
    text = token(**{"exp": NOW + 1000, **changes})
    assert judged(text, now=at_once).id == "student-1"
    assert refusal(text, now=never) in ("The token is not valid yet.", "The token has expired.")


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value", ["1e400", "-1e400", "NaN", "Infinity", "true", '"9"', "[]", "{}", "-1", "1" + "0" * 400, "253402300800"]
)
def test_a_date_that_is_no_date_is_refused(name: str, value: str) -> None:
    claims = json.dumps(CLAIMS | {name: "here"}).replace('"here"', value)
    assert refusal(raw(json.dumps(HEADER).encode(), claims.encode())) == "The token has a date that is none."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": ...}, "The token has no expiry."),
        ({"exp": None}, "The token has no expiry."),
        ({"iss": "https://evil.example"}, "The token is from another issuer."),
        ({"iss": ["https://id.example"]}, "The token is from another issuer."),
        ({"iss": ...}, "The token is from another issuer."),
        ({"aud": "other"}, "The token is for another audience."),
        ({"aud": ["other", 1, None]}, "The token is for another audience."),
        ({"aud": {"gateway": 1}}, "The token is for another audience."),
        ({"aud": ...}, "The token is for another audience."),
        ({"role": "student"}, "The token's role is missing or unknown."),
        ({"role": "OWNER"}, "The token's role is missing or unknown."),
        ({"role": ["ADMIN"]}, "The token's role is missing or unknown."),
        ({"role": {"ADMIN": 1}}, "The token's role is missing or unknown."),
        ({"role": True}, "The token's role is missing or unknown."),
        ({"role": ...}, "The token's role is missing or unknown."),
    ],
)
def test_a_claim_that_does_not_fit_is_refused(changes: dict[str, Any], reason: str) -> None:
    assert refusal(token(**changes)) == reason


def test_one_audience_of_several_may_be_ours() -> None:
    assert judged(token(aud=["other", "gateway"])) == Actor("student-1", Role.STUDENT)


def test_a_token_for_an_audience_is_refused_where_we_have_no_name() -> None:
    nameless = Settings(jwt_secret=SecretStr(SECRET))
    assert refusal(token(), nameless) == "The token is for another audience."
    assert judged(token(aud=...), nameless).id == "student-1"


def test_the_role_is_read_from_the_claim_the_operator_names() -> None:
    settings = Settings(jwt_secret=SecretStr(SECRET), jwt_role_claim="https://id.example/role")
    text = token(aud=..., **{"https://id.example/role": "SERVICE"})
    assert judged(text, settings).role is Role.SERVICE
    minted = mint_token(settings, role=Role.ADMIN, subject="a", ttl_s=60, now=lambda: NOW)
    assert judged(minted, settings).role is Role.ADMIN


@pytest.mark.parametrize("subject", ["a", "auth0|5f7c", "x" * LONGEST_SUBJECT, "Zoë <z@x.example>", "राम", "李"])
def test_any_printable_subject_is_somebody(subject: str) -> None:
    assert judged(token(sub=subject)).id == subject


@pytest.mark.parametrize(
    "subject",
    [
        ...,
        None,
        "",
        " ",
        7,
        True,
        [],
        {},
        "x" * (LONGEST_SUBJECT + 1),
        "a\x00b",
        "a\nb",
        "a\x7fb",
        "a\x85b",
        "\ud800",
        "\u202eadmin",
        "a\u200bb",
        "a\u2028b",
        "\ufeffa",
        " a",
        "a ",
        "a\u00a0",
        "a\u3164",
        "a\ufe0f",
    ],
)
def test_a_hostile_subject_is_nobody(subject: object) -> None:
    assert refusal(token(sub=subject)).startswith("The token's subject is missing or not printable")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"null",
        b'"x"',
        b"1",
        b"{",
        b"\xff\xfe",
        b"{}" * 2,
        b"[" * 5000,
        b'{"a":' * 900,
        b"9" * 5000,
        json.dumps(CLAIMS).encode("utf-16"),
        b'{"sub":"a","sub":"b"}',
        b'{"x":{"y":1,"y":2}}',
    ],
)
def test_claims_that_are_no_single_reading_are_refused(payload: bytes) -> None:
    assert refusal(raw(json.dumps(HEADER).encode(), payload)) == (
        "The token's claims are not a JSON object with unique names."
    )


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"7",
        b'"alg"',
        b'"alg b64"',
        b'["alg","b64"]',
        b'["alg"]',
        b"\xff",
        b"[" * 5000,
        b'{"alg":"HS256","b64":false}',
        b'{"alg":"HS256","b64":0}',
    ],
)
def test_a_header_that_is_none_is_refused(header: bytes) -> None:
    assert refusal(raw(header, json.dumps(CLAIMS).encode())) == "The token is not a signed JWT."


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "HS384", "HS512", "RS256", "ES256", "hs256", "dir", "", None, 7, ["HS256"], {}]
)
def test_an_algorithm_off_the_list_is_refused(algorithm: object) -> None:
    assert refusal(token({"alg": algorithm})) == "The token's algorithm is not allowed."


def test_an_unsigned_token_is_refused() -> None:
    head, claims, signature = token().split(".")
    bare = b64(b'{"alg":"none"}')
    assert refusal(f"{bare}.{claims}.") == "The token's algorithm is not allowed."
    assert refusal(f"{bare}.{claims}.{signature}") == "The token's algorithm is not allowed."
    assert refusal(f"{head}.{claims}.") == "The token's signature is not valid."


def test_critical_headers_are_refused_since_none_is_understood() -> None:
    for crit in (["exp"], ["b64"], [], "exp", None):
        assert refusal(token(HEADER | {"crit": crit, "exp": 1})) == "The token has critical headers."


@pytest.mark.parametrize("typ", [None, "", "JWE", "secevent+jwt", "dpop+jwt", 7, ["JWT"]])
def test_a_token_of_another_type_is_refused(typ: object) -> None:
    assert refusal(token({"alg": "HS256", "typ": typ})) == "The token is of another type."


@pytest.mark.parametrize(
    "header",
    [{}, {"typ": "jwt"}, {"typ": "at+JWT"}, {"typ": "application/at+jwt"}, {"kid": "1"}, {"x-trace": "x" * 1000}],
)
def test_an_access_token_is_accepted_whatever_harmless_headers_it_has(header: dict[str, Any]) -> None:
    assert judged(token({"alg": "HS256"} | header)).id == "student-1"


def test_a_key_that_the_token_brings_along_is_not_used() -> None:
    own = OctKey.import_key("the-attacker's-own-key-the-attacker's-own-key")
    for header in ({"jwk": own.as_dict()}, {"jku": "http://evil.example/"}, {"x5u": "http://evil.example/"}):
        forged = token(HEADER | header, secret="the-attacker's-own-key-the-attacker's-own-key")
        assert refusal(forged) == "The token's signature is not valid."
        assert judged(token(HEADER | header)).id == "student-1"


def test_any_change_to_a_token_breaks_it() -> None:
    text = token()
    head, _, signature = text.split(".")
    admin = b64(json.dumps(CLAIMS | {"role": "ADMIN"}).encode())
    assert refusal(f"{head}.{admin}.{signature}") == "The token's signature is not valid."
    for spoilt in (f" {text}", f"{text}\n", f"{text}.", f"{text}=", f"{text}AAAA", f".{text}", text[:-4], "", ".."):
        assert refusal(spoilt)


def test_a_signature_has_one_spelling_only() -> None:
    text = token()
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    others = [text[:-1] + char for char in alphabet if char != text[-1]]
    assert {refusal(other) for other in others} == {"The token's signature is not valid."}


def test_a_token_is_read_up_to_its_bound_and_not_beyond() -> None:
    room = MAX_TOKEN_BYTES - len(token(pad=""))
    fits = token(pad="x" * (room * 3 // 4 - 3))
    assert MAX_TOKEN_BYTES - 8 < len(fits) <= MAX_TOKEN_BYTES
    assert judged(fits).id == "student-1"
    assert refusal(fits + "A" * (MAX_TOKEN_BYTES + 1 - len(fits))) == "The token is too long."


def assert_answered(text: str) -> None:
    """Somebody, or a refusal in plain ASCII; any other exception fails the test."""
    try:
        judged(text)
    except InvalidToken as error:
        assert re.fullmatch(r"[A-Z][A-Za-z0-9' ]+\.", error.reason)  # noqa: PT017 - either answer is right


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.text() | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}"))
def test_any_text_is_answered(text: str) -> None:
    assert_answered(text)


@given(JSON | st.fixed_dictionaries({"alg": st.just("HS256")}, optional={"typ": JSON, "kid": JSON, "b64": JSON}))
def test_any_header_under_a_genuine_signature_is_answered(header: object) -> None:
    assert_answered(token(header))


@given(st.fixed_dictionaries({}, optional=dict.fromkeys([*CLAIMS, "nbf", "iat"], JSON)))
def test_any_claims_under_a_genuine_signature_are_answered(changes: dict[str, Any]) -> None:
    assert_answered(token(**changes))


@given(st.binary())
def test_any_payload_under_a_genuine_signature_is_answered(payload: bytes) -> None:
    assert_answered(raw(json.dumps(HEADER).encode(), payload))


def app(settings: Settings = SETTINGS) -> Starlette:
    async def whoami(request: Request) -> JSONResponse:
        viewer = viewer_of(request)
        return JSONResponse(viewer and [viewer.id, viewer.role, request.user.identity])

    backend = BearerBackend(TokenVerifier(settings, now=lambda: NOW))
    return Starlette(
        routes=[Route("/", whoami)],
        middleware=[Middleware(AuthenticationMiddleware, backend=backend, on_error=refuse_token)],
    )


async def get(*authorization: str, settings: Settings = SETTINGS) -> httpx.Response:
    headers = [(b"Authorization", value.encode("latin-1")) for value in authorization]
    transport = httpx.ASGITransport(app(settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return await client.get("/", headers=headers)


@pytest.mark.anyio
async def test_without_a_header_the_caller_is_anonymous() -> None:
    response = await get()
    assert (response.status_code, response.json()) == (200, None)


@pytest.mark.anyio
@pytest.mark.parametrize("shape", ["Bearer {}", "bearer {}", "BEARER   {}"])
async def test_a_bearer_token_names_the_viewer(shape: str) -> None:
    response = await get(shape.format(token()))
    assert response.json() == ["student-1", "STUDENT", "student-1"]


@pytest.mark.anyio
@pytest.mark.parametrize(
    "shape",
    [
        "",
        "Bearer",
        "Bearer ",
        "{}",
        "Basic {}",
        "Bearer{}",
        "Bearer {} {}",
        "Bearer {}, Bearer {}",
        "Bearer\t{}",
        'Bearer "{}"',
        "Token {}",
        "Bearer realm=x {}",
        "Bearer é{}",
    ],
)
async def test_another_shape_of_header_is_refused(shape: str) -> None:
    response = await get(shape.replace("{}", token()))
    assert response.status_code == 401
    assert response.json()["errors"][0]["message"] == "The Authorization header must read: Bearer <token>."


@pytest.mark.anyio
async def test_two_authorization_headers_are_refused() -> None:
    response = await get(f"Bearer {token()}", f"Bearer {token()}")
    assert response.status_code == 401


@pytest.mark.anyio
async def test_a_refusal_is_a_graphql_error_with_a_challenge_and_without_the_token() -> None:
    expired = token(exp=NOW - 1000)
    response = await get(f"Bearer {expired}")
    assert response.status_code == 401
    assert response.json() == {
        "errors": [{"message": "The token has expired.", "extensions": {"code": "UNAUTHENTICATED"}}]
    }
    assert response.headers["www-authenticate"] == (
        'Bearer error="invalid_token", error_description="The token has expired."'
    )
    assert response.headers["cache-control"] == "no-store"
    shown = response.text + str(response.headers)
    assert [part for part in expired.split(".") if part in shown] == []


@pytest.mark.anyio
async def test_an_issuer_that_cannot_be_reached_is_no_fault_of_the_caller(free_tcp_port: int) -> None:
    settings = Settings(jwks_url=AnyHttpUrl(f"http://127.0.0.1:{free_tcp_port}/"))
    response = await get(f"Bearer {token({'alg': 'RS256', 'kid': '1'})}", settings=settings)
    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"] == {"code": "AUTH_KEYS_UNAVAILABLE"}
    assert int(response.headers["retry-after"]) > 0
    assert "www-authenticate" not in response.headers


def test_a_foreign_authentication_error_is_not_repeated_to_the_caller() -> None:
    response = refuse_token(HTTPConnection({"type": "http", "path": "/"}), AuthenticationError('a "secret" thing'))
    assert response.status_code == 401
    assert b"secret" not in bytes(response.body)
    assert "secret" not in response.headers["www-authenticate"]


@pytest.mark.anyio
async def test_a_websocket_with_a_bad_token_is_closed_before_it_opens() -> None:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "websocket.connect"}

    async def send(message: Message) -> None:
        sent.append(message)

    headers = [(b"authorization", b"Bearer x")]
    scope = {"type": "websocket", "path": "/", "headers": headers, "query_string": b""}
    await app()(scope, receive, send)
    assert [message["type"] for message in sent] == ["websocket.close"]
