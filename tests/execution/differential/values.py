"""Values of arguments and variables, drawn by their type, and often such as mean something to who is asked."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    is_required_input_field,
)

Json = Any
"""What a variable of an operation can be."""

NULLS, OPTIONALS, MEANINGFUL = 0.08, 0.35, 0.94
"""How often a value is null where it may be, an input's field is given that need not be, and an id means something."""

WRONG: Sequence[Json] = (
    None,
    0,
    -1,
    2**31,
    2**53,
    1.5,
    1e400,
    True,
    "",
    "\ud800",
    "x" * 300,
    [],
    [[]],
    {},
    {"a": 1},
    [None],
)
"""What may come for a variable, whatever its type is."""

DRAWN: Mapping[str, Sequence[Json]] = {
    "Int": (0, 1, 2, 3, 5, 100, -1, 2**31 - 1, -(2**31)),
    "Float": (0.0, 1.5, -1e300, 3),
    "String": ("", "a", "an idea", 'say "so"', "🧘\u200d♂️", "line\nbreak", "\\"),
    "Boolean": (True, False),
    "ID": ("", "a", "1", "pay_01m82wzdd5evbs08a25nzd2awn"),
    "JSON": ({}, {"a": [1, None]}, "text"),
}


@dataclass(frozen=True)
class Pool:
    """What values of a scalar are drawn from: by an argument's name under its field's, by its own, or by the scalar."""

    named: Mapping[str, Sequence[Json]] = field(default_factory=dict)
    scalars: Mapping[str, Sequence[Json]] = field(default_factory=dict)

    def meaningful(self, scalar: str, owner: str, name: str) -> Sequence[Json]:
        return self.named.get(f"{owner}.{name}") or self.named.get(name) or self.scalars.get(scalar) or DRAWN[scalar]

    def any(self, scalar: str) -> Sequence[Json]:
        return (*self.scalars.get(scalar, ()), *DRAWN.get(scalar, ()))


@dataclass(frozen=True)
class Values:
    """Draws values for the arguments of fields."""

    random: Random
    pool: Pool

    def of(self, kind: GraphQLInputType, owner: str, name: str) -> Json:
        """A value for an input of that name, of a field or an input object of the owner's name."""
        match kind:
            case GraphQLNonNull():
                return self._of_some(kind.of_type, owner, name)
            case _ if self.random.random() < NULLS:
                return None
            case _:
                return self._of_some(kind, owner, name)

    def _of_some(self, kind: GraphQLInputType, owner: str, name: str) -> Json:
        match kind:
            case GraphQLList():
                return [self.of(kind.of_type, owner, name) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
            case GraphQLInputObjectType():
                return {each: self.of(inner.type, owner, each) for each, inner in self._fields(kind)}
            case GraphQLEnumType():
                return self.random.choice(list(kind.values))
            case GraphQLScalarType():
                return self.scalar(kind.name, owner, name)
        raise AssertionError(f"there is no value of {kind}")

    def scalar(self, kind: str, owner: str, name: str) -> Json:
        is_meant = self.random.random() < MEANINGFUL
        return self.random.choice(self.pool.meaningful(kind, owner, name) if is_meant else self.pool.any(kind))

    def _fields(self, kind: GraphQLInputObjectType) -> Sequence[tuple[str, GraphQLInputField]]:
        fields = list(kind.fields.items())
        if kind.is_one_of:
            return [self.random.choice(fields)]
        return [
            (each, inner)
            for each, inner in fields
            if is_required_input_field(inner) or self.random.random() < OPTIONALS
        ]


def literal(value: Json, kind: GraphQLInputType) -> str:
    """A value as a document has it."""
    match kind:
        case GraphQLNonNull():
            return literal(value, kind.of_type)
        case _ if value is None:
            return "null"
        case GraphQLList():
            items = value if isinstance(value, list) else [value]
            return f"[{', '.join(literal(each, kind.of_type) for each in items)}]"
        case GraphQLInputObjectType() if isinstance(value, dict):
            given = (f"{name}: {literal(each, kind.fields[name].type)}" for name, each in value.items())
            return f"{{{', '.join(given)}}}"
        case GraphQLEnumType():
            return str(value)
    return untyped(value)


def untyped(value: Json) -> str:
    """A value of a scalar as a document has it."""
    match value:
        case dict():
            return f"{{{', '.join(f'{name}: {untyped(each)}' for name, each in value.items())}}}"
        case list():
            return f"[{', '.join(map(untyped, value))}]"
    return json.dumps(value, ensure_ascii=True)
