"""Who is calling: a bearer token becomes an Actor, or a refusal that tells a stranger nothing."""

import json
import time
from collections.abc import Callable
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import Key, OctKey
from starlette.authentication import AuthenticationError

from gateway.auth.jwks import IssuerKeys
from gateway.auth.own_signature import OwnSignature
from gateway.auth.remembered import Remembered, RememberedTokens, VerifiedToken
from gateway.services.core.model.values import Actor, Role
from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT, is_subject
from gateway.settings.auth import AuthSettings

MAX_TOKEN_BYTES = 8192  # as much as common servers take for a header; real tokens need a quarter of it
LAST_INSTANT = 253_402_300_799
"""The end of the year 9999 in Unix seconds: a later `exp` is a mistake, or means to live for ever."""

_TYPES = ("jwt", "at+jwt", "application/at+jwt")  # RFC 7519 §5.1, RFC 9068 §4
_HOSTILE = (JoseError, ValueError, TypeError, KeyError, RecursionError)
"""What joserfc and json raise for hostile input: a list for a header, a thousand brackets, a huge number…"""


class InvalidToken(AuthenticationError):
    """The token proves nothing. `reason` is a plain ASCII sentence, without anything from the token."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class TokenVerifier:
    """Verifies tokens by the settings' secret, or by the keys the issuer publishes. It belongs to one event loop.

    A token is verified once, and remembered for as long as it is valid and its key is one of the issuer's.
    """

    def __init__(
        self,
        settings: AuthSettings,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`now`, in Unix seconds, is what a token's dates are compared with; `monotonic` ages the issuer's keys."""
        self._settings, self._now = settings, now
        self._keys = _keys_of(settings, monotonic)
        self._registry = jws.JWSRegistry(algorithms=settings.algorithms, strict_check_header=False)
        self._registry.max_header_length = MAX_TOKEN_BYTES
        self._remembered = RememberedTokens()
        self._own = OwnSignature(settings.signing_key or b"")

    def known(self, token: bytes) -> VerifiedToken | None:
        """What `verify` would say of a token that was verified before, where that takes no waiting; else None."""
        remembered = self._remembered.find(token, self._now())
        if remembered is None:
            return None
        keys = self._keys
        key = keys if isinstance(keys, OctKey) else keys.at_hand(remembered.key_id, remembered.algorithm)
        return remembered.verified if key is remembered.key else None

    def known_at_once(self, token: bytes) -> VerifiedToken | None:
        """The same, also of a token that comes for the first time, if it bears our own signature.

        None costs little: a stranger's token is not taken apart here and then, by `verify`, once more.
        """
        if (verified := self.known(token)) is not None:
            return verified
        if not isinstance(self._keys, OctKey) or len(token) > MAX_TOKEN_BYTES or not self._own.is_on(token):
            return None
        try:
            if (payload := self._own.payload_of(token)) is not None:
                return self._believed(token, payload, {"alg": "HS256"}, self._keys)
            return self._verified(token.decode(), *self._taken_apart(token.decode()), self._keys)
        except (InvalidToken, UnicodeDecodeError):  # expired, say: `verify` says why
            return None

    async def verify(self, token: str) -> VerifiedToken:
        """Whom the token speaks for, and until when (RFC 7519 §7.2, RFC 8725).

        Raises: InvalidToken; KeysUnavailable, when it could not be verified.
        """
        text = token.encode("ascii", "replace")  # what is not ASCII is no token, and so is not remembered
        if (remembered := self._remembered.find(text, self._now())) is not None:
            # Asked for each time: keys that are old are renewed, and one that the issuer withdrew carries no token.
            key = await self._key_for(remembered.key_id, remembered.algorithm)
            if key is remembered.key and remembered.is_valid_at(self._now()):
                return remembered.verified
        signed, header = self._taken_apart(token)
        return self._verified(token, signed, header, await self._key_for(header.get("kid"), header["alg"]))

    def _taken_apart(self, token: str) -> tuple[jws.CompactSignature, dict[str, Any]]:
        """The token and its header, which may be believed as far as it says how to verify it."""
        signed = _taken_apart(token, self._registry)
        return signed, _checked_header(signed.protected, self._settings.algorithms)

    def _verified(self, token: str, signed: jws.CompactSignature, header: dict[str, Any], key: Key) -> VerifiedToken:
        """Raises: InvalidToken."""
        self._check_signature(signed, key)
        verified = self._believed(token.encode(), signed.payload, header, key)
        if isinstance(key, OctKey):
            self._own.learn(token.encode(), header)
        return verified

    def _believed(self, token: bytes, payload: bytes, header: dict[str, Any], key: Key) -> VerifiedToken:
        """Whom a genuine token speaks for, if that may be now; it is remembered. Raises: InvalidToken."""
        claims = _claims(payload)
        _check_parties(claims, self._settings)
        begins_at, expires_at = _validity(claims, self._now(), self._settings.jwt_leeway_s)
        verified = VerifiedToken(_actor(claims, self._settings.jwt_role_claim), expires_at)
        self._remembered.keep(token, Remembered(verified, key, header.get("kid"), header["alg"], begins_at))
        return verified

    async def _key_for(self, key_id: str | None, algorithm: str) -> Key:
        """Ours, whatever key the header names or brings along (`jwk`, `jku`, `x5u`, `x5c`)."""
        if isinstance(self._keys, OctKey):
            return self._keys
        key = await self._keys.find(key_id, algorithm)
        if key is None:
            raise InvalidToken("The token's key is not one of the issuer's.")
        return key

    def _check_signature(self, signed: jws.CompactSignature, key: Key) -> None:
        try:
            is_genuine = jws.validate_compact(signed, key, registry=self._registry)
        except _HOSTILE:
            is_genuine = False
        if not is_genuine:
            raise InvalidToken("The token's signature is not valid.")


