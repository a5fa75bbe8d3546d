"""Whose tokens are believed: a shared secret's, or those of an issuer that publishes its keys."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr

from gateway.settings.group import Group, is_protected
from gateway.settings.parsing import PREFIX, comma_separated

DEVELOPMENT_SECRET = "known-to-everybody-and-refused-outside-development"  # noqa: S105 - public on purpose
MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: a key for HS256 is at least as long as the hash it feeds
_KEY_FILE_MARKS = (b"-----BEGIN", b"---- BEGIN", b"ssh-rsa ", b"ssh-dss ", b"ssh-ed25519 ", b"ecdsa-sha2-")

Algorithm = Literal["HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


class AuthSettings(Group):
    """How a bearer token is judged."""

    jwt_secret: SecretStr | None = Field(
        default=None,
        description="Secret of HS256 tokens, in production at least 32 bytes; not with `GATEWAY_JWKS_URL`."
        " Without either, development uses a secret known to everybody.",
    )
    jwks_url: AnyHttpUrl | None = Field(
        default=None, description="The issuer's public keys (RFC 7517); in production https, except on loopback."
    )
    jwt_issuer: str | None = Field(
        default=None, description="The `iss` of every token. In production required with `GATEWAY_JWKS_URL`."
    )
    jwt_audience: str | None = Field(
        default=None,
        description="The `aud` of every token. In production required with `GATEWAY_JWKS_URL`."
        " Unset: a token made for any audience is refused (RFC 7519 §4.1.3).",
    )
    jwt_algorithms: Annotated[tuple[Algorithm, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Signature algorithms allowed, comma-separated. Unset: `HS256` with a secret,"
        " `RS256,ES256` with `GATEWAY_JWKS_URL`. The two kinds never mix.",
    )
    jwt_leeway_s: int = Field(default=30, ge=0, le=300, description="Seconds of clock difference forgiven.")
    jwt_role_claim: str = Field(default="role", description="The claim with `STUDENT`, `ADMIN` or `SERVICE`.")
    jwks_cache_s: int = Field(default=300, ge=10, le=86_400, description="Seconds until keys are fetched again.")
    jwks_timeout_s: float = Field(default=3.0, gt=0, le=30, description="Seconds a fetch of keys may take in all.")

    @property
    def signing_key(self) -> bytes | None:
        """The HS256 key in force, as bytes; None where tokens come from the issuer behind `jwks_url`."""
        secret = self.jwt_secret.get_secret_value() if self.jwt_secret else DEVELOPMENT_SECRET
        return None if self.jwks_url else secret.encode(errors="surrogateescape")

    @property
    def algorithms(self) -> tuple[str, ...]:
        """The allow-list in force; one kind only, or a public key would pass for a secret (RFC 8725 §2.1)."""
        return self.jwt_algorithms or (("RS256", "ES256") if self.jwks_url else ("HS256",))

    @property
    def is_secret_public(self) -> bool:
        """Anybody can make an ADMIN token for this gateway, so it belongs on loopback."""
        return self.signing_key == DEVELOPMENT_SECRET.encode()

    def problems(self) -> Iterator[str]:
        if self.jwks_url and self.jwt_secret:
            yield "GATEWAY_JWT_SECRET and GATEWAY_JWKS_URL are both set: choose one, since either could name an admin."
        elif self.jwks_url:
            yield from self._issuer_problems(self.jwks_url)
        else:
            yield from self._secret_problems()
        if any(name.startswith("HS") is bool(self.jwks_url) for name in self.algorithms):
            yield "GATEWAY_JWT_ALGORITHMS: HS256 goes with a secret, the others with GATEWAY_JWKS_URL."

    def _issuer_problems(self, url: AnyHttpUrl) -> Iterator[str]:
        if url.username or url.password:
            yield "GATEWAY_JWKS_URL must hold no user name or password: the keys are public."
        if self.env == "development":
            return
        if not is_protected(url):
            yield "GATEWAY_JWKS_URL must be https: whoever swaps the keys on the way is an admin."
        for name in ("jwt_issuer", "jwt_audience"):
            if getattr(self, name) is None:
                yield f"{PREFIX}{name.upper()} is required with GATEWAY_JWKS_URL outside development."

    def _secret_problems(self) -> Iterator[str]:
        key = self.signing_key or b""
        if any(mark in key for mark in _KEY_FILE_MARKS):
            yield "GATEWAY_JWT_SECRET holds a key file, which may be public: use `openssl rand -base64 48`."
        if self.env == "development":
            return
        if self.jwt_secret is None:
            yield "GATEWAY_JWT_SECRET or GATEWAY_JWKS_URL is required outside development."
        elif self.is_secret_public:
            yield "GATEWAY_JWT_SECRET is the development secret, which everybody knows."
        elif len(key) < MIN_SECRET_BYTES:
            yield f"GATEWAY_JWT_SECRET is under {MIN_SECRET_BYTES} bytes: use `openssl rand -base64 48`."
