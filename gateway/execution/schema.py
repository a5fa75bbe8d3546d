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

from gateway.execution.printing import subgraph, with_costs
from gateway.resolvers.entities import ENTITIES, REPRESENTATION, SHAREABLE, Representation, federated_query
from gateway.resolvers.fields import resolve_fields
from gateway.resolvers.mutation import Mutation
from gateway.resolvers.permissions import enforce
from gateway.resolvers.query import Query
from gateway.resolvers.relations import relations
from gateway.resolvers.subscription import Subscription
from gateway.schema.conventions.scalars import SCALARS


@cache
def build_schema(*, is_federated: bool = False) -> strawberry.Schema:
    """The schema, its `@requiresRole` enforced. One for the process; or one that is also a subgraph, see
    `gateway.resolvers.entities`."""
    schema = strawberry.Schema(
        query=federated_query(print_subgraph) if is_federated else Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map={**SCALARS, Representation: REPRESENTATION}),
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


def print_sdl(*, has_costs: bool = False) -> str:
    """The schema as `schema.graphql` holds it; with what each field costs, where that is asked for."""
    sdl = build_schema().as_str() + "\n"
    return with_costs(sdl, build_schema()._schema) if has_costs else sdl


@cache
def print_subgraph() -> str:
    """The schema as a subgraph of Apollo Federation 2."""
    return subgraph(print_sdl(), build_schema()._schema, entities=ENTITIES, shareable=SHAREABLE)
