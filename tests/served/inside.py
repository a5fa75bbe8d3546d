"""The application in the test's own process, for what no request from outside can bring about."""

import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import httpx
import structlog
from starlette.applications import Starlette

from gateway.app import build_app
from gateway.auth.minting import mint_token
from gateway.bootstrap import Services
from gateway.services.core.model.values import Role
from gateway.settings.loading import load_settings
from gateway.settings.model import Settings
from tests.served.server import environment


@dataclass(frozen=True)
class Inside:
    """A started application and a client of it."""

    app: Starlette
    settings: Settings
    client: httpx.AsyncClient

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    async def ask(self, query: str, role: Role | None = None, **variables: object) -> httpx.Response:
        token = role and mint_token(self.settings, role=role, subject=f"{role}-1", ttl_s=3600)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return await self.client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)


@contextmanager
def logging_as_before() -> Iterator[None]:
    """Afterwards, logging is as it was: configured in a test, it writes to what that test captures."""
    root, handlers = logging.getLogger(), logging.getLogger().handlers[:]
    try:
        yield
    finally:
        root.handlers[:] = handlers
        structlog.reset_defaults()


@asynccontextmanager
async def inside(database_url: str, **settings: str) -> AsyncIterator[Inside]:
    """The application on the database, which it does not migrate."""
    ours = {name: value for name, value in environment(database_url, **settings).items() if name.startswith("GATEWAY_")}
    loaded = load_settings(ours)
    app = build_app(loaded)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
    async with app.router.lifespan_context(app), client:
        yield Inside(app, loaded, client)
