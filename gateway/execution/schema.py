"""The GraphQL schema, built once."""

from collections.abc import Iterable
from functools import cache

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
)
from strawberry.schema.config import StrawberryConfig

from gateway.resolvers.fields import resolve_fields
from gateway.resolvers.mutation import Mutation
from gateway.resolvers.permissions import enforce
from gateway.resolvers.query import Query
from gateway.resolvers.relations import relations
from gateway.resolvers.subscription import Subscription
from gateway.schema.conventions.scalars import SCALARS


@cache
def build_schema() -> strawberry.Schema:
    """The schema, its `@requiresRole` enforced. One for the process."""
    schema = strawberry.Schema(
        query=Query, mutation=Mutation, subscription=Subscription, config=StrawberryConfig(scalar_map=SCALARS)
    )
    built = schema._schema  # Strawberry's one way to it
    _leave_out_null_defaults(built)
    resolve_fields(built, relations())
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
