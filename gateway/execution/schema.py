"""The GraphQL schema as one thing, with all that an operation passes on its way through it."""

from collections.abc import Iterable
from functools import cache

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from gateway.execution.admission import Admission
from gateway.execution.limits import Limits
from gateway.resolvers.fields import resolve_fields
from gateway.resolvers.mutation import Mutation
from gateway.resolvers.permissions import enforce
from gateway.resolvers.query import Query
from gateway.resolvers.subscription import Subscription
from gateway.schema.conventions.scalars import SCALARS
from gateway.settings.model import Settings

CACHED_DOCUMENTS = 1024
"""Parsed and validated documents that are kept: more than a platform's clients have, few enough to hold."""

_SUGGESTION = " Did you mean "
"""How graphql-core begins to tell names that are near a wrong one."""


class GatewaySchema(strawberry.Schema):
    is_open = True

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Strangers are told no names of a schema that they may not read. Nothing is logged: `masking` logs what is
        unexpected, and what is expected is no news."""
        if not self.is_open:
            for error in errors:
                error.message = error.message.partition(_SUGGESTION)[0]


def build_schema(limits: Limits | None = None) -> GatewaySchema:
    """The schema, its `@requiresRole` enforced. One for the process and its limits: caches are keyed by it.

    Args:
        limits: of its operations; None for those of the settings' defaults.
    """
    return _built(limits or Limits.of(Settings()))


@cache
def _built(limits: Limits) -> GatewaySchema:
    schema = GatewaySchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[
            lambda: ParserCache(maxsize=CACHED_DOCUMENTS),
            lambda: ValidationCache(maxsize=CACHED_DOCUMENTS),
            lambda: Admission(limits),
        ],
    )
    schema.is_open = limits.is_open
    built = schema._schema  # Strawberry's one way to it
    _leave_out_null_defaults(built)
    resolve_fields(built)
    enforce(built)
    return schema


def _leave_out_null_defaults(schema: GraphQLSchema) -> None:
    """Print `first: Int` and not `first: Int = null`: what may be left out says so by its type."""
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLInputObjectType):
            inputs: Iterable[GraphQLInputField | GraphQLArgument] = graphql_type.fields.values()
        elif isinstance(graphql_type, GraphQLObjectType):
            inputs = [argument for field in graphql_type.fields.values() for argument in field.args.values()]
        else:
            continue
        for each in inputs:
            if each.default_value is None:
                each.default_value = Undefined


def print_sdl() -> str:
    """The schema as `schema.graphql` holds it."""
    return build_schema().as_str() + "\n"
