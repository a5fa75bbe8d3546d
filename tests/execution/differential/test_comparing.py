"""What compares the two ways finds what differs, and takes for the same only what the specification does."""

from typing import Any

import pytest
from graphql import GraphQLObjectType, OperationType, parse, validate

from gateway.execution.operations import Result
from gateway.execution.schema import build_schema
from gateway.resolvers.steps import STEP, FromValue
from tests.execution.differential.answers import answered
from tests.execution.differential.comparisons import CONTEXTS, NASTY_POOL
from tests.execution.differential.draws import drawn_by_chance
from tests.execution.differential.nasty_schema import nasty_schema
from tests.execution.differential.ornaments import Drawn
from tests.execution.differential.reducing import smallest
from tests.execution.differential.values import Pool
from tests.execution.differential.ways import Ways
from tests.execution.differential.worlds import NAMED, SCALARS

pytestmark = pytest.mark.anyio

SMALL = "query Q { a: cat(number: 1) { ...A } } fragment A on Cat { ... { tag { ... on Tag { number } } } }"
"""Of this no part can be left out."""


def with_a_fault() -> Ways:
    """Where plans read another number of a tag than graphql-core does."""
    schema = nasty_schema()
    tag = schema._schema.type_map["Tag"]
    assert isinstance(tag, GraphQLObjectType)
    tag.fields["number"].extensions[STEP] = FromValue(lambda animal: animal.number + 1)
    return Ways(schema)


async def test_a_plan_that_answers_something_else_is_found() -> None:
    ways = with_a_fault()
    for drawn in drawn_by_chance(ways.schema._schema, OperationType.QUERY, NASTY_POOL, range(10)):
        await ways.compare(drawn, [*CONTEXTS.values()])
    assert any("number" in each.drawn.text for each in ways.tally.differences)
    with pytest.raises(AssertionError, match="by graphql-core"):
        ways.check()


async def test_what_differs_is_made_as_small_as_it_can_be() -> None:
    ways = with_a_fault()
    large = Drawn(
        "query Q($n: Int!, $i: Boolean!) { path a: cat(number: 1) { ...A id @include(if: $i) } dog(number: $n) { id } }"
        " fragment A on Cat { ... { name tag { text ... on Tag { number } } } }",
        {"n": 1, "i": True},
    )

    async def differs(drawn: Drawn) -> bool:
        before = len(ways.tally.differences)
        await ways.compare(drawn, [CONTEXTS["admin"]])
        return len(ways.tally.differences) > before

    assert await differs(large)
    found = await smallest(large, ways.schema._schema, differs)
    assert (" ".join(found.text.split()), found.variables) == (SMALL, {})


def result(data: object, *paths: list[Any]) -> Result:
    return Result({"data": data, "errors": [{"message": "no", "path": path} for path in paths]})


SAME = [
    (result(None, ["a"]), result(None, ["a"], ["b"])),
    (result(None, ["a", "x"]), result(None, ["b", 0])),
    (result({"a": None}, ["a", "x"]), result({"a": None}, ["a", "y"])),
    (result({"a": [None, 1]}, ["a", 0, "x"]), result({"a": [None, 1]}, ["a", 0, "y"], ["a", 0, "z"])),
]
OTHER = [
    (result({"a": None}, ["a"]), result({"a": None})),
    (result({"a": None, "b": None}, ["a"]), result({"a": None, "b": None}, ["b"])),
    (result(None, ["a"]), result({"a": None}, ["a"])),
    (result(None, ["a"]), Result({"data": None, "errors": [{"message": "no"}]}, is_refusal=True)),
    (result({"a": {"x": None, "y": None}}, ["a", "x"]), result({"a": {"x": None, "y": None}}, ["a", "y"])),
    (result({"a": 1, "b": 2}), result({"b": 2, "a": 1})),
    (result({"a": 1}), result({"a": 1.0})),
    (result({"a": True}), result({"a": 1})),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_where_null_propagates_any_of_the_errors_below_may_be_told(one: Result, other: Result) -> None:
    assert answered(one).agrees_with(answered(other))
    assert answered(other).agrees_with(answered(one))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_all_else_that_is_not_the_same_is_a_difference(one: Result, other: Result) -> None:
    assert answered(one) != answered(other)
    assert not answered(one).agrees_with(answered(other))


def test_what_is_drawn_is_valid_and_has_all_that_clients_write() -> None:
    schema = build_schema()._schema
    kinds = (OperationType.QUERY, OperationType.MUTATION)
    drawn = [each.text for kind in kinds for each in drawn_by_chance(schema, kind, Pool(NAMED, SCALARS), range(20))]
    assert [text for text in drawn if validate(schema, parse(text))] == []
    for written in ("... on", "fragment", "@include", "@skip", "$v", "__typename", "as1:", " = ", "["):
        assert any(written in text for text in drawn), written
