"""An issuer's keys, against a real HTTP server: which tokens they carry, and what a stranger cannot make us do."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio.to_thread
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from pydantic import AnyHttpUrl

from gateway.auth.jwks import COOLDOWN_S, STALE_S, KeysUnavailable
from gateway.auth.key_sets import MAX_BYTES
from gateway.auth.tokens import InvalidToken, TokenVerifier
from gateway.services.core.model.values import Actor, Role
from gateway.settings.model import Settings

pytestmark = pytest.mark.anyio

NOW = 1_800_000_000
CACHE_S = 300
CLAIMS = {"sub": "student-1", "role": "STUDENT", "iss": "https://id.example", "aud": "gateway", "exp": NOW + 60}
STUDENT = Actor("student-1", Role.STUDENT)
RSA = RSAKey.generate_key(2048, {"kid": "rsa"})
EC = ECKey.generate_key("P-256", {"kid": "ec"})
NEXT = ECKey.generate_key("P-256", {"kid": "next"})


class Issuer:
    """A key server on loopback: it says what it is told to, and counts how often it is asked."""

    def __init__(self) -> None:
        self.status = 200
        self.headers: dict[str, str] = {}
        self.is_dripping = False
        self.asked: list[str] = []
        self.arrived = threading.Event()
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.publish(RSA, EC)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/keys"

    def publish(self, *keys: RSAKey | ECKey | OctKey) -> None:
        self.body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        issuer, pause = self, threading.Event()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                issuer.asked.append(self.path)
                issuer.arrived.set()
                issuer.may_answer.wait()
                with contextlib.suppress(OSError):  # the gateway may have hung up
                    self.send_response(issuer.status)
                    for name, value in issuer.headers.items():
                        self.send_header(name, value)
                    self.end_headers()
                    for _ in range(1000 * issuer.is_dripping):
                        self.wfile.write(b" ")
                        pause.wait(0.005)
                    self.wfile.write(issuer.body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
                pass

        return Handler


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    thread = threading.Thread(target=issuer.server.serve_forever, args=(0.005,))
    thread.start()
    yield issuer
    issuer.may_answer.set()
    issuer.server.shutdown()
    thread.join()
    issuer.server.server_close()


class Clock:
    """Seconds since some moment, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def verifier(issuer: Issuer, clock: Clock) -> TokenVerifier:
    return trusting(issuer.url, clock)


def trusting(url: str, clock: Clock, **changes: Any) -> TokenVerifier:
    settings = Settings(
        jwks_url=AnyHttpUrl(url),
        jwt_issuer="https://id.example",
        jwt_audience="gateway",
        jwks_cache_s=CACHE_S,
        **changes,
    )
    return TokenVerifier(settings, now=lambda: NOW, monotonic=clock)


def token(key: RSAKey | ECKey | OctKey, alg: str, **header: Any) -> str:
    kid = {"kid": key.kid} if key.kid else {}
    return jwt.encode({"alg": alg} | kid | header, dict(CLAIMS), key, algorithms=[alg])


async def refusal(verifier: TokenVerifier, text: str) -> str:
    with pytest.raises(InvalidToken) as caught:
        await verifier.verify(text)
    return caught.value.reason


UNKNOWN_KEY = "The token's key is not one of the issuer's."
BAD_SIGNATURE = "The token's signature is not valid."
BAD_ALGORITHM = "The token's algorithm is not allowed."


async def test_rsa_and_elliptic_curve_keys_carry_tokens(verifier: TokenVerifier) -> None:
    assert (await verifier.verify(token(RSA, "RS256"))).actor == STUDENT
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT


async def test_keys_are_fetched_once_for_many_tokens(verifier: TokenVerifier, issuer: Issuer) -> None:
    for _ in range(20):
        await verifier.verify(token(EC, "ES256"))
    assert issuer.asked == ["/keys"]


