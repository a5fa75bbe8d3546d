"""What the operator decides: the GATEWAY_* environment, read once and frozen."""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from gateway.services.core.values import Provider

PREFIX = "GATEWAY_"
DEVELOPMENT_SECRET = "known-to-everybody-and-refused-outside-development"  # noqa: S105 - public on purpose
MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: a key for HS256 is at least as long as the hash it feeds

_KEY_FILE_MARKS = (b"-----BEGIN", b"---- BEGIN", b"ssh-rsa ", b"ssh-dss ", b"ssh-ed25519 ", b"ecdsa-sha2-")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_KUBERNETES = re.compile(r"\w+_(SERVICE_(HOST|PORT(_\w+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)")

Algorithm = Literal["HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


def _comma_separated(value: object) -> object:
    return tuple(filter(None, map(str.strip, value.split(",")))) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]


class SettingsError(Exception):
    """The gateway cannot start as configured. One sentence a problem, and never the value of a secret."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(BaseSettings):
    """All that an operator sets. A field holds what was said; a property, what is in force because of it."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid", hide_input_in_errors=True)

    env: Literal["development", "production"] = Field(
        default="development", description="`production` refuses what is only safe on a developer's machine."
    )
    database_url: str = Field(default="sqlite:///gateway.db", description="SQLAlchemy URL: `sqlite` or `postgresql`.")
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
    jwt_algorithms: Annotated[tuple[Algorithm, ...], BeforeValidator(_comma_separated)] = Field(
        default=(),
        description="Signature algorithms allowed, comma-separated. Unset: `HS256` with a secret,"
        " `RS256,ES256` with `GATEWAY_JWKS_URL`. The two kinds never mix.",
    )
    jwt_leeway_s: int = Field(default=30, ge=0, le=300, description="Seconds of clock difference forgiven.")
    jwt_role_claim: str = Field(default="role", description="The claim with `STUDENT`, `ADMIN` or `SERVICE`.")
    jwks_cache_s: int = Field(default=300, ge=10, le=86_400, description="Seconds until keys are fetched again.")
    jwks_timeout_s: float = Field(default=3.0, gt=0, le=30, description="Seconds a fetch of keys may take in all.")
    sandbox: bool | None = Field(
        default=None,
        description="Whether the sandbox provider, which takes no money, is offered."
        " Unset: on in development, off in production.",
    )
    default_provider: Provider | None = Field(
        default=None, description="The provider where a caller names none: `STRIPE`, `RAZORPAY` or `SANDBOX`."
    )
    graphiql: bool = Field(default=True, description="Whether a browser at `/graphql` gets the GraphiQL page.")
    writer_queue: int = Field(
        default=4096, ge=1, le=1_000_000, description="Commands that may wait to be written; beyond: `BUSY`."
    )
    writer_batch: int = Field(default=512, ge=1, le=10_000, description="Commands committed at once, at most.")
    log_level: LogLevel = Field(default="info", description="Least severe: `debug`, `info`, `warning` or `error`.")

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
    def is_sandbox_on(self) -> bool:
        """In production only by an explicit word: the sandbox gives courses away."""
        return self.env == "development" if self.sandbox is None else self.sandbox

    @property
    def is_secret_public(self) -> bool:
        """Anybody can make an ADMIN token for this gateway, so it belongs on loopback."""
        return self.signing_key == DEVELOPMENT_SECRET.encode()

    @pydantic.model_validator(mode="after")
    def _hang_together(self) -> Self:
        problems = [*_database_problems(self), *_trust_problems(self), *_provider_problems(self)]
        if problems:
            raise PydanticCustomError("settings", "{problems}", {"problems": "\n".join(problems)})
        return self

    @pydantic.field_serializer("database_url")
    def _dump_database_url(self, url: str) -> str:
        return _masked(url)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, _masked(value) if name == "database_url" else value

    @classmethod
    def settings_customise_sources(cls, *_: Any, **sources: Any) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: `Settings(…)` means what it says; `load_settings` reads the environment."""
        return (sources["init_settings"],)


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in `environ` (None: the process's). An empty variable counts as unset.

    Raises: SettingsError, naming every problem found.
    """
    given = {name: value for name, value in (os.environ if environ is None else environ).items() if value}
    settings, problems = None, list(_unknown_names(given))
    try:
        settings = Settings.model_validate({f: given[name] for f, name in _names().items() if name in given})
    except ValidationError as error:
        problems += _sentences(error)
    if settings is None or problems:  # raised out here, where pydantic's error and its input are no context
        raise SettingsError(*problems)
    return settings


