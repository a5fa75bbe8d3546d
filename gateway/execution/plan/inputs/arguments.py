"""The arguments of fields as their steps take them: constants once, others by functions that are made once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    Undefined,
    get_argument_values,
    get_nullable_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues
from strawberry import Schema
from strawberry.types.arguments import convert_arguments

from gateway.execution.plan.deviation import Deviation, NotCovered
from gateway.execution.plan.inputs.classes import Classes
from gateway.execution.plan.inputs.coercion import (
    IMMUTABLE,
    REQUIRED,
    Make,
    default_of,
    has_variables,
    making,
)
from gateway.execution.plan.shapes import Field
from gateway.resolvers.steps import FromMethod

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
    convert = _quickly(field, schema) or _exactly(field, schema)
    if any(has_variables(each.value) for each in field.nodes[0].arguments or ()):
        return Arguments(None, convert)
    try:
        constant = convert(VariableValues({}, {}))
    except (GraphQLError, Deviation) as error:
        raise NotCovered(f"arguments of {field.name} that are wrong: {error}") from None
    is_constant = all(isinstance(value, IMMUTABLE) for value in constant.values())
    return Arguments(constant if is_constant else None, convert)


def _exactly(field: Field, schema: Schema) -> Convert:
    """As graphql-core and Strawberry do it."""
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


def _quickly(field: Field, schema: Schema) -> Convert | None:
    """The same by functions that are made for these arguments; None where that cannot be."""
    assert field.definition is not None
    given = {each.name.value: each.value for each in field.nodes[0].arguments or ()}
    names, classes = _names(field, schema), Classes(schema)
    makes: list[tuple[str, Make | None, Any, Any]] = []
    try:
        for name, argument in field.definition.args.items():
            make = making(given[name], argument.type) if name in given else None
            declared = names.get(name)
            turn = classes.converting(declared.type) if declared else None
            if declared is None and not is_leaf_type(get_nullable_type(argument.type)):
                return None
            makes.append((declared.python_name if declared else argument.out_name or name, make, argument, turn))
    except NotCovered:
        return None
    return _made([(name, make, default_of(argument), turn) for name, make, argument, turn in makes])


def _names(field: Field, schema: Schema) -> Mapping[str, Any]:
    """Strawberry's arguments by their names in the schema, where Strawberry converts them."""
    if not isinstance(field.step, FromMethod):
        return {}
    converter = schema.config.name_converter
    return {converter.from_argument(each): each for each in field.step.arguments}


def _made(makes: Sequence[tuple[str, Make | None, Any, Callable[[Any], Any] | None]]) -> Convert:
    def convert(values: VariableValues) -> dict[str, Any]:
        named = {}
        for name, make, default, turn in makes:
            value = Undefined if make is None else make(values.coerced)
            if value is Undefined:
                value = default
            if value is REQUIRED:
                raise Deviation
            if value is not Undefined:
                named[name] = value if turn is None else turn(value)
        return named

    return convert
