"""Arguments and variables: constants are coerced once, the others as graphql-core and Strawberry coerce them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from typing import Any, TypeAlias
from uuid import UUID

from graphql import FieldNode, GraphQLError, GraphQLSchema, OperationDefinitionNode, VariableNode, get_argument_values
from graphql.execution.values import VariableValues, get_variable_values
from graphql.language import Visitor, visit
from strawberry import Schema
from strawberry.types.arguments import convert_arguments

from gateway.execution.plan.deviation import Deviation, NotCovered
from gateway.execution.plan.shapes import Field
from gateway.resolvers.steps import FromMethod

MOST_COERCION_ERRORS = 50
"""As many as graphql-core reports."""

IMMUTABLE = (str, int, float, bool, type(None), Enum, datetime, date, time, UUID)

Convert: TypeAlias = Callable[[VariableValues], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Arguments:
    """A field's arguments as its step takes them, by their names there.

    `constant` has them where they are the same in each run and nobody can change them; else `convert` makes them anew.
    """

    constant: Mapping[str, Any] | None
    convert: Convert


def arguments_of(field: Field, schema: Schema) -> Arguments:
    """Raises: NotCovered, where the arguments are wrong whatever the variables."""
    assert field.definition is not None, "only `__typename` has none, and no arguments either"
    if not field.definition.args:
        return Arguments({}, lambda _: {})
    convert, node = _converting(field, schema), field.nodes[0]
    if _has_variables(node):
        return Arguments(None, convert)
    try:
        constant = convert(VariableValues({}, {}))
    except GraphQLError as error:
        raise NotCovered(f"arguments of {field.name} that are wrong: {error.message}") from None
    is_fixed = all(isinstance(value, IMMUTABLE) for value in constant.values())
    return Arguments(constant if is_fixed else None, convert)


def _converting(field: Field, schema: Schema) -> Convert:
    definition, node = field.definition, field.nodes[0]
    assert definition is not None
    if not isinstance(field.step, FromMethod):
        return lambda values: get_argument_values(definition, node, values)
    arguments, converter = field.step.arguments, schema.schema_converter
    return lambda values: convert_arguments(
        get_argument_values(definition, node, values),
        list(arguments),
        scalar_registry=converter.scalar_registry,
        config=converter.config,
    )


def _has_variables(node: FieldNode) -> bool:
    finding = _Finding()
    for argument in node.arguments or ():
        visit(argument, finding)
    return finding.has_found


class _Finding(Visitor):
    has_found = False

    def enter_variable(self, _node: VariableNode, *_: Any) -> None:
        self.has_found = True


class Variables:
    """The variables of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema, self._definitions = schema, operation.variable_definitions or ()

    def of(self, given: dict[str, Any] | None) -> VariableValues:
        """Their values, coerced. Raises: Deviation, where one cannot be."""
        if not self._definitions:
            return NONE
        values = get_variable_values(self._schema, self._definitions, given or {}, MOST_COERCION_ERRORS)
        if isinstance(values, list):
            raise Deviation
        return values


NONE = VariableValues({}, {})
