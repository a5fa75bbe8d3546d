"""Who takes the money: the keys of each payment provider, and which one a caller gets that names none."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, BeforeValidator, Field, SecretStr

from gateway.services.core.model.values import Provider
from gateway.settings.group import Group, is_protected
from gateway.settings.parsing import comma_separated

_STRIPE_KEY = re.compile(r"(sk|rk)_[A-Za-z0-9_]+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Offer:
    """A provider that is set up: what turned it on, whose money it takes, and how its webhooks prove themselves."""

    variable: str
    mode: Literal["live", "test", "no money"]
    webhook_secrets: tuple[SecretStr, ...] = ()


class ProviderSettings(Group):
    """What each payment provider needs; one whose keys are set is offered."""

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

    @property
    def is_sandbox_on(self) -> bool:
        """In production only where it is set: the sandbox gives courses away."""
        return self.env == "development" if self.sandbox is None else self.sandbox

    @property
    def offers(self) -> dict[Provider, Offer]:
        """Each provider that is set up; those that take money first."""
        found: dict[Provider, Offer] = {}
        if key := self.stripe_secret_key:
            mode: Literal["test", "live"] = "test" if "_test_" in key.get_secret_value() else "live"
            found[Provider.STRIPE] = Offer("GATEWAY_STRIPE_SECRET_KEY", mode, self.stripe_webhook_secrets)
        if self.razorpay_key_id and self.razorpay_key_secret:
            mode = "test" if self.razorpay_key_id.startswith("rzp_test_") else "live"
            found[Provider.RAZORPAY] = Offer("GATEWAY_RAZORPAY_KEY_ID", mode, self.razorpay_webhook_secrets)
        if self.is_sandbox_on:
            found[Provider.SANDBOX] = Offer("GATEWAY_SANDBOX", "no money")
        return found

    @property
    def default_in_force(self) -> Provider | None:
        """The provider where a caller names none; None where no provider is set up."""
        return self.default_provider or next(iter(self.offers), None)

    def problems(self) -> Iterator[str]:
        if self.default_provider is Provider.SANDBOX and not self.is_sandbox_on:
            yield "GATEWAY_DEFAULT_PROVIDER is SANDBOX, but the sandbox is off."
        yield from self._stripe_problems()
        yield from self._razorpay_problems()

    def _stripe_problems(self) -> Iterator[str]:
        key, base = self.stripe_secret_key, self.stripe_api_base
        if key is None:
            if self.default_provider is Provider.STRIPE:
                yield "GATEWAY_DEFAULT_PROVIDER is STRIPE, but GATEWAY_STRIPE_SECRET_KEY is not set."
            if self.stripe_webhook_secrets:
                yield "GATEWAY_STRIPE_WEBHOOK_SECRETS is set, but GATEWAY_STRIPE_SECRET_KEY is not."
        elif not _STRIPE_KEY.fullmatch(key.get_secret_value()):
            yield "GATEWAY_STRIPE_SECRET_KEY must be a secret or restricted key: sk_… or rk_…."
        if base and self.env == "production" and not is_protected(base):
            yield "GATEWAY_STRIPE_API_BASE must be https: the key goes with every request."

    def _razorpay_problems(self) -> Iterator[str]:
        is_offered = self.razorpay_key_id is not None and self.razorpay_key_secret is not None
        if not is_offered:
            if self.razorpay_key_id or self.razorpay_key_secret:
                yield "GATEWAY_RAZORPAY_KEY_ID and GATEWAY_RAZORPAY_KEY_SECRET go together: one of them is not set."
            if self.default_provider is Provider.RAZORPAY:
                yield "GATEWAY_DEFAULT_PROVIDER is RAZORPAY, but GATEWAY_RAZORPAY_KEY_ID and its secret are not set."
            if self.razorpay_webhook_secrets:
                yield "GATEWAY_RAZORPAY_WEBHOOK_SECRETS is set, but GATEWAY_RAZORPAY_KEY_ID and its secret are not."
        if self.env == "production" and not is_protected(self.razorpay_api_base):
            yield "GATEWAY_RAZORPAY_API_BASE must be https: the key goes with every request."