def _keys_of(settings: AuthSettings, monotonic: Callable[[], float]) -> OctKey | IssuerKeys:
    if settings.signing_key is not None:
        return OctKey.import_key(settings.signing_key)
    return IssuerKeys(
        str(settings.jwks_url),
        settings.algorithms,
        cache_s=settings.jwks_cache_s,
        timeout_s=settings.jwks_timeout_s,
        monotonic=monotonic,
    )


def _taken_apart(token: str, registry: jws.JWSRegistry) -> jws.CompactSignature:
    if len(token) > MAX_TOKEN_BYTES:
        raise InvalidToken("The token is too long.")
    try:
        return jws.extract_compact(token.encode("ascii"), registry=registry)
    except _HOSTILE:
        raise InvalidToken("The token is not a signed JWT.") from None


def _checked_header(header: object, algorithms: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(header, dict):
        raise InvalidToken("The token is not a signed JWT.")
    if header.get("alg") not in algorithms:
        raise InvalidToken("The token's algorithm is not allowed.")
    if "crit" in header:  # RFC 7515 §4.1.11: refuse what is critical and not understood, here all of it
        raise InvalidToken("The token has critical headers.")
    if "typ" in header and str(header["typ"]).lower() not in _TYPES:
        raise InvalidToken("The token is of another type.")
    return header


def _claims(payload: bytes) -> dict[str, Any]:
    try:
        claims = json.loads(payload.decode(), object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        claims = None
    if not isinstance(claims, dict):
        raise InvalidToken("The token's claims are not a JSON object with unique names.")
    return claims


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """RFC 7519 §4: of two claims with one name, different readers would believe different ones."""
    claims = dict(pairs)
    if len(claims) != len(pairs):
        raise ValueError("a name twice")
    return claims


def _check_parties(claims: dict[str, Any], settings: AuthSettings) -> None:
    if settings.jwt_issuer is not None and claims.get("iss") != settings.jwt_issuer:
        raise InvalidToken("The token is from another issuer.")
    audience = claims.get("aud")
    if settings.jwt_audience not in (audience if isinstance(audience, list) else [audience]):
        raise InvalidToken("The token is for another audience.")  # also if there is one and we have no name


def _validity(claims: dict[str, Any], now: float, leeway_s: int) -> tuple[float, float]:
    """From when on and until when the token is valid, as it is now, with the allowed difference of clocks."""
    expires, starts, issued = (_instant(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is None:
        raise InvalidToken("The token has no expiry.")
    if now >= expires + leeway_s:
        raise InvalidToken("The token has expired.")
    begins = max(starts or 0, issued or 0)
    if begins > now + leeway_s:
        raise InvalidToken("The token is not valid yet.")
    return begins - leeway_s, expires + leeway_s


def _instant(claims: dict[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 §2), in Unix seconds; bool, text, and numbers out of all reason are refused."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST_INSTANT:
        raise InvalidToken("The token has a date that is none.")
    return value


def _actor(claims: dict[str, Any], role_claim: str) -> Actor:
    subject, role = claims.get("sub"), claims.get(role_claim)
    if not is_subject(subject):
        raise InvalidToken(
            f"The token's subject is missing or not printable text of at most {LONGEST_SUBJECT} characters "
            "with no blank at an end."
        )
    if role not in tuple(Role):
        raise InvalidToken("The token's role is missing or unknown.")
    return Actor(subject, Role(role))
