"""All checks, in the order in which one needs the other, and their words: a line each, or JSON."""

import json
from collections.abc import Iterable, Iterator, Sequence

from gateway.cli.upkeep import database, files
from gateway.cli.upkeep.findings import Finding, Verdict, fault, ok, warning
from gateway.http.telemetry import configure_logging
from gateway.settings.loading import load_own_settings
from gateway.settings.model import Settings, SettingsError
from gateway.startup import configured, warnings_of

SETTINGS, KEYS = "settings", "keys"


def examine(*, asks_network: bool) -> Iterator[Finding]:
    """What is found. Nothing is changed.

    Args:
        asks_network: also payment providers, with our keys, and the issuer of tokens.
    """
    try:
        settings = load_own_settings()
    except SettingsError as error:
        yield fault(SETTINGS, str(error))
        return
    configure_logging(settings)  # to standard error, whatever is said there
    yield from _of_settings(settings)
    yield _of_keys(settings)
    yield from files.looked_at(settings)
    found = [*database.looked_at(settings)]
    yield from found
    if asks_network and not any(each.verdict is Verdict.FAULT for each in found):
        from gateway.cli.upkeep import network

        yield from network.looked_at(settings)


def is_well(findings: Iterable[Finding]) -> bool:
    return all(each.verdict is not Verdict.FAULT for each in findings)


def printed(findings: Sequence[Finding]) -> str:
    """A line each, and how many are not well."""
    width = max(len(each.what) for each in findings)
    lines = [f"{each.verdict:7}  {each.what:{width}}  {each.found}" for each in findings]
    counted = [(sum(each.verdict is verdict for each in findings), verdict) for verdict in Verdict]
    return "\n".join([*lines, "", ", ".join(_many(*each) for each in counted if each[0])])


def _many(count: int, verdict: Verdict) -> str:
    return f"{count} {verdict}{'s' if count > 1 and verdict is not Verdict.OK else ''}"


def as_json(findings: Sequence[Finding]) -> str:
    listed = [{"check": each.what, "verdict": each.verdict.value, "found": each.found} for each in findings]
    return json.dumps({"isWell": is_well(findings), "checks": listed}, ensure_ascii=False, indent=2)


def _of_settings(settings: Settings) -> Iterator[Finding]:
    said = configured(settings)
    yield ok(SETTINGS, f"They are valid: {said['env']}, providers {said['providers']}, jobs {_on(settings.worker)}.")
    if settings.env == "production":
        yield from (warning(SETTINGS, each) for each in warnings_of(settings))


def _of_keys(settings: Settings) -> Finding:
    if settings.jwks_url:
        return ok(KEYS, f"Tokens are verified by the keys of {settings.jwks_url.host}; --network fetches them.")
    if settings.is_secret_public:
        return warning(KEYS, "Tokens are signed by a secret that everybody knows: for development only.")
    return ok(KEYS, "Tokens are signed by a secret of your own.")


def _on(is_on: bool) -> str:
    return "here" if is_on else "in `gateway worker`"
