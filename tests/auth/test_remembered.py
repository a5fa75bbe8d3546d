"""A token is verified once and remembered: for as long as it would be verified again, and not a moment longer."""

import asyncio
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OctKey

from gateway.auth.remembered import Remembered, RememberedTokens, VerifiedToken
from gateway.auth.tokens import InvalidToken, TokenVerifier
from gateway.services.core.model.values import Actor, Role
from tests.auth.test_bearer import HEADER, JSON, LEEWAY, NOW, SECRET, SETTINGS, b64, raw, token

STUDENT = Actor("student-1", Role.STUDENT)
KEY = OctKey.import_key(b"k" * 32)


class Verifier:
    """A verifier whose clock the test moves."""

    def __init__(self) -> None:
        self.now: float = NOW
        self.verifier = TokenVerifier(SETTINGS, now=lambda: self.now)

    def known(self, text: str) -> Actor | None:
        known = self.verifier.known(text.encode())
        return known.actor if known else None

    def verify(self, text: str) -> Actor | str:
        """Whom the token speaks for, or why it is refused."""
        try:
            return asyncio.run(self.verifier.verify(text)).actor
        except InvalidToken as error:
            return error.reason


def test_a_token_is_known_from_the_first_time_it_is_verified() -> None:
    verifier, text = Verifier(), token()
    assert verifier.known(text) is None
    assert verifier.verify(text) == verifier.known(text) == verifier.verify(text) == STUDENT


def test_a_token_is_forgotten_when_it_expires() -> None:
    verifier, text = Verifier(), token()
    verifier.verify(text)
    verifier.now = NOW + 60 + LEEWAY - 0.001
    assert verifier.known(text) == STUDENT
    verifier.now = NOW + 60 + LEEWAY
    assert verifier.verify(text) == "The token has expired."
    verifier.now = NOW
    assert verifier.known(text) is None


def test_a_token_that_is_not_valid_yet_is_not_remembered_as_refused() -> None:
    verifier, text = Verifier(), token(nbf=NOW + LEEWAY + 1)
    assert verifier.verify(text) == "The token is not valid yet."
    assert verifier.known(text) is None
    verifier.now = NOW + 1
    assert verifier.verify(text) == verifier.known(text) == STUDENT


def test_where_the_clock_goes_back_a_remembered_token_is_not_valid_yet_either() -> None:
    verifier, text = Verifier(), token(nbf=NOW)
    verifier.verify(text)
    verifier.now = NOW - LEEWAY - 0.001
    assert verifier.known(text) is None
    assert verifier.verify(text) == "The token is not valid yet."


@pytest.mark.parametrize(
    "refused", [token(role="ROOT"), token(secret="x" * 40), token(exp=NOW - 100), "é", "\ud800", "", token() + "A"]
)
def test_a_refused_token_is_not_known_however_often_it_comes(refused: str) -> None:
    verifier = Verifier()
    reasons = {verifier.verify(refused) for _ in range(3)}
    assert len(reasons) == 1
    assert verifier.verifier.known(refused.encode(errors="surrogatepass")) is None


@given(at=st.integers(0, 2_000), put=st.characters(), whole=st.just(token()))
def test_no_other_spelling_of_a_remembered_token_is_known(at: int, put: str, whole: str) -> None:
    verifier = Verifier()
    verifier.verify(whole)
    at %= len(whole)
    for other in (whole[:at] + put + whole[at + 1 :], whole[:at] + put + whole[at:], f"{whole} ", f" {whole}"):
        assert other == whole or verifier.verifier.known(other.encode(errors="surrogatepass")) is None
        assert other == whole or verifier.verify(other) != STUDENT


MOMENTS = st.integers(-100, 100).map(lambda each: NOW + each / 2)
DATES = st.fixed_dictionaries({"exp": MOMENTS}, optional={"nbf": MOMENTS, "iat": MOMENTS})


@given(claims=DATES, moments=st.lists(MOMENTS, min_size=1, max_size=8))
def test_who_remembers_says_at_any_moment_what_one_says_who_does_not(
    claims: dict[str, Any], moments: list[float]
) -> None:
    remembering, text = Verifier(), token(**claims)
    for moment in moments:
        fresh = Verifier()
        fresh.now = remembering.now = moment
        known = remembering.known(text)
        assert known in (None, fresh.verify(text))
        assert remembering.verify(text) == fresh.verify(text)


