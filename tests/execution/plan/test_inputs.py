"""Arguments and variables come to a resolver as graphql-core and Strawberry bring them there."""

from datetime import datetime
from enum import Enum
from types import SimpleNamespace
from typing import Any, cast

import pytest
import strawberry
from strawberry import ID, field
from strawberry.scalars import JSON

from gateway.execution.executor import Executor
from gateway.execution.operations import Operation
from gateway.resolvers.fields import resolve_fields
from gateway.services.reading.reader import Reader
from gateway.services.reading.snapshot import Snapshot
from gateway.services.reading.source import Source
from gateway.settings.model import Settings
from tests.callers import Unlimited

pytestmark = pytest.mark.anyio


@strawberry.enum
class Colour(Enum):
    RED = "r"
    BLUE = "b"


@strawberry.input
class Leafy:
    text: str
    number: int | None = 7
    colours: list[Colour] | None = None
    at: datetime | None = None


@strawberry.input
class Nested:
    first: Leafy
    others: list[Leafy] = strawberry.field(default_factory=list)
    itself: "Nested | None" = None


@strawberry.input(one_of=True)
class Either:
    text: str | None = strawberry.UNSET
    number: int | None = strawberry.UNSET


@strawberry.type
class Query:
    @field
    def leaves(
        self,
        text: str,
        id: ID | None = None,  # noqa: A002
        number: int = 3,
        colour: Colour | None = None,
        on: bool = False,
    ) -> str:
        return repr((text, id, number, colour, on))

    @field
    def floats(self, ratio: float, ratios: list[float | None] | None = None) -> str:
        return repr((ratio, ratios))

    @field
    def leafy(self, given: Leafy) -> str:
        return repr(given)

    @field
    def nested(self, given: Nested | None = None) -> str:
        return repr(given)

    @field
    def listed(self, given: list[Leafy | None]) -> str:
        return repr(given)

    @field
    def either(self, given: Either) -> str:
        return repr((given.text, given.number))

    @field
    def anything(self, given: JSON) -> str:
        return repr(given)


SCHEMA = strawberry.Schema(Query)
resolve_fields(SCHEMA._schema, {})
CONTEXT: Any = SimpleNamespace(viewer=None, reads=Snapshot(Reader(cast(Source, None))), caller=Unlimited())

LITERALS = [
    'leaves(text: "a")',
    'leaves(text: "a", id: 5, number: 4, colour: BLUE, on: true)',
    'leaves(text: "a", id: null, colour: null)',
    "floats(ratio: 1, ratios: [1.5, null, 2])",
    "floats(ratio: 1.0e3, ratios: 2.5)",
    'leafy(given: { text: "a" })',
    'leafy(given: { text: "a", number: null, colours: RED, at: "2026-01-01T00:00:00Z" })',
    'nested(given: { first: { text: "a" }, others: [{ text: "b", number: 1 }], itself: { first: { text: "c" } } })',
    "nested(given: null)",
    'listed(given: { text: "one" })',
    'listed(given: [{ text: "one" }, null])',
    'either(given: { text: "a" })',
    'anything(given: { a: [1, "b", null], c: { d: true } })',
]

