"""Gives each field of the schema its resolver, without Strawberry's own where it is not needed."""

from collections.abc import Awaitable, Callable, Mapping
from operator import attrgetter
from typing import Any

from graphql import GraphQLField, GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema
from strawberry.types.base import StrawberryList, StrawberryOptional
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case

from gateway.context import Context
from gateway.resolvers.permissions import DEFINITION
from gateway.resolvers.relations import Find
from gateway.schema.relations import Computed, Relation, RelationBy, Timed, Wraps

Resolver = Callable[..., object]


def resolve_fields(schema: GraphQLSchema, finds: Mapping[object, Find]) -> None:
    """Give each field its resolver, but those that have a method of their own, which keep Strawberry's.

    Raises:
        LookupError: a relation has no look-up.
    """
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType):
            for field in graphql_type.fields.values():
                if declared := field.extensions.get(DEFINITION):  # introspection has none
                    _resolve(field, declared, finds)


def _resolve(field: GraphQLField, declared: StrawberryField, finds: Mapping[object, Find]) -> None:
    match declared:
        case Computed():
            field.resolve = _computed(declared)
        case Timed():
            field.resolve = _timed(declared)
        case Relation():
            field.resolve = _relation(declared, _find_of(declared, finds))
        case RelationBy():
            field.resolve = _relation_by(declared, _find_of(declared, finds))
            for argument in declared.arguments:
                field.args[to_camel_case(argument.python_name)].out_name = argument.python_name
        case _ if declared.is_basic_field:
            field.resolve = _attribute(declared)


def _find_of(declared: StrawberryField, finds: Mapping[object, Find]) -> Find:
    if declared not in finds:
        owner = getattr(declared.origin, "__name__", None)
        raise LookupError(f"{owner}.{declared.python_name} has no look-up: see gateway.resolvers.relations")
    return finds[declared]


def _computed(declared: Computed) -> Resolver:
    read = declared.read
    return lambda source, info: read(source.value)


def _timed(declared: Timed) -> Resolver:
    read = declared.read
    return lambda source, info: read(source.value, info.context.now)


def _attribute(declared: StrawberryField) -> Resolver:
    read = attrgetter(declared.python_name)
    return lambda source, info: read(source)


def _relation(declared: Relation, find: Find) -> Resolver:
    by, answer = declared.by, _answer_as(declared.type)

    def resolve(source: Wraps[Any], info: GraphQLResolveInfo[Context]) -> object:
        key = by(source.value)
        return None if key is None else _answered(find(info.context, key), answer)

    return resolve


def _relation_by(declared: RelationBy[Any, Any], find: Find) -> Resolver:
    by, answer = declared.by, declared.answer

    def resolve(source: Wraps[Any], info: GraphQLResolveInfo[Context], **arguments: object) -> object:
        key = by(source, **arguments)
        return None if key is None else _answered(find(info.context, key), answer)

    return resolve


def _answered(found: object, answer: Callable[[Any], object]) -> object:
    """The answer at once where it is known, so that nothing waits for what need not be read."""
    return _awaited(found, answer) if isinstance(found, Awaitable) else None if found is None else answer(found)


async def _awaited(coming: Awaitable[object], answer: Callable[[Any], object]) -> object:
    found = await coming
    return None if found is None else answer(found)


def _answer_as(declared_type: object) -> Callable[[Any], object]:
    """Makes what a relation is annotated as of what was found."""
    match declared_type:
        case StrawberryOptional():
            return _answer_as(declared_type.of_type)
        case StrawberryList():
            each = _answer_as(declared_type.of_type)
            return lambda found: [each(item) for item in found]
        case type() if issubclass(declared_type, Wraps):
            return declared_type.of
        case _:
            raise LookupError(f"{declared_type} is not what a relation can be answered as")
