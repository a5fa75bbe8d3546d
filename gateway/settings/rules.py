"""Which settings do not go together, or are not safe outside development."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import AnyHttpUrl

from db.urls import backend_of
from gateway.services.core.model.values import Provider
from gateway.services.core.rules.schedule.zones import is_time_zone
from gateway.settings.parsing import LOOPBACK, PREFIX

if TYPE_CHECKING:
    from gateway.settings.model import Settings

DEVELOPMENT_SECRET = "known-to-everybody-and-refused-outside-development"  # noqa: S105 - public on purpose
MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: a key for HS256 is at least as long as the hash it feeds
_KEY_FILE_MARKS = (b"-----BEGIN", b"---- BEGIN", b"ssh-rsa ", b"ssh-dss ", b"ssh-ed25519 ", b"ecdsa-sha2-")
_STRIPE_KEY = re.compile(r"(sk|rk)_[A-Za-z0-9_]+", re.ASCII)


def problems_of(settings: "Settings") -> Iterator[str]:
    """One sentence for each thing that is wrong; never the value of a secret."""
    yield from _database_problems(settings)
    yield from _trust_problems(settings)
    yield from _demo_problems(settings)
    yield from _provider_problems(settings)
    yield from _time_zone_problems(settings)
    yield from _stripe_problems(settings)
    yield from _razorpay_problems(settings)


def _database_problems(settings: "Settings") -> Iterator[str]:
    try:
        backend_of(settings.database_url)
    except ValueError:
        yield "GATEWAY_DATABASE_URL must read sqlite:///file or postgresql://user:password@host/name."


def _trust_problems(settings: "Settings") -> Iterator[str]:
    if settings.jwks_url and settings.jwt_secret:
        yield "GATEWAY_JWT_SECRET and GATEWAY_JWKS_URL are both set: with two, the weaker names the admins."
    elif settings.jwks_url:
        yield from _issuer_problems(settings, settings.jwks_url)
    else:
        yield from _secret_problems(settings)
    if any(name.startswith("HS") is bool(settings.jwks_url) for name in settings.algorithms):
        yield "GATEWAY_JWT_ALGORITHMS: HS256 goes with a secret, the others with GATEWAY_JWKS_URL."


def _issuer_problems(settings: "Settings", url: AnyHttpUrl) -> Iterator[str]:
    if url.username or url.password:
        yield "GATEWAY_JWKS_URL must hold no user name or password: the keys are public."
    if settings.env == "development":
        return
    if url.scheme != "https" and url.host not in LOOPBACK:
        yield "GATEWAY_JWKS_URL must be https: whoever swaps the keys on the way is an admin."
    for name in ("jwt_issuer", "jwt_audience"):
        if getattr(settings, name) is None:
            yield f"{PREFIX}{name.upper()} is required with GATEWAY_JWKS_URL outside development."


def _secret_problems(settings: "Settings") -> Iterator[str]:
    key = settings.signing_key or b""
    if any(mark in key for mark in _KEY_FILE_MARKS):
        yield "GATEWAY_JWT_SECRET holds a key file, which may be public: use `openssl rand -base64 48`."
    if settings.env == "development":
        return
    if settings.jwt_secret is None:
        yield "GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL is required outside development."
    elif settings.is_secret_public:
        yield "GATEWAY_JWT_SECRET is the development secret, which everybody knows."
    elif len(key) < MIN_SECRET_BYTES:
        yield f"GATEWAY_JWT_SECRET is under {MIN_SECRET_BYTES} bytes: use `openssl rand -base64 48`."


def _demo_problems(settings: "Settings") -> Iterator[str]:
    if settings.demo and settings.env != "development":
        yield "GATEWAY_DEMO is for development: its page makes everybody a student."


def _provider_problems(settings: "Settings") -> Iterator[str]:
    if settings.default_provider is Provider.SANDBOX and not settings.is_sandbox_on:
        yield "GATEWAY_DEFAULT_PROVIDER is SANDBOX, but the sandbox is off."


def _stripe_problems(settings: "Settings") -> Iterator[str]:
    key, base = settings.stripe_secret_key, settings.stripe_api_base
    if key is None:
        if settings.default_provider is Provider.STRIPE:
            yield "GATEWAY_DEFAULT_PROVIDER is STRIPE, but GATEWAY_STRIPE_SECRET_KEY is not set."
        if settings.stripe_webhook_secrets:
            yield "GATEWAY_STRIPE_WEBHOOK_SECRETS is set, but GATEWAY_STRIPE_SECRET_KEY is not."
    elif not _STRIPE_KEY.fullmatch(key.get_secret_value()):
        yield "GATEWAY_STRIPE_SECRET_KEY must be a secret or restricted key: sk_… or rk_…."
    if base and settings.env == "production" and base.scheme != "https" and base.host not in LOOPBACK:
        yield "GATEWAY_STRIPE_API_BASE must be https: the key goes with every request."


def _razorpay_problems(settings: "Settings") -> Iterator[str]:
    is_offered = settings.razorpay_key_id is not None and settings.razorpay_key_secret is not None
    if not is_offered:
        if settings.razorpay_key_id or settings.razorpay_key_secret:
            yield "GATEWAY_RAZORPAY_KEY_ID and GATEWAY_RAZORPAY_KEY_SECRET go together: one of them is not set."
        if settings.default_provider is Provider.RAZORPAY:
            yield "GATEWAY_DEFAULT_PROVIDER is RAZORPAY, but GATEWAY_RAZORPAY_KEY_ID and its secret are not set."
        if settings.razorpay_webhook_secrets:
            yield "GATEWAY_RAZORPAY_WEBHOOK_SECRETS is set, but GATEWAY_RAZORPAY_KEY_ID and its secret are not."
    base = settings.razorpay_api_base
    if settings.env == "production" and base.scheme != "https" and base.host not in LOOPBACK:
        yield "GATEWAY_RAZORPAY_API_BASE must be https: the key goes with every request."


def _time_zone_problems(settings: "Settings") -> Iterator[str]:
    if not is_time_zone(settings.default_time_zone):
        yield "GATEWAY_DEFAULT_TIME_ZONE must be an IANA time zone, such as Asia/Kolkata."
