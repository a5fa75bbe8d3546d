"""What a start says to its operator: one line of what is configured, and a warning of what will be missed."""

from collections.abc import Iterator

import structlog

from db.urls import shown
from gateway.services.core.model.values import Provider
from gateway.settings.model import Settings

log = structlog.get_logger(__name__)

NOTHING_TO_SELL_WITH = (
    "No payment provider takes money: students cannot pay, and only an admin gives courses. Set"
    " GATEWAY_STRIPE_SECRET_KEY, or GATEWAY_RAZORPAY_KEY_ID and GATEWAY_RAZORPAY_KEY_SECRET."
)


def announce(settings: Settings, **more: object) -> None:
    """One line of what is in force, and never a secret."""
    log.info("configured", **configured(settings), **more)


def warn(settings: Settings) -> None:
    """Say, in production, what a platform that sells will miss.

    A gateway without a provider starts all the same: on some platforms admins alone give courses.
    """
    if settings.env == "production":
        for warning in _warnings(settings):
            log.warning(warning)


def configured(settings: Settings) -> dict[str, object]:
    """What is in force, in a few words each."""
    providers = modes(settings)
    default = settings.default_provider or next(iter(providers), None)
    return {
        "env": settings.env,
        "database": shown(settings.database_url),
        "providers": _listed(f"{name} ({mode})" for name, mode in providers.items()),
        "default_provider": default or "none",
        "webhooks": _listed(_heard(settings)),
        "subscribers": len(settings.event_subscribers) + bool(settings.course_service_url),
        "auth": f"keys of {settings.jwks_url.host}" if settings.jwks_url else "own secret",
        "jobs": settings.worker,
        "graphiql": settings.is_graphiql_on,
        "introspection": settings.is_schema_open,
    }


def modes(settings: Settings) -> dict[Provider, str]:
    """Whose money each provider that is offered takes, the default one first where none is named."""
    found: dict[Provider, str] = {}
    if settings.stripe_secret_key:
        found[Provider.STRIPE] = "test" if "_test_" in settings.stripe_secret_key.get_secret_value() else "live"
    if settings.razorpay_key_id and settings.razorpay_key_secret:
        found[Provider.RAZORPAY] = "test" if settings.razorpay_key_id.startswith("rzp_test_") else "live"
    if settings.is_sandbox_on:
        found[Provider.SANDBOX] = "no money"
    return found


def _warnings(settings: Settings) -> Iterator[str]:
    providers = modes(settings)
    if not providers.keys() - {Provider.SANDBOX}:
        yield NOTHING_TO_SELL_WITH
    if Provider.SANDBOX in providers:
        yield "GATEWAY_SANDBOX is on: courses are given for no money."
    if providers.get(Provider.STRIPE) == "test":
        yield "GATEWAY_STRIPE_SECRET_KEY is a test mode key: courses are given for no money."
    if providers.get(Provider.RAZORPAY) == "test":
        yield "GATEWAY_RAZORPAY_KEY_ID is a test mode key: courses are given for no money."
    for name in (Provider.STRIPE, Provider.RAZORPAY):
        if name in providers and name not in _heard(settings):
            yield f"GATEWAY_{name}_WEBHOOK_SECRETS is not set: its events are refused, and payments settle late."


def _heard(settings: Settings) -> list[Provider]:
    """The providers whose webhooks are taken."""
    secrets = {
        Provider.STRIPE: settings.stripe_webhook_secrets,
        Provider.RAZORPAY: settings.razorpay_webhook_secrets,
    }
    return [name for name in modes(settings) if secrets.get(name)]


def _listed(names: Iterator[str] | list[Provider]) -> str:
    return ", ".join(names) or "none"
