"""An operation is answered by its plan as graphql-core answers it, and by graphql-core where a plan does not know."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, NoReturn, cast

import pytest
import strawberry
from graphql import GraphQLError, OperationDefinitionNode, parse
from strawberry import field
from structlog.testing import CapturingLogger

from gateway.execution.executor import Executor
from gateway.execution.operations import Operation
from gateway.execution.plan import plans
from gateway.execution.plan.compiling import compiled
from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.plans import MOST_VARIANTS, Ways
from gateway.execution.plan.shapes import MOST_FIELDS, Shaping
from gateway.resolvers.fields import resolve_fields
from gateway.resolvers.inputs import GatewayInfo
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.reading.reader import Reader
from gateway.services.reading.snapshot import Snapshot
from gateway.services.reading.source import Source
from gateway.settings.model import Settings
from tests.callers import Unlimited

pytestmark = pytest.mark.anyio

_number = FieldsOf[int]()
CALLS: list[str] = []
"""The methods that were called, in their order."""


@pytest.fixture(autouse=True)
def nothing_called() -> None:
    CALLS.clear()


def refuse() -> NoReturn:
    raise GraphQLError("no")


@strawberry.interface
class Named:
    name: str


@strawberry.type
class Even(Named, Wraps[int]):
    half: int = _number.field("Half of it.", lambda number: number // 2)


@strawberry.type
class Odd(Named):
    rest: int


@strawberry.type
class Number(Wraps[int]):
    value_of: int = _number.field("Itself.", lambda number: number)
    fraction: int = _number.field("Of odd ones.", lambda number: refuse() if number % 2 == 0 else 1)
    text: str = _number.field("In digits.", str)
    never: str = _number.field("What should be there and is not.", lambda _number: None)  # type: ignore[assignment]  # so it is
    next: "Number" = _number.wrapped("One more.", lambda number: number + 1)
    lower: "list[Number]" = _number.wrapped("All that are lower.", lambda number: list(range(number)))
    gaps: "list[Number | None]" = _number.wrapped("Some, and none.", lambda number: [number, None])
    double: "Number | None" = _number.relation("Twice as much, up to 100.", by=lambda number: number)

    @field
    def times(self, by: int = 2) -> int:
        return self.value * by

    @field
    async def slowly(self, plus: int) -> int | None:
        return self.value + plus

    @field
    def later(self) -> int:
        coming: Any = asyncio.sleep(0, self.value)
        return coming  # type: ignore[no-any-return]  # which is waited for, though nothing says so

    @field
    def kind(self) -> Named:
        return Even(name="even", value=self.value) if self.value % 2 == 0 else Odd(name="odd", rest=1)


@strawberry.type
class Query:
    @field
    async def number(self, info: GatewayInfo, of: int) -> Number:
        CALLS.append(f"number {of} {info.field_name}")
        return Number.of(of)

    @field
    def at_once(self) -> int:
        return 1


@strawberry.type
class Mutation:
    @field
    async def put(self, number: int) -> Number | None:
        CALLS.append(f"put {number}")
        return Number.of(number)

    @field
    def refuse(self) -> Number:
        CALLS.append("refuse")
        refuse()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def numbers(self, upto: int) -> AsyncIterator[Number]:
        for number in range(upto):
            yield Number.of(number)


async def doubled(_context: object, number: int) -> int | None:
    return number * 2 if number * 2 <= 100 else None


def schema_of() -> strawberry.Schema:
    schema = strawberry.Schema(Query, Mutation, Subscription, types=[Even, Odd])
    resolve_fields(schema._schema, {Number.double: doubled})
    return schema


SCHEMA = schema_of()
CONTEXT: Any = SimpleNamespace(viewer=None, reads=Snapshot(Reader(cast(Source, None))), caller=Unlimited())
BY_PLAN, DEVIATED, NOT_COVERED = Ways(by_plan=1), Ways(deviated=1), Ways(not_covered=1)


def executor(**settings: Any) -> Executor:
    """One that compiles what it sees for the first time."""
    return Executor(SCHEMA, Settings(**settings), compile_at=1)


async def both(query: str, **variables: object) -> tuple[Any, Ways]:
    """The answer, which is the same with plans and without; and which way it was found."""
    planning, core = executor(), executor(plans=False)
    operation = Operation(query, variables)
    with_plan = (await planning.run(operation, CONTEXT)).payload
    without = (await core.run(operation, CONTEXT)).payload
    for error in (*with_plan.get("errors", ()), *without.get("errors", ())):
        error.get("extensions", {}).pop("errorId", None)
        error["message"] = error["message"].partition("id: ")[0]
    assert with_plan == without
    assert list(with_plan["data"] or ()) == list(without["data"] or ())
    return with_plan["data"], planning.ways


COVERED = {
    "fields and aliases": "{ number(of: 3) { a: valueOf valueOf text b: text __typename } }",
    "objects and lists": "{ number(of: 3) { next { next { text } } lower { valueOf lower { text } } } }",
    "relations": "{ number(of: 3) { double { valueOf double { text } } lower { double { text } } } }",
    "nulls in a list": "{ number(of: 3) { gaps { text } } }",
    "a relation of nothing": "{ number(of: 70) { double { text } } }",
    "methods": "{ number(of: 3) { times(by: 4) slowly(plus: 1) lower { slowly(plus: 2) times } } }",
    "an interface": """{ number(of: 3) { kind { name __typename ... on Odd { rest } ... on Even { half } }
        lower { kind { name ... on Even { half } } } } }""",
    "fragments": """{ number(of: 3) { ...a ...b } }
        fragment a on Number { next { text } } fragment b on Number { next { valueOf } }""",
    "several at the root": "{ __typename a: number(of: 1) { text } b: number(of: 2) { double { text } } atOnce }",
    "switches": "{ number(of: 3) { text @skip(if: true) valueOf @include(if: true) } }",
}


@pytest.mark.parametrize("query", COVERED.values(), ids=list(COVERED))
async def test_a_plan_answers_as_graphql_core_does(query: str) -> None:
    _, way = await both(query)
    assert way == BY_PLAN


async def test_variables_are_coerced_as_ever() -> None:
    query = "query($of: Int!, $by: Int = 5, $plus: Int!) { number(of: $of) { times(by: $by) slowly(plus: $plus) } }"
    data, way = await both(query, of=2, plus=3)
    assert (data, way) == ({"number": {"times": 10, "slowly": 5}}, BY_PLAN)
    assert await both(query, of="2", plus=3) == (None, DEVIATED)


async def test_what_is_skipped_follows_its_variable() -> None:
    query = "query($with: Boolean!) { number(of: 1) { text @include(if: $with) valueOf } }"
    planning = executor()
    asked = [await planning.run(Operation(query, {"with": each}), CONTEXT) for each in (True, False, True)]
    assert [list(each.payload["data"]["number"]) for each in asked] == [
        ["text", "valueOf"],
        ["valueOf"],
        ["text", "valueOf"],
    ]
    assert planning.ways == Ways(by_plan=3)


DEVIATING = {
    "a resolver that raises": "{ number(of: 2) { fraction } }",
    "a null where none may be": "{ number(of: 2) { next { never } } }",
    "a method that gives an awaitable unannounced": "{ number(of: 2) { later } }",
    "an Int beyond 32 bits": "{ number(of: 2147483647) { next { valueOf } } }",
}


@pytest.mark.parametrize("query", DEVIATING.values(), ids=list(DEVIATING))
async def test_whatever_else_happens_graphql_core_answers(query: str) -> None:
    _, way = await both(query)
    assert way == DEVIATED


async def test_introspection_is_not_covered() -> None:
    _, way = await both('{ __type(name: "Number") { name } atOnce }')
    assert way == NOT_COVERED


@pytest.mark.parametrize(
    ("within", "reason"),
    [
        ('__type(name: "Number") { name }', "nothing is known of how Query.__type is answered but its resolver"),
        ("number(of: 1) { ...@include(if: true) { text } double { text } }", None),
        (
            f"number(of: 1) {{ {' '.join(f'a{number}: text' for number in range(MOST_FIELDS))} }}",
            f"more than {MOST_FIELDS} fields",
        ),
    ],
    ids=["introspection", "a usual one", "many fields"],
)
async def test_why_a_document_has_no_plan_is_said_once(
    monkeypatch: pytest.MonkeyPatch, within: str, reason: str | None
) -> None:
    log = CapturingLogger()
    monkeypatch.setattr(plans, "log", log)
    planning = executor(limit_tokens=10_000, limit_aliases=10_000)
    for _ in range(3):
        await planning.run(Operation(f"query Named {{ {within} }}"), CONTEXT)
    said = [("debug", ("a document has no plan",), {"operation": "Named", "reason": reason})]
    assert [tuple(call) for call in log.calls] == (said if reason else [])


async def test_what_has_more_fields_than_a_plan_is_answered_all_the_same() -> None:
    query = "{ number(of: 1) { " + " ".join(f"a{number}: text" for number in range(MOST_FIELDS)) + " } }"
    planning = executor(limit_tokens=10_000, limit_aliases=10_000)
    for _ in range(2):
        result = await planning.run(Operation(query), CONTEXT)
        assert len(result.payload["data"]["number"]) == MOST_FIELDS
    assert planning.ways == Ways(not_covered=2)


def test_more_lists_within_lists_than_python_takes_are_not_covered() -> None:
    document = parse("{ number(of: 1) " + "{ lower " * 25 + "{ text" + " }" * 27)
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    with pytest.raises(NotCovered, match="nested"):
        compiled(SCHEMA, Shaping(SCHEMA._schema, document, operation, {}))


async def test_a_mutation_runs_once_and_one_after_the_other() -> None:
    planning = executor()
    query = "mutation { a: put(number: 1) { text } b: put(number: 2) { double { text } } __typename }"
    result = await planning.run(Operation(query), CONTEXT)
    assert result.payload["data"] == {"a": {"text": "1"}, "b": {"double": {"text": "4"}}, "__typename": "Mutation"}
    assert (CALLS, planning.ways) == (["put 1", "put 2"], BY_PLAN)


@pytest.mark.parametrize(
    ("query", "called", "data"),
    [
        (
            "mutation { a: put(number: 1) { text } b: put(number: 2) { fraction } c: put(number: 3) { text } }",
            ["put 1", "put 2", "put 3"],
            {"a": {"text": "1"}, "b": None, "c": {"text": "3"}},
        ),
        (
            "mutation { a: put(number: 1) { text } refuse { text } c: put(number: 3) { text } }",
            ["put 1", "refuse"],
            None,
        ),
    ],
)
async def test_a_mutation_that_deviates_runs_nothing_twice(query: str, called: list[str], data: Any) -> None:
    planning = executor()
    result = await planning.run(Operation(query), CONTEXT)
    assert (result.payload["data"], CALLS, planning.ways) == (data, called, DEVIATED)
    await both(query)


async def test_an_operation_does_not_follow_the_switches_of_its_neighbours() -> None:
    query = "query A($with: Boolean!) { number(of: 1) { text @include(if: $with) } } query B { number(of: 1) { text } }"
    planning = executor()
    for name, given, data in (
        ("A", {"with": False}, {}),
        ("B", {}, {"text": "1"}),
        ("A", {"with": True}, {"text": "1"}),
    ):
        result = await planning.run(Operation(query, given, name), CONTEXT)
        assert result.payload == {"data": {"number": data}}
    assert planning.ways == Ways(by_plan=3)


async def test_no_more_than_so_many_plans_are_made_of_one_operation() -> None:
    names = "abcd"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: text @skip(if: ${name})" for name in names)
    planning = executor()
    for number in range(2 ** len(names)):
        given = {name: bool(number >> place & 1) for place, name in enumerate(names)}
        result = await planning.run(Operation(f"query({declared}) {{ number(of: 1) {{ {fields} }} }}", given), CONTEXT)
        assert list(result.payload["data"]["number"]) == [name for name in names if not given[name]]
    assert planning.ways == Ways(by_plan=MOST_VARIANTS, not_covered=2 ** len(names) - MOST_VARIANTS)


async def test_a_switch_that_is_null_is_refused_as_ever() -> None:
    query = "query($with: Boolean = true) { number(of: 1) { text @include(if: $with) } }"
    assert await both(query) == ({"number": {"text": "1"}}, BY_PLAN)
    planning, core = executor(), executor(plans=False)
    operation = Operation(query, {"with": None})
    assert (await planning.run(operation, CONTEXT)).payload == (await core.run(operation, CONTEXT)).payload


async def test_each_event_of_a_subscription_is_answered_by_its_plan() -> None:
    planning = executor()
    query = "subscription($n: Int!) { numbers(upto: $n) { text double { text } fraction @include(if: false) } }"
    answers = [each.payload["data"] async for each in planning.stream(Operation(query, {"n": 3}), CONTEXT)]
    assert [each["numbers"]["double"]["text"] for each in answers] == ["0", "2", "4"]
    assert planning.ways == Ways(by_plan=3)


async def test_an_event_that_deviates_is_answered_by_graphql_core() -> None:
    planning = executor()
    answers = [
        each.payload
        async for each in planning.stream(Operation("subscription { numbers(upto: 3) { fraction } }"), CONTEXT)
    ]
    assert [each["data"] and each["data"]["numbers"]["fraction"] for each in answers] == [None, 1, None]
    assert planning.ways == Ways(by_plan=1, deviated=2)


async def test_a_document_is_compiled_when_it_comes_again() -> None:
    planning = Executor(SCHEMA, Settings())
    for _ in range(3):
        await planning.run(Operation("{ atOnce }"), CONTEXT)
    assert planning.ways == Ways(by_plan=2, new=1)


async def test_plans_can_be_turned_off() -> None:
    planning = executor(plans=False)
    assert (await planning.run(Operation("{ atOnce }"), CONTEXT)).payload == {"data": {"atOnce": 1}}
    assert planning.ways == Ways()
