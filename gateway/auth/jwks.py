"""The issuer's public keys: fetched, held and renewed at a pace no stranger can set."""

import asyncio
import json
import time
import warnings
from collections.abc import Callable, Collection
from dataclasses import dataclass

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import JWKRegistry, Key
from joserfc.jws import JWSRegistry
from starlette.authentication import AuthenticationError

COOLDOWN_S = 10.0
"""Between the starts of two fetches. Anybody can send unknown key ids; a key just published waits this long."""
STALE_S = 86_400.0
"""How long keys outlive their last fetch. A day bridges an issuer's outage; without an end, whoever keeps the
issuer unreachable would keep a withdrawn key alive."""

log = structlog.get_logger(__name__)


class KeysUnavailable(AuthenticationError):
    """The issuer's keys could not be had, so the token was not verified: worth another try (503), not a 401."""


@dataclass(frozen=True, slots=True)
class _Held:
    kid: str | None
    fits: frozenset[str]
    key: Key


class IssuerKeys:
    """The key set at `url`, reduced to keys that verify one of `algorithms`. It belongs to one event loop.

    Keys older than `cache_s` are renewed before they are used again; while the issuer fails, the old ones serve.
    """

    def __init__(
        self,
        url: str,
        algorithms: Collection[str],
        *,
        cache_s: float,
        timeout_s: float,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        from gateway.auth.key_sets import KeySet  # and an HTTP client, which only those need who have an issuer

        self._algorithms, self._cache_s, self._monotonic = algorithms, cache_s, monotonic
        self._published = KeySet(url, timeout_s)
        self._keys: tuple[_Held, ...] = ()
        self._is_failing = False
        self._fetched_at = self._tried_at = float("-inf")
        self._renewal: asyncio.Task[None] | None = None

    async def find(self, kid: str | None, algorithm: str) -> Key | None:
        """The issuer's key of that id for that algorithm; without an id, its only one. None: there is no such key.

        Raises: KeysUnavailable.
        """
        key = self._held(kid, algorithm)
        if key is None or self._age() >= self._cache_s:
            # Known keys wait for a renewal too, or a withdrawn one would pass once more after a quiet night; but
            # not while the issuer fails, or its time-outs would stall every request.
            await self._renew(wait=key is None or not self._is_failing)
            key = self._held(kid, algorithm)
        if key is None and self._is_failing:
            raise KeysUnavailable("The issuer's keys are not available. Try again shortly.")
        return key

    def at_hand(self, kid: str | None, algorithm: str) -> Key | None:
        """The key that `find` would find without a fetch; None where it would try one first, or finds none."""
        return self._held(kid, algorithm) if self._age() < self._cache_s else None

    def _held(self, kid: str | None, algorithm: str) -> Key | None:
        if self._age() >= STALE_S:
            return None
        fitting = [held for held in self._keys if algorithm in held.fits]
        if kid is None:
            return fitting[0].key if len(fitting) == 1 else None
        return next((held.key for held in fitting if held.kid == kid), None)

    def _age(self) -> float:
        return self._monotonic() - self._fetched_at

    async def _renew(self, *, wait: bool) -> None:
        """Join the fetch under way, or start one if the last began long enough ago."""
        if self._renewal is None or self._renewal.done():
            if self._monotonic() - self._tried_at < COOLDOWN_S:
                return
            self._tried_at = self._monotonic()
            self._renewal = asyncio.create_task(self._fetch())
        if wait:  # shielded: one caller hanging up must not fail the others
            await asyncio.shield(self._renewal)

    async def _fetch(self) -> None:
        try:
            self._keys = _usable(await self._published.download(), self._algorithms)
        except Exception as error:  # noqa: BLE001 - whatever went wrong out there, the keys held stay in use
            self._is_failing = True
            log.warning("jwks_fetch_failed", error=type(error).__name__, keys_held=len(self._keys))
        else:
            self._is_failing = False
            self._fetched_at = self._tried_at


def _usable(body: bytes, algorithms: Collection[str]) -> tuple[_Held, ...]:
    """The keys that can verify one of `algorithms`; the others are passed over (RFC 7517 §5).

    Raises: anything at all for a body that is no key set; ValueError for one without a usable key.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", SecurityWarning)  # a key joserfc warns of, such as a short one, is no key
        keys = tuple(held for entry in json.loads(body)["keys"] if (held := _imported(entry, algorithms)))
    if not keys:
        raise ValueError("the key set has no usable key")
    return keys


def _imported(entry: object, algorithms: Collection[str]) -> _Held | None:
    if not isinstance(entry, dict) or entry.get("kty") not in ("RSA", "EC") or "d" in entry:
        return None  # "d": a private key on show is everybody's
    try:
        key = JWKRegistry.import_key(entry)
        fits = frozenset(alg.name for alg in JWSRegistry.filter_algorithms(key, list(algorithms)))
    except (JoseError, SecurityWarning, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return None
    return _Held(key.kid, fits, key) if fits else None
