"""What the operator decides: the GATEWAY_* environment, read once and frozen."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import AnyHttpUrl, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from db.urls import shown
from gateway.services.core.legacy.body import PLATFORM_TIME_ZONE
from gateway.services.core.model.values import Provider
from gateway.settings.events import SubscriberConfig, read_entry, subscriber_problems
from gateway.settings.limits import Limits
from gateway.settings.parsing import comma_separated
from gateway.settings.rules import DEVELOPMENT_SECRET, problems_of

Algorithm = Literal["HS256", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]


class SettingsError(Exception):
    """The gateway cannot start as configured. One sentence a problem, and never the value of a secret."""

    def __init__(self, *problems: str) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class Settings(Limits):
    """All that an operator sets. A field holds what was said; a property, what is in force because of it."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    env: Literal["development", "production"] = Field(
        default="development", description="`production` refuses what is only safe on a developer's machine."
    )
    database_url: str = Field(default="sqlite:///gateway.db", description="SQLAlchemy URL: `sqlite` or `postgresql`.")
    installation: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = Field(
        default=None,
        description="The mark of this gateway's intents at a provider; another mark's are never touched. Set it for a"
        " copy of a database, as staging's of production's. Unset: the database's own id.",
    )
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
    sandbox: bool | None = Field(
        default=None,
        description="Whether the sandbox provider, which takes no money, is offered."
        " Unset: on in development, off in production.",
    )
    default_provider: Provider | None = Field(
        default=None, description="The provider where a caller names none: `STRIPE`, `RAZORPAY` or `SANDBOX`."
    )
    stripe_secret_key: SecretStr | None = Field(
        default=None, description="Stripe's secret or restricted key, `sk_…` or `rk_…`. Set: Stripe is offered."
    )
    stripe_api_base: AnyHttpUrl | None = Field(
        default=None, description="Where Stripe's API is, if not at Stripe; in production https, except on loopback."
    )
    stripe_webhook_secrets: Annotated[tuple[SecretStr, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Signing secrets of Stripe's webhook endpoint, `whsec_…`, comma-separated: two while one replaces"
        " the other.",
    )
    razorpay_key_id: str | None = Field(
        default=None, description="Razorpay's key id, `rzp_…`, which browsers see. Set with its secret: it is offered."
    )
    razorpay_key_secret: SecretStr | None = Field(default=None, description="The secret of that key.")
    razorpay_api_base: AnyHttpUrl = Field(
        default=AnyHttpUrl("https://api.razorpay.com"),
        description="Where Razorpay's API is; in production https, except on loopback.",
    )
    razorpay_webhook_secrets: Annotated[tuple[SecretStr, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Secrets of Razorpay's webhook, comma-separated: two while one replaces the other.",
    )
    event_subscribers: Annotated[tuple[SecretStr, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Who is told of events, comma-separated: each a URL, a blank, and the secret that deliveries are"
        " signed with (Standard Webhooks), `https://host/path whsec_…`; two secrets while one replaces the other."
        " In production https, except on loopback. Lists of jobs show host and path, never the query.",
    )
    event_source: str = Field(
        default="gateway", description="The `source` of every event (CloudEvents): a URI-reference."
    )
    course_service_url: AnyHttpUrl | None = Field(
        default=None,
        description="Where the old course service is: it is told of each purchase by `POST /api/v1/purchases`;"
        " in production https where it has a token, except on loopback.",
    )
    course_service_token: SecretStr | None = Field(
        default=None, description="The bearer token that the course service asks for, if it does."
    )
    default_time_zone: str = Field(
        default=PLATFORM_TIME_ZONE, description="Where a slot's clock hangs that names no IANA time zone, on REST."
    )
    worker: bool = Field(
        default=True, description="Whether `serve` runs jobs as well. Off where `gateway worker` runs them alone."
    )
    graphiql: bool | None = Field(
        default=None,
        description="Whether a browser at `/graphql` gets the GraphiQL page, which without introspection has no docs."
        " Unset: on in development, off in production.",
    )
    demo: bool = Field(
        default=False,
        description="Whether `/demo/` is the checkout example, for whoever comes a student. In development alone;"
        " `serve --demo` turns it on.",
    )
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
    def is_graphiql_on(self) -> bool:
        """In production only by an explicit word: an API's doors are for programs."""
        return self.env == "development" if self.graphiql is None else self.graphiql

    @property
    def is_schema_open(self) -> bool:
        """Whether strangers may ask for the schema, whole or name by name."""
        return self.env == "development" if self.introspection is None else self.introspection

    @property
    def takes_get(self) -> bool:
        """Whether a query may stand in a URL."""
        return self.env == "development" if self.get_queries is None else self.get_queries

    @property
    def subscribers(self) -> tuple[SubscriberConfig, ...]:
        """Who is told of events: each one's address, and the secrets that its deliveries are signed with."""
        return tuple(map(read_entry, self.event_subscribers))

    @property
    def is_secret_public(self) -> bool:
        """Anybody can make an ADMIN token for this gateway, so it belongs on loopback."""
        return self.signing_key == DEVELOPMENT_SECRET.encode()

    @pydantic.model_validator(mode="after")
    def _hang_together(self) -> Self:
        if problems := [*problems_of(self), *subscriber_problems(self)]:
            raise PydanticCustomError("settings", "{problems}", {"problems": "\n".join(problems)})
        return self

    @pydantic.field_serializer("database_url")
    def _dump_database_url(self, url: str) -> str:
        return shown(url)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, shown(value) if name == "database_url" else value