def test_only_as_many_tokens_are_remembered_as_have_room_the_last_used() -> None:
    tokens = RememberedTokens(most=3)
    of = Remembered(VerifiedToken(STUDENT, NOW + 1), KEY, None, "HS256", NOW - 1)
    for number in range(3):
        tokens.keep(b"%d" % number, of)
    assert tokens.find(b"0", NOW) == of
    tokens.keep(b"3", of)
    assert len(tokens) == 3
    assert [tokens.find(b"%d" % number, NOW) is not None for number in range(4)] == [True, False, True, True]


def test_no_token_lies_in_the_memory_of_them() -> None:
    verifier, text = Verifier(), token()
    verifier.verify(text)
    kept = vars(verifier.verifier._remembered)
    assert not any(part in repr(kept) for part in text.split("."))


def test_a_genuine_token_is_known_at_once_when_it_comes_for_the_first_time() -> None:
    verifier, text = Verifier(), token()
    assert verifier.verifier.known_at_once(text.encode()) == verifier.verifier.known(text.encode())
    assert verifier.known(text) == STUDENT


ODD_CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["exp", "nbf", "iat"], MOMENTS | JSON),
        **dict.fromkeys(
            ["sub", "role", "iss", "aud"], JSON | st.sampled_from(["student-1", "ADMIN", "gateway", " a", "é"])
        ),
    },
)


@given(claims=DATES | ODD_CLAIMS, moment=MOMENTS)
def test_what_is_known_at_once_is_what_verifying_says(claims: dict[str, Any], moment: float) -> None:
    at_once, text = Verifier(), token(**claims)
    at_once.verify(token())  # by now the header is known
    at_once.now = moment
    known = at_once.verifier.known_at_once(text.encode())
    fresh = Verifier()
    fresh.now = moment
    said = fresh.verify(text)
    assert (known.actor if known else None) == (said if isinstance(said, Actor) else None)
    assert at_once.verify(text) == said


@given(payload=st.binary() | st.just(b'{"sub": "a", "sub": "b", "role": "ADMIN", "exp": 1800000060}'))
def test_no_odd_payload_under_a_known_header_is_known_at_once(payload: bytes) -> None:
    verifier = Verifier()
    verifier.verify(token())
    assert verifier.verifier.known_at_once(raw(json.dumps(HEADER).encode(), payload).encode()) is None


def test_a_genuine_signature_in_another_spelling_is_not_known_at_once() -> None:
    verifier, other = Verifier(), token(sub="student-2")
    verifier.verify(token())
    head, payload, signature = other.split(".")
    spellings = [f"{head}.{payload}=.{signature}", f"{other}=", f"{head}.{payload}.{payload}.{signature}", f".{other}"]
    signed = [
        f"{part}.{b64(hmac.digest(SECRET.encode(), part.encode(), 'sha256'))}"
        for part in (f"{head}.", head, f"{head}.{payload}=", f"{head}.{payload}.x", f"{head}.+/")
    ]
    assert [each for each in spellings + signed if verifier.verifier.known_at_once(each.encode()) is not None] == []
    assert all(isinstance(verifier.verify(each), str) for each in spellings + signed)


@given(header=st.sampled_from([{"alg": "none"}, {"alg": "HS256", "crit": ["exp"]}, {"alg": "RS256"}, [], {}, "x"]))
def test_our_signature_alone_makes_no_token(header: object) -> None:
    verifier = Verifier()
    verifier.verify(token())
    assert verifier.verifier.known_at_once(token(header).encode()) is None
    assert isinstance(verifier.verify(token(header)), str)


@given(text=st.text() | st.binary().map(lambda each: each.decode("latin-1")), parts=st.integers(0, 4))
def test_nothing_else_is_known_at_once(text: str, parts: int) -> None:
    given = ".".join([text] * parts).encode(errors="surrogatepass")
    assert Verifier().verifier.known_at_once(given) is None


def test_our_signature_under_bytes_that_are_no_text_makes_no_token() -> None:
    signature = b64(hmac.digest(SECRET.encode(), b"\xff", "sha256"))
    assert Verifier().verifier.known_at_once(b"\xff." + signature.encode()) is None