VARIABLES: list[tuple[str, str, dict[str, Any]]] = [
    ("$t: String!", "leaves(text: $t)", {"t": "a"}),
    ("$t: String!", "leaves(text: $t)", {"t": 1}),
    ("$t: String!", "leaves(text: $t)", {}),
    ('$t: String = "d"', "leaves(text: $t)", {}),
    ('$t: String = "d"', "leaves(text: $t)", {"t": None}),
    ("$n: Int, $i: ID, $c: Colour", 'leaves(text: "a", number: $n, id: $i, colour: $c)', {}),
    ("$n: Int!, $i: ID, $c: Colour", 'leaves(text: "a", number: $n, id: $i, colour: $c)', {"n": 5, "i": 6, "c": "RED"}),
    ("$n: Int!, $i: ID", 'leaves(text: "a", number: $n, id: $i)', {"n": 5.0, "i": "x"}),
    ("$n: Int!", 'leaves(text: "a", number: $n)', {"n": 2**31}),
    ("$n: Int!", 'leaves(text: "a", number: $n)', {"n": True}),
    ("$c: Colour!", 'leaves(text: "a", colour: $c)', {"c": "GREEN"}),
    ("$c: Colour!", 'leaves(text: "a", colour: $c)', {"c": ["RED"]}),
    ("$r: Float!, $s: [Float]", "floats(ratio: $r, ratios: $s)", {"r": 1, "s": [1, None]}),
    ("$r: Float!, $s: Float", "floats(ratio: $r, ratios: [$s, 2])", {"r": 1}),
    ("$g: Leafy!", "leafy(given: $g)", {"g": {"text": "a"}}),
    (
        "$g: Leafy!",
        "leafy(given: $g)",
        {"g": {"text": "a", "number": None, "colours": ["RED"], "at": "2026-01-01T00:00:00Z"}},
    ),
    ("$g: Leafy!", "leafy(given: $g)", {"g": {"text": "a", "more": 1}}),
    ("$g: Leafy!", "leafy(given: $g)", {"g": {"number": 1}}),
    ("$g: Leafy!", "leafy(given: $g)", {"g": {"text": "a", "at": "never"}}),
    ("$g: Leafy!", "leafy(given: $g)", {"g": {"text": "a", "colours": "BLUE"}}),
    ('$g: Leafy = { text: "d" }', "leafy(given: $g)", {}),
    ("$t: String!, $n: Int", "leafy(given: { text: $t, number: $n })", {"t": "a"}),
    ("$t: String!, $n: Int", "leafy(given: { text: $t, number: $n })", {"t": "a", "n": None}),
    ("$c: Colour, $d: Colour!", 'leafy(given: { text: "a", colours: [$c, $d] })', {"c": "RED", "d": "BLUE"}),
    ("$c: Colour!", 'leafy(given: { text: "a", colours: [RED, $c] })', {"c": "BLUE"}),
    ("$g: Nested", "nested(given: $g)", {"g": {"first": {"text": "a"}, "itself": {"first": {"text": "b"}}}}),
    ("$g: Nested", "nested(given: $g)", {}),
    ("$l: Leafy!", "nested(given: { first: $l, others: [$l, $l] })", {"l": {"text": "a"}}),
    ("$l: [Leafy]!", "listed(given: $l)", {"l": [{"text": "a"}, None]}),
    ("$l: [Leafy]!", "listed(given: $l)", {"l": {"text": "a"}}),
    ("$l: Leafy", "listed(given: [$l, null])", {}),
    ("$e: Either!", "either(given: $e)", {"e": {"text": "a"}}),
    ("$e: Either!", "either(given: $e)", {"e": {"text": "a", "number": 1}}),
    ("$e: Either!", "either(given: $e)", {"e": {"text": None}}),
    ("$t: String!", "either(given: { text: $t })", {"t": "a"}),
    ("$j: JSON!", "anything(given: $j)", {"j": {"a": [1]}}),
    ("$j: JSON!", "anything(given: { a: [$j] })", {"j": {"a": [1]}}),
]


async def compare(text: str, variables: dict[str, Any]) -> None:
    planning = Executor(SCHEMA, Settings(), compile_at=1)
    core = Executor(SCHEMA, Settings(plans=False))
    operation = Operation(text, variables)
    assert (await planning.run(operation, CONTEXT)).payload == (await core.run(operation, CONTEXT)).payload
    assert planning.ways.not_covered == planning.ways.new == 0


@pytest.mark.parametrize("literal", LITERALS)
async def test_literals_are_coerced_as_ever(literal: str) -> None:
    await compare(f"{{ {literal} }}", {})


@pytest.mark.parametrize(("declared", "asked", "variables"), VARIABLES)
async def test_variables_are_coerced_as_ever(declared: str, asked: str, variables: dict[str, Any]) -> None:
    await compare(f"query({declared}) {{ {asked} }}", variables)


async def test_nobody_is_given_what_another_run_was_given() -> None:
    """Lists, inputs and JSON could be changed by whoever gets them."""

    @strawberry.type
    class Keeping:
        @field
        def keep(self, given: JSON, leafy: Leafy) -> int:
            known: Any = given
            known["a"].append(2)
            assert leafy.colours is not None
            leafy.colours.append(Colour.BLUE)
            return len(known["a"]) + len(leafy.colours)

    schema = strawberry.Schema(Keeping)
    resolve_fields(schema._schema, {})
    planning = Executor(schema, Settings(), compile_at=1)
    query = Operation('{ keep(given: { a: [1] }, leafy: { text: "a", colours: [RED] }) }')
    for _ in range(3):
        assert (await planning.run(query, CONTEXT)).payload == {"data": {"keep": 4}}
    assert planning.ways.by_plan == 3
