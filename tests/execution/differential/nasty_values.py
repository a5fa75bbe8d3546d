"""What no schema should be answered with: below the number 100 values as declared, from there on all others."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from random import Random
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from tests.execution.differential.values import Json

GOOD = 100
"""Numbers below are of animals that are as they should be."""

NUMBERS: Sequence[Json] = (*range(18), *range(18), *range(18), *range(18), *range(100, 160))

Even = NewType("Even", int)
Fickle = NewType("Fickle", str)


class Mood(Enum):
    GLAD = "glad"
    SAD = 2


class Size(StrEnum):
    SMALL = "small"
    LARGE = "large"


def _even(value: object) -> int:
    if not isinstance(value, int) or value % 2:
        raise ValueError(f"{value} is odd")
    return value


def _even_input(value: object) -> int:
    if not isinstance(value, int) or value % 2:
        raise GraphQLError("must be even")
    return value


def _fickle(value: str) -> str | None:
    """Of some values of a type nothing is written, and of others something."""
    return None if value.endswith("!") else value.upper()


SCALARS: Mapping[object, ScalarDefinition] = {
    Even: strawberry.scalar(name="Even", serialize=_even, parse_value=_even_input),
    Fickle: strawberry.scalar(name="Fickle", serialize=_fickle, parse_value=str),
}


@dataclass(frozen=True)
class Animal:
    """What types wrap. It is equal to another of its number, as values of the core are."""

    number: int

    def one_of(self, field: str, kind: str) -> Any:
        """The value of one of its fields: always the same one."""
        chance = Random(f"{self.number}{field}")
        if self.number < GOOD or chance.random() < 0.5:
            return chance.choice(AS_DECLARED[kind])
        found = chance.choice(BESIDE[kind])
        if isinstance(found, Raised):
            raise found.error
        return found() if isinstance(found, Made) else found

    @property
    def near(self) -> "Animal | None":
        """Another, or none, so that what is read of it is read of nothing."""
        return None if self.number % 7 == 6 else Animal(self.number + 1)


@dataclass(frozen=True)
class Feline(Animal):
    pass


@dataclass(frozen=True)
class Canine(Animal):
    pass


@dataclass(frozen=True)
class Raised:
    error: Exception


@dataclass(frozen=True)
class Made:
    """What has to be made anew each time."""

    make: Callable[[], object]

    def __call__(self) -> object:
        return self.make()


class Text(str):
    """A text that says of itself what it is."""

    __slots__ = ()

    def __str__(self) -> str:
        return "its own"


class Whole(int):
    pass


class Unreadable:
    """What is hidden says so when it is written."""

    def __str__(self) -> str:
        raise ValueError("unreadable")


def coded(message: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": "NASTY", "at": [1, {"deep": None}]})


async def _coming() -> str:
    return "late"


ANYTHING: tuple[object, ...] = (
    None,
    Raised(ValueError("a secret")),
    Raised(coded("said")),
    Raised(KeyError("key")),
    ValueError("returned"),
    coded("returned and said"),
    {},
    {"a": 1},
    object,
    Unreadable(),
    b"bytes",
    datetime(2026, 1, 1),  # noqa: DTZ001  a naive one, which nobody should write
    float("nan"),
    math.inf,
    2**31,
    -(2**31) - 1,
    2**70,
    True,
    1.5,
    2.0,
    "3",
    "",
    Text("text"),
    Whole(4),
    [],
    ["a", None],
    ("a", "b"),
    Made(lambda: {"a"}),
    Made(lambda: iter(["a", "b"])),
    Made(lambda: (each for each in ("a", 1))),
    Mood.GLAD,
    Size.SMALL,
    Mood,
    strawberry.UNSET,
    NotImplemented,
    ...,
)

AS_DECLARED: Mapping[str, Sequence[object]] = {
    "String": ("a", "b", "", "ü\u2028"),
    "Int": (0, 1, -1, 2**31 - 1, -(2**31)),
    "Float": (0.5, 1.0, -0.0, 1e300, 3),
    "Boolean": (True, False),
    "ID": ("id", "7"),
    "Mood": (Mood.GLAD, Mood.SAD),
    "Size": (Size.SMALL, Size.LARGE),
    "Even": (0, 2, 4),
    "Fickle": ("a", "b"),
    "JSON": ({}, {"b": 1, "a": [None, {"c": "d"}]}, [1, "2"], "text", 5, True, 1.5),
    "Strings": ([], ["a"], ["a", "b"], ("a", "b")),
    "Grid": ([], [[1, 2], []], [[1, None], None], ((1,), (2, 3))),
    "Moods": ([], [Mood.GLAD, Mood.SAD, None], (Mood.SAD,)),
}

BESIDE: Mapping[str, Sequence[object]] = {
    **dict.fromkeys(AS_DECLARED, ANYTHING),
    "Mood": (*ANYTHING, "glad", "GLAD", 2, "SAD"),
    "Size": (*ANYTHING, "small", "SMALL", "large"),
    "Even": (*ANYTHING, 1, 3, 2, True, 0.0),
    "Fickle": (*ANYTHING, "no!", "yes", "no!"),
    "Strings": (*ANYTHING, [ValueError("within"), "a"], ["a", 1, True], "text", ["a", ["b"]]),
    "Grid": (*ANYTHING, [[1, "x"], [2]], [1, 2], [[None, coded("within")]], [[[1]]], [["7"]]),
    "Moods": (*ANYTHING, ["glad", Mood.SAD], [2], [Mood.GLAD, "MAD"]),
}
