"""The API, asked from a terminal: the same schema and services as over HTTP, in this process, as an admin."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from inspect import isawaitable
from typing import Any
from uuid import UUID

from graphql import GraphQLError, execute, parse

from gateway.bootstrap import Services, now, open_services
from gateway.cli.commands.starting import operator
from gateway.cli.databases import May, make_ready
from gateway.context import Context
from gateway.execution.schema import build_schema
from gateway.resolvers.keys import made_by_key
from gateway.schema.conventions.errors import ErrorCode
from gateway.services.core.model.command import KeyedCommand
from gateway.services.core.model.outcomes import IdempotencyKeyReused
from gateway.services.outages import Unavailable
from gateway.settings.model import Settings, SettingsError

NO_ANSWER = "it is busy"


class Api:
    """Runs documents of ours, one after the other."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def ask(self, document: str, **variables: object) -> Mapping[str, Any]:
        """The data that answers a document.

        Raises:
            SettingsError: what was asked for cannot be, as a wrong value of a variable.
            Unavailable: with all that can be said of why, and of whether something was done.
        """
        schema = build_schema()
        built = schema._schema  # Strawberry's one way to it
        running = execute(
            built,
            parse(document),
            context_value=self._context(),
            variable_values=variables,
            executor_class=schema.execution_context_class,
        )
        result = await running if isawaitable(running) else running
        if result.errors:
            self._raise(result.errors[0])
        assert result.data is not None, "without an error there are data"
        return result.data

    async def made_by_key(self, command: KeyedCommand) -> UUID | IdempotencyKeyReused | None:
        """What the command's key was used for before, see `gateway.resolvers.keys`."""
        return await made_by_key(self._context(), command)

    def _context(self) -> Context:
        services = self._services
        return Context(
            viewer=operator(),
            now=now(),
            purchases=services.purchases,
            reads=services.snapshot(),
            caller=Unlimited(),
            live=services.live,
            clock=now,
        )

    def _raise(self, error: GraphQLError) -> None:
        cause = error.original_error
        while isinstance(cause, GraphQLError) and cause.original_error is not None:
            cause = cause.original_error
        code = (error.extensions or {}).get("code")
        if code == ErrorCode.BUSY:
            raise Unavailable(f"{self._services.trouble or NO_ANSWER}. {error.message}")
        if cause is None or isinstance(cause, GraphQLError):
            raise SettingsError(error.message)
        raise cause


class Unlimited:
    """Nobody is kept waiting by an operator at a terminal; see `gateway.context.Caller`."""

    def enter(self) -> None:
        return None

    def leave(self) -> None:
        return None

    def subscribe(self) -> None:
        return None

    def unsubscribe(self) -> None:
        return None

    def parse(self, size: int) -> None:
        return None

    def read(self, characters: int) -> None:
        return None

    def ask(self, cost: int, mutations: int, variables_bytes: int = 0) -> None:
        return None

    def pace_s(self, cost: int) -> float:
        return 0.0


@asynccontextmanager
async def api(settings: Settings) -> AsyncIterator[Api]:
    """Raises: SettingsError, where the database is not ready."""
    make_ready(settings, May.LOOK)
    async with open_services(settings) as services:
        yield Api(services)