async def test_a_key_published_later_is_fetched_when_first_seen(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    issuer.publish(EC, NEXT)
    clock.seconds += COOLDOWN_S
    assert (await verifier.verify(token(NEXT, "ES256"))).actor == STUDENT
    assert (await verifier.verify(token(NEXT, "ES256"))).actor == STUDENT
    assert len(issuer.asked) == 2


async def test_a_flood_of_random_key_ids_makes_one_more_fetch(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    for beat in range(3):
        clock.seconds += COOLDOWN_S
        for number in range(50):
            assert await refusal(verifier, token(EC, "ES256", kid=f"{beat}-{number}")) == UNKNOWN_KEY
        assert len(issuer.asked) == 2 + beat
        assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT


async def test_a_flood_before_any_key_is_known_makes_one_fetch(verifier: TokenVerifier, issuer: Issuer) -> None:
    for number in range(50):
        assert await refusal(verifier, token(EC, "ES256", kid=str(number))) == UNKNOWN_KEY
    assert len(issuer.asked) == 1


async def test_simultaneous_callers_share_one_fetch(verifier: TokenVerifier, issuer: Issuer) -> None:
    issuer.may_answer.clear()
    callers = [asyncio.create_task(verifier.verify(token(EC, "ES256"))) for _ in range(20)]
    await anyio.to_thread.run_sync(issuer.arrived.wait)
    issuer.may_answer.set()
    assert [each.actor for each in await asyncio.gather(*callers)] == [STUDENT] * 20
    assert len(issuer.asked) == 1


async def test_a_caller_who_hangs_up_does_not_take_the_fetch_along(verifier: TokenVerifier, issuer: Issuer) -> None:
    issuer.may_answer.clear()
    first, second = (asyncio.create_task(verifier.verify(token(EC, "ES256"))) for _ in range(2))
    await anyio.to_thread.run_sync(issuer.arrived.wait)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    issuer.may_answer.set()
    assert (await second).actor == STUDENT
    assert len(issuer.asked) == 1


async def test_a_withdrawn_key_is_refused_once_the_keys_are_old(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    issuer.publish(NEXT)
    clock.seconds += CACHE_S - 1
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT
    clock.seconds += 1
    assert await refusal(verifier, token(EC, "ES256")) == UNKNOWN_KEY


async def test_a_remembered_token_is_verified_anew_with_keys_that_were_fetched_anew(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    text = token(EC, "ES256")
    await verifier.verify(text)
    assert verifier.known(text.encode()) is not None
    clock.seconds = CACHE_S
    assert verifier.known(text.encode()) is None
    issuer.publish(ECKey.generate_key("P-256", {"kid": "ec"}))
    assert await refusal(verifier, text) == BAD_SIGNATURE
    assert verifier.known(text.encode()) is None


async def test_a_remembered_token_of_a_key_that_vanished_is_refused_as_soon_as_another_key_is_fetched(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    text = token(EC, "ES256")
    await verifier.verify(text)
    issuer.publish(NEXT)
    clock.seconds = COOLDOWN_S
    await verifier.verify(token(NEXT, "ES256"))
    assert verifier.known(text.encode()) is None
    assert await refusal(verifier, text) == UNKNOWN_KEY


async def test_a_remembered_token_goes_on_while_the_issuer_fails_but_only_for_a_day(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    text = token(EC, "ES256")
    await verifier.verify(text)
    issuer.status = 500
    clock.seconds = STALE_S - 1
    assert (await verifier.verify(text)).actor == STUDENT
    clock.seconds = STALE_S
    assert verifier.known(text.encode()) is None
    with pytest.raises(KeysUnavailable):
        await verifier.verify(text)


async def test_keys_that_were_not_to_be_had_are_not_remembered_against_the_token(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    issuer.status = 500
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(EC, "ES256"))
    issuer.status = 200
    clock.seconds += COOLDOWN_S
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT


async def test_known_keys_outlive_an_issuer_that_fails_but_only_for_a_day(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    issuer.status = 500
    clock.seconds = STALE_S - 1
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT
    clock.seconds = STALE_S
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(EC, "ES256"))


async def test_while_the_issuer_fails_known_keys_do_not_wait_for_it(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    issuer.status = 500
    clock.seconds = CACHE_S
    await verifier.verify(token(EC, "ES256"))
    issuer.arrived.clear()
    issuer.may_answer.clear()
    clock.seconds += COOLDOWN_S
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT
    assert len(issuer.asked) == 2
    await anyio.to_thread.run_sync(issuer.arrived.wait)
    assert len(issuer.asked) == 3


async def test_a_new_key_during_an_outage_is_unavailable_rather_than_wrong(
    verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    issuer.status = 500
    clock.seconds = COOLDOWN_S
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(NEXT, "ES256"))
    issuer.status = 200
    issuer.publish(NEXT)
    clock.seconds += COOLDOWN_S
    assert (await verifier.verify(token(NEXT, "ES256"))).actor == STUDENT
    assert await refusal(verifier, token(EC, "ES256")) == UNKNOWN_KEY


async def test_an_issuer_never_reached_is_asked_again_only_after_the_cooldown(
    free_tcp_port: int, clock: Clock, issuer: Issuer
) -> None:
    nowhere = trusting(f"http://127.0.0.1:{free_tcp_port}/", clock)
    with pytest.raises(KeysUnavailable):
        await nowhere.verify(token(EC, "ES256"))
    issuer.status = 500
    verifier = trusting(issuer.url, clock)
    for beat in range(3):
        for _ in range(10):
            with pytest.raises(KeysUnavailable):
                await verifier.verify(token(EC, "ES256"))
        assert len(issuer.asked) == 1 + beat
        clock.seconds += COOLDOWN_S


async def test_an_issuer_that_does_not_answer_is_given_up(issuer: Issuer, clock: Clock) -> None:
    issuer.may_answer.clear()
    verifier = trusting(issuer.url, clock, jwks_timeout_s=0.05)
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(EC, "ES256"))


async def test_an_issuer_that_answers_drop_by_drop_is_given_up_too(issuer: Issuer, clock: Clock) -> None:
    issuer.is_dripping = True
    verifier = trusting(issuer.url, clock, jwks_timeout_s=0.05)
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(EC, "ES256"))


async def test_a_redirect_is_not_followed(verifier: TokenVerifier, issuer: Issuer) -> None:
    issuer.status, issuer.headers = 302, {"Location": f"{issuer.url}/elsewhere"}
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(EC, "ES256"))
    assert issuer.asked == ["/keys"]


PRIVATE = json.dumps({"keys": [EC.as_dict(private=True)]}).encode()
SHORT = b'{"keys":[{"kty":"RSA","kid":"rsa","e":"AQAB","n":"' + b"0vx7ag" * 28 + b'"}]}'
NO_KEYS = [
    b"", b"null", b"[]", b"{}", b"\xff", b"[" * 100_000, b'{"keys":null}', b'{"keys":[]}', b'{"keys":"abc"}',
    b'{"keys":[null,1,"x",[],{},{"kty":[]},{"kty":"EC","crv":"P-1","x":"","y":""},{"kty":"RSA","n":7,"e":[]}]}',
    b'{"keys":[{"kty":"oct","kid":"ec","k":"c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0"}]}', PRIVATE, SHORT,
]  # fmt: skip


@pytest.mark.parametrize("body", NO_KEYS)
async def test_what_is_no_set_of_public_keys_is_refused_and_the_old_keys_stay(
    body: bytes, verifier: TokenVerifier, issuer: Issuer, clock: Clock
) -> None:
    await verifier.verify(token(EC, "ES256"))
    issuer.body = body
    clock.seconds = CACHE_S
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT
    with pytest.raises(KeysUnavailable):
        await trusting(issuer.url, clock).verify(token(EC, "ES256"))


async def test_a_key_set_beyond_all_bounds_is_not_read(verifier: TokenVerifier, issuer: Issuer) -> None:
    issuer.body += b" " * MAX_BYTES
    with pytest.raises(KeysUnavailable):
        await verifier.verify(token(EC, "ES256"))


async def test_a_key_we_cannot_use_does_not_spoil_the_others(verifier: TokenVerifier, issuer: Issuer) -> None:
    unusable = [{"kty": "AKP", "kid": "pq"}, EC.as_dict(private=False, kid="enc", use="enc"), {"kty": "RSA"}]
    issuer.body = json.dumps({"keys": [*unusable, EC.as_dict(private=False)]}).encode()
    assert (await verifier.verify(token(EC, "ES256"))).actor == STUDENT
    assert await refusal(verifier, token(EC, "ES256", kid="enc")) == UNKNOWN_KEY


async def test_a_public_key_is_no_shared_secret(verifier: TokenVerifier) -> None:
    for public in (RSA.as_pem(private=False), RSA.as_der(private=False), json.dumps(RSA.as_dict()).encode()):
        confused = token(OctKey(public, public, {"kid": "rsa"}), "HS256")
        assert await refusal(verifier, confused) == BAD_ALGORITHM


@pytest.mark.parametrize(("alg", "kid"), [("RS256", "ec"), ("ES256", "rsa")])
async def test_a_key_carries_only_the_algorithm_of_its_kind(verifier: TokenVerifier, alg: str, kid: str) -> None:
    forged = token(RSA, "RS256", kid=kid) if alg == "RS256" else token(EC, "ES256", kid=kid)
    assert await refusal(verifier, forged) == UNKNOWN_KEY


async def test_algorithms_off_the_list_are_refused_before_any_fetch(verifier: TokenVerifier, issuer: Issuer) -> None:
    for alg in ("RS384", "RS512", "PS256"):
        assert await refusal(verifier, token(RSA, alg)) == BAD_ALGORITHM
    _, claims, signature = token(RSA, "RS256").split(".")
    assert await refusal(verifier, f"eyJhbGciOiJub25lIn0.{claims}.{signature}") == BAD_ALGORITHM  # none
    assert issuer.asked == []


async def test_somebody_else_s_key_under_the_issuer_s_name_is_refused(verifier: TokenVerifier) -> None:
    own = ECKey.generate_key("P-256", {"kid": "ec"})
    assert await refusal(verifier, token(own, "ES256")) == BAD_SIGNATURE
    assert await refusal(verifier, token(own, "ES256", jwk=own.as_dict(private=False))) == BAD_SIGNATURE
    assert await refusal(verifier, token(own, "ES256", jku="http://127.0.0.1:9/")) == BAD_SIGNATURE


async def test_a_token_without_a_key_id_needs_an_issuer_with_one_fitting_key(issuer: Issuer, clock: Clock) -> None:
    nameless = ECKey.import_key(EC.as_pem(private=True))
    text = jwt.encode({"alg": "ES256"}, dict(CLAIMS), nameless)
    assert (await trusting(issuer.url, clock).verify(text)).actor == STUDENT
    issuer.publish(EC, NEXT)
    assert await refusal(trusting(issuer.url, clock), text) == UNKNOWN_KEY


async def test_the_issuer_s_tokens_are_held_to_the_same_claims(verifier: TokenVerifier) -> None:
    stranger = jwt.encode({"alg": "ES256", "kid": "ec"}, CLAIMS | {"aud": "other"}, EC)
    assert await refusal(verifier, stranger) == "The token is for another audience."
