"""Inputs coerced by functions that are made once: values of variables by their types, and literals.

Each gives what graphql-core gives, or raises whatever it comes to, and then graphql-core is asked itself."""

from collections.abc import Callable, Mapping
from datetime import date, time
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from graphql import (
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLID,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLInt,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
    ListValueNode,
    ObjectValueNode,
    Undefined,
    ValueNode,
    VariableNode,
)
from graphql.utilities.coerce_input_value import coerce_default_value, coerce_input_literal

from gateway.execution.plan.deviation import Deviation, NotCovered

IMMUTABLE = (str, int, float, bool, type(None), Enum, date, time, UUID)

REQUIRED = object()
"""The default of what has none and must be given."""

Read: TypeAlias = Callable[[Any], Any]
"""Makes of a value of a variable what graphql-core coerces it to."""

Make: TypeAlias = Callable[[Mapping[str, Any]], Any]
"""Makes of all variables' values what graphql-core coerces a literal to; Undefined for a variable without a value."""


def reading(of: GraphQLInputType, within: tuple[GraphQLInputType, ...] = ()) -> Read:
    """Reads values of a type. Raises: NotCovered, for a type that has itself within."""
    match of:
        case GraphQLNonNull():
            return _not_null(of.of_type, within)
        case _:
            read = _reading_given(of, within)
            return lambda value: None if value is None else read(value)


def _not_null(of: GraphQLInputType, within: tuple[GraphQLInputType, ...]) -> Read:
    read = _reading_given(of, within)
    if read is _text:  # which null is not
        return read

    def reads(value: Any) -> Any:
        if value is None:
            raise Deviation
        return read(value)

    return reads


def _reading_given(of: GraphQLInputType, within: tuple[GraphQLInputType, ...]) -> Read:
    """Reads values that are no null."""
    assert not isinstance(of, GraphQLNonNull), "there is no other within"
    match of:
        case GraphQLList():
            each = reading(of.of_type, within)
            return lambda value: [each(item) for item in _checked(value, list)]
        case GraphQLInputObjectType():
            return _reading_object(of, within)
        case GraphQLEnumType():
            members = {name: of.coerce_input_value(name) for name in of.values}
            return lambda value: members[value]
    if of in (GraphQLString, GraphQLID):
        return _text
    if of is GraphQLBoolean:
        return lambda value: _checked(value, bool)
    coerce: Read = of.coerce_input_value
    if of is GraphQLInt:
        return lambda value: coerce(_checked(value, int))
    return lambda value: _defined(coerce(value))


def _reading_object(of: GraphQLInputObjectType, within: tuple[GraphQLInputType, ...]) -> Read:
    if of in within:
        raise NotCovered(f"{of} may have itself within")
    fields = [
        (name, field.out_name or name, reading(field.type, (*within, of)), default_of(field))
        for name, field in of.fields.items()
    ]
    names, turn = of.fields.keys(), _turn_of(of)

    def read(value: Any) -> Any:
        if not _checked(value, dict).keys() <= names:
            raise Deviation
        coerced = {}
        for name, out_name, each, default in fields:
            if name in value:
                coerced[out_name] = each(value[name])
            elif default is REQUIRED:
                raise Deviation
            elif default is not Undefined:
                coerced[out_name] = default
        if of.is_one_of:
            _check_one(coerced, len(value))
        return coerced if turn is None else turn(coerced)

    return read


def _turn_of(of: GraphQLInputObjectType) -> Read | None:
    """What makes of a type's fields what its values are; None where they are those fields."""
    return None if of.out_type is GraphQLInputObjectType.out_type else of.out_type


def making(node: ValueNode, of: GraphQLInputType) -> Make:
    """Makes what a literal means. Raises: NotCovered, for what cannot be known before or is wrong."""
    if isinstance(node, VariableNode):
        return _variable(node.name.value, isinstance(of, GraphQLNonNull))
    if not has_variables(node):
        constant = coerce_input_literal(node, of)
        if constant is Undefined or not is_fixed(constant, of):
            raise NotCovered("a literal that is wrong, or that whoever gets it could change")
        return lambda _: constant
    match node, of:
        case _, GraphQLNonNull():
            return making(node, of.of_type)
        case ListValueNode(), GraphQLList():
            return _list([making(item, of.of_type) for item in node.values], isinstance(of.of_type, GraphQLNonNull))
        case ObjectValueNode(), GraphQLInputObjectType():
            return _making_object(node, of)
        case _:
            raise NotCovered("a literal of a scalar with variables in it")


def _making_object(node: ObjectValueNode, of: GraphQLInputObjectType) -> Make:
    given = {each.name.value: each.value for each in node.fields}
    fields = [
        (field.out_name or name, making(given[name], field.type) if name in given else None, default_of(field))
        for name, field in of.fields.items()
    ]

    turn = _turn_of(of)

    def make(variables: Mapping[str, Any]) -> Any:
        coerced = {}
        for out_name, each, default in fields:
            value = Undefined if each is None else each(variables)
            if value is Undefined:
                value = default
            if value is REQUIRED:
                raise Deviation
            if value is not Undefined:
                coerced[out_name] = value
        if of.is_one_of:
            _check_one(coerced, len(given))
        return coerced if turn is None else turn(coerced)

    return make


def has_variables(node: ValueNode) -> bool:
    """Whether a literal is or has a variable."""
    match node:
        case VariableNode():
            return True
        case ListValueNode(values=values):
            return any(map(has_variables, values))
        case ObjectValueNode(fields=fields):
            return any(has_variables(each.value) for each in fields)
        case _:
            return False


def is_fixed(value: Any, of: GraphQLInputType) -> bool:
    """Whether nothing of the value can be changed but lists and input objects, which Strawberry makes anew."""
    match of:
        case GraphQLNonNull():
            return is_fixed(value, of.of_type)
        case GraphQLList() if isinstance(value, list):
            return all(is_fixed(each, of.of_type) for each in value)
        case GraphQLInputObjectType() if isinstance(value, dict):
            fields = {field.out_name or name: field for name, field in of.fields.items()}
            return all(is_fixed(each, fields[name].type) for name, each in value.items())
        case _:
            return isinstance(value, IMMUTABLE)


def _variable(name: str, is_required: bool) -> Make:
    def make(variables: Mapping[str, Any]) -> Any:
        value = variables.get(name, Undefined)
        if value is None and is_required:
            raise Deviation
        return value

    return make


def _list(items: list[Make], is_required: bool) -> Make:
    def make(variables: Mapping[str, Any]) -> Any:
        values = [each(variables) for each in items]
        if Undefined in values:
            if is_required:
                raise Deviation
            return [None if each is Undefined else each for each in values]
        return values

    return make


def default_of(field: GraphQLArgument | GraphQLInputField) -> Any:
    """The default of an argument or a field, Undefined for none, or REQUIRED."""
    default = coerce_default_value(field)
    return REQUIRED if default is Undefined and isinstance(field.type, GraphQLNonNull) else default


def _check_one(coerced: Mapping[str, Any], given: int) -> None:
    if given != 1 or len(coerced) != 1 or None in coerced.values():
        raise Deviation


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise Deviation
    return value


def _defined(value: Any) -> Any:
    if value is Undefined:
        raise Deviation
    return value


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise Deviation
    return value