def describe() -> list[tuple[str, str, str]]:
    """Each setting as (variable, default, meaning), in order: the README's table is made of it."""
    fields = Settings.model_fields
    return [(name, _shown(fields[f].default), fields[f].description or "") for f, name in _names().items()]


def _names() -> dict[str, str]:
    return {field: PREFIX + field.upper() for field in Settings.model_fields}


def _shown(default: object) -> str:
    return str(default).lower() if isinstance(default, bool) else str(default or "")


def _unknown_names(given: Mapping[str, str]) -> Iterator[str]:
    known = {name.removeprefix(PREFIX): name for name in _names().values()}
    for name, value in given.items():
        prefix, rest = name[: len(PREFIX)].upper(), name[len(PREFIX) :].upper()
        if prefix != PREFIX or name in known.values() or _is_from_kubernetes(name, value):
            continue
        near = get_close_matches(rest, known, n=1)
        yield f"{name} is not a setting" + (f": did you mean {known[near[0]]}?" if near else ".")


def _is_from_kubernetes(name: str, value: str) -> bool:
    """Whether the variable is what every pod gets for a Service called `gateway…`, so nobody's typo.

    Of GATEWAY_PORT=8080 and GATEWAY_PORT=tcp://10.0.0.1:80, the second.
    """
    return bool(_KUBERNETES.fullmatch(name)) and ("://" in value or not name.endswith(f"{PREFIX}PORT"))


def _sentences(error: ValidationError) -> Iterator[str]:
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        if problem["loc"]:
            yield f"{PREFIX}{str(problem['loc'][0]).upper()}: {problem['msg']}."
        else:
            yield from problem["msg"].splitlines()


def _database_problems(settings: Settings) -> Iterator[str]:
    url = _parsed(settings.database_url)
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        yield "GATEWAY_DATABASE_URL must read sqlite:///file or postgresql://user:password@host/name."


def _trust_problems(settings: Settings) -> Iterator[str]:
    if settings.jwks_url and settings.jwt_secret:
        yield "GATEWAY_JWT_SECRET and GATEWAY_JWKS_URL are both set: with two, the weaker names the admins."
    elif settings.jwks_url:
        yield from _issuer_problems(settings, settings.jwks_url)
    else:
        yield from _secret_problems(settings)
    if any(name.startswith("HS") is bool(settings.jwks_url) for name in settings.algorithms):
        yield "GATEWAY_JWT_ALGORITHMS: HS256 goes with a secret, the others with GATEWAY_JWKS_URL."


def _issuer_problems(settings: Settings, url: AnyHttpUrl) -> Iterator[str]:
    if url.username or url.password:
        yield "GATEWAY_JWKS_URL must hold no user name or password: the keys are public."
    if settings.env == "development":
        return
    if url.scheme != "https" and url.host not in _LOOPBACK:
        yield "GATEWAY_JWKS_URL must be https: whoever swaps the keys on the way is an admin."
    for name in ("jwt_issuer", "jwt_audience"):
        if getattr(settings, name) is None:
            yield f"{PREFIX}{name.upper()} is required with GATEWAY_JWKS_URL outside development."


def _secret_problems(settings: Settings) -> Iterator[str]:
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


def _provider_problems(settings: Settings) -> Iterator[str]:
    if settings.default_provider is Provider.SANDBOX and not settings.is_sandbox_on:
        yield "GATEWAY_DEFAULT_PROVIDER is SANDBOX, but the sandbox is off."


def _masked(database_url: str) -> str:
    """The URL without its password, and without its query, which may hold another."""
    url = _parsed(database_url)
    return url.set(query={}).render_as_string(hide_password=True) if url else "***"


def _parsed(database_url: str) -> URL | None:
    try:
        return make_url(database_url)
    except (ArgumentError, ValueError):
        return None
