"""Whoever is reached over the network: payment providers with our keys, and the issuer of tokens."""

import asyncio
from collections.abc import Collection
from datetime import timedelta

from gateway.auth.jwks import IssuerKeys, KeysUnavailable
from gateway.bootstrap import now, open_services
from gateway.cli.upkeep.findings import Finding, fault, ok
from gateway.services.core.model.values import Provider
from gateway.services.providers.base import PaymentProvider, ProviderUnavailable, Window
from gateway.settings.model import Settings

ISSUER = "issuer of tokens"
LOOKED_BACK = timedelta(minutes=1)


def looked_at(settings: Settings) -> list[Finding]:
    return asyncio.run(_looked_at(settings))


async def _looked_at(settings: Settings) -> list[Finding]:
    found = [await _issuer(settings, str(settings.jwks_url))] if settings.jwks_url else []
    async with open_services(settings) as services:
        found += [await _provider(name, each) for name, each in services.purchases.providers.by_name.items()]
    return found


async def _issuer(settings: Settings, url: str) -> Finding:
    algorithms = settings.algorithms
    keys = IssuerKeys(url, algorithms, cache_s=settings.jwks_cache_s, timeout_s=settings.jwks_timeout_s)
    try:
        await keys.find(None, algorithms[0])
    except KeysUnavailable:
        return fault(ISSUER, f"No keys can be had from {url}: the log above says why. Nobody can log in.")
    return ok(ISSUER, f"It gives its keys at {url}.")


async def _provider(name: Provider, provider: PaymentProvider) -> Finding:
    """Its list of changes is read as the sweeps do, with our key, and nothing is done with it."""
    at = now()
    try:
        await provider.changes(Window(at - LOOKED_BACK, at, at), _none_known)
    except ProviderUnavailable:
        return fault(f"provider {name}", "It does not answer, or refuses our key: the log above says which.")
    return ok(f"provider {name}", "It answers, and takes our key.")


async def _none_known(_events: Collection[str]) -> set[str]:
    return set()
