"""Whether the console is shown, and where its people log in."""

from collections.abc import Iterator
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AnyHttpUrl, BeforeValidator, Field

from gateway.settings.group import Group, is_protected
from gateway.settings.parsing import Origin, comma_separated


class ConsoleSettings(Group):
    """The page at `/console/`, which asks the API with the token of whoever uses it."""

    console: bool | None = Field(
        default=None,
        description="Whether `/console/` is the console for support and finance. Unset: on in development, off in"
        " production.",
    )
    console_oidc_issuer: str | None = Field(
        default=None,
        description="The issuer that people log in with, by OpenID Connect: the one behind `GATEWAY_JWKS_URL`. Unset:"
        " they paste a token.",
    )
    console_oidc_client_id: str | None = Field(
        default=None,
        description="The console's client id with that issuer: a public client, by authorization code with PKCE and"
        " without a secret.",
    )
    console_oidc_scopes: str = Field(
        default="openid", description="The scopes that the console asks for, separated by blanks; `openid` among them."
    )
    console_oidc_resource: str | None = Field(
        default=None,
        description="Whom the access token is to be for, where the issuer has to be told: sent as `resource` (RFC 8707)"
        " and as `audience`.",
    )
    console_oidc_origins: Annotated[tuple[Origin, ...], BeforeValidator(comma_separated)] = Field(
        default=(),
        description="Origins of the issuer's endpoints, comma-separated, where they are not the issuer's own: the page"
        " may connect to no other.",
    )

    @property
    def is_console_on(self) -> bool:
        """In production only where it is set: its operator chose to have one."""
        return self.env == "development" if self.console is None else self.console

    @property
    def console_connects_to(self) -> tuple[str, ...]:
        """The origins, beside our own, that the page asks for tokens."""
        issuer = self.console_oidc_issuer
        return tuple(dict.fromkeys((_origin(issuer), *self.console_oidc_origins))) if issuer else ()

    def problems(self) -> Iterator[str]:
        if (self.console_oidc_issuer is None) is not (self.console_oidc_client_id is None):
            yield "GATEWAY_CONSOLE_OIDC_ISSUER and GATEWAY_CONSOLE_OIDC_CLIENT_ID go together: set both, or neither."
        if "openid" not in self.console_oidc_scopes.split():
            yield "GATEWAY_CONSOLE_OIDC_SCOPES must have openid among them."
        if self.console_oidc_issuer is not None:
            yield from _login_problems(self.console_oidc_issuer, is_production=self.env != "development")


def _login_problems(issuer: str, *, is_production: bool) -> Iterator[str]:
    try:
        url = AnyHttpUrl(issuer)
    except ValueError:
        yield "GATEWAY_CONSOLE_OIDC_ISSUER must be an http(s) address, with its discovery document under it."
        return
    if url.query or url.fragment or url.username or url.password:
        yield "GATEWAY_CONSOLE_OIDC_ISSUER must have no query, fragment, user name or password."
    if is_production and not is_protected(url):
        yield "GATEWAY_CONSOLE_OIDC_ISSUER must be https: whoever answers in its place logs in as an admin."


def _origin(issuer: str) -> str:
    """Scheme, host and port, as browsers compare them."""
    parts = urlsplit(str(AnyHttpUrl(issuer)))  # which leaves out a port that goes without saying
    return f"{parts.scheme}://{parts.netloc}"
