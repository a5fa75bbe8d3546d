"""Gives each field of the schema its step and its resolver, without Strawberry's own where it is not needed."""

from collections.abc import Mapping
from types import FunctionType
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLSchema
from strawberry.types.field import StrawberryField
from strawberry.types.fields.resolver import StrawberryResolver
from strawberry.utils.str_converters import to_camel_case

from gateway.resolvers.permissions import DEFINITION
from gateway.resolvers.steps import (
    STEP,
    Find,
    FromAttribute,
    FromEvent,
    FromMethod,
    FromRelation,
    FromValue,
    FromValueNow,
    Step,
)
from gateway.schema.relations import Computed, Relation, RelationBy, Timed, Wrapped, answer_as, answered_by


def resolve_fields(schema: GraphQLSchema, finds: Mapping[object, Find]) -> None:
    """Give each field its step and its resolver; those that have a method of their own keep Strawberry's resolver.

    Raises:
        LookupError: a relation has no look-up.
    """
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType):
            for field in graphql_type.fields.values():
                if declared := field.extensions.get(DEFINITION):  # introspection has none
                    owner = graphql_type.extensions[DEFINITION]
                    _resolve(field, declared, declared.resolve_type(type_definition=owner), finds)


def _resolve(
    field: GraphQLField, declared: StrawberryField, declared_type: object, finds: Mapping[object, Find]
) -> None:
    step = _step(declared, declared_type, finds)
    if step is None:
        return
    field.extensions[STEP] = step
    if not isinstance(step, FromMethod | FromEvent):
        field.resolve = step.resolver()
    if isinstance(declared, RelationBy):
        for argument in declared.arguments:
            field.args[to_camel_case(argument.python_name)].out_name = argument.python_name


def _step(declared: StrawberryField, declared_type: object, finds: Mapping[object, Find]) -> Step | None:
    match declared:
        case Computed():
            return FromValue(declared.read)
        case Wrapped():
            return FromValue(declared.read, answer_as(declared_type))
        case Timed():
            return FromValueNow(declared.read)
        case Relation():
            return FromRelation(declared.by, _find_of(declared.declared, finds), answer_as(declared_type))
        case RelationBy():
            find = _find_of(declared, finds)
            return FromRelation(declared.by, find, answered_by(declared.answer), takes_object=True)
        case _ if declared.is_subscription:
            return FromEvent()
        case _ if declared.is_basic_field:
            return FromAttribute(declared.python_name)
        case StrawberryField(base_resolver=StrawberryResolver() as resolver) if not declared.extensions:
            return _method(declared, resolver)
        case _:
            return None


def _find_of(declared: StrawberryField, finds: Mapping[object, Find]) -> Find:
    if declared not in finds:
        owner = getattr(declared.origin, "__name__", None)
        raise LookupError(f"{owner}.{declared.python_name} has no look-up: see gateway.resolvers.relations")
    return finds[declared]


def _method(declared: StrawberryField, resolver: StrawberryResolver[Any]) -> FromMethod | None:
    """None where it takes more than its object, `Info` and the field's arguments."""
    if resolver.root_parameter or resolver.parent_parameter:
        return None
    info, method = resolver.info_parameter, resolver.wrapped_func
    if not isinstance(method, FunctionType):
        return None
    return FromMethod(
        method,
        info.name if info else None,
        resolver.self_parameter is not None,
        declared.arguments,
    )
