"""What a start logs for its operator, configured or missing, and what it leaves to the end of its process."""

import gc
from collections.abc import Iterable, Iterator

import structlog

from db.urls import shown
from gateway.settings.model import Settings
from gateway.settings.sources.env_file import is_open_to_others

log = structlog.get_logger(__name__)

NOTHING_TO_SELL_WITH = (
    "No payment provider takes money: students cannot pay, and only an admin gives courses. Set"
    " GATEWAY_STRIPE_SECRET_KEY, or GATEWAY_RAZORPAY_KEY_ID and GATEWAY_RAZORPAY_KEY_SECRET."
)


GARBAGE_AT = 10_000
"""New objects from which on garbage is looked for among them: what a request or a turn makes goes without."""


def leave_to_the_end() -> None:
    """What is there by now stays for as long as the process: modules, the schema, the application. No search for
    garbage goes through it, now or later: a tenth of a start, for half a megabyte, and afterwards tens of milliseconds
    for which every request under way would wait. Processes forked from this one share it."""
    gc.freeze()
    gc.set_threshold(GARBAGE_AT, *gc.get_threshold()[1:])
    gc.enable()


def announce(settings: Settings, **more: object) -> None:
    """One line of what is in force, and never a secret."""
    file = {"settings_of": str(settings.env_file)} if settings.env_file else {}
    log.info("configured", **configured(settings), **file, **more)


def warn(settings: Settings) -> None:
    """Say, in production, what a platform that sells will miss.

    A gateway without a provider starts all the same: on some platforms admins alone give courses.
    """
    if settings.env == "production":
        for warning in warnings_of(settings):
            log.warning(warning)


def warn_of_file(settings: Settings) -> None:
    """Say it, where everybody on the machine may read or change the file that settings come from."""
    if settings.env_file is not None and is_open_to_others(settings.env_file):
        log.warning(f"{settings.env_file} may be read by everybody on this machine, secrets in it too: chmod 600")


def configured(settings: Settings) -> dict[str, object]:
    """What is in force, in a few words each."""
    offers = settings.offers
    return {
        "env": settings.env,
        "database": shown(settings.database_url),
        "providers": _listed(f"{name} ({offer.mode})" for name, offer in offers.items()),
        "default_provider": settings.default_in_force or "none",
        "webhooks": _listed(name for name, offer in offers.items() if offer.webhook_secrets),
        "subscribers": len(settings.event_subscribers) + bool(settings.course_service_url),
        "auth": f"keys of {settings.jwks_url.host}" if settings.jwks_url else "own secret",
        "jobs": settings.worker,
        "graphiql": settings.is_graphiql_on,
        "introspection": settings.is_schema_open,
    }


def warnings_of(settings: Settings) -> Iterator[str]:
    """What a platform that sells will miss, or should know."""
    offers = settings.offers
    if all(offer.mode == "no money" for offer in offers.values()):
        yield NOTHING_TO_SELL_WITH
    for offer in offers.values():
        if offer.mode == "no money":
            yield f"{offer.variable} is on: courses are given for no money."
        elif offer.mode == "test":
            yield f"{offer.variable} is a test mode key: courses are given for no money."
    for name, offer in offers.items():
        if offer.mode != "no money" and not offer.webhook_secrets:
            yield f"GATEWAY_{name}_WEBHOOK_SECRETS is not set: its events are refused, and payments settle late."


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"
