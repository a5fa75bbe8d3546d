"""The bounds and the masks of an operation are the same, whichever transport asks for it."""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry

from gateway.execution.executor import Executor
from gateway.execution.limits import MOST_ERRORS
from gateway.execution.operations import NoOperation, Operation, Result
from gateway.settings.model import Settings
from tests.callers import Unlimited

pytestmark = pytest.mark.anyio

NOBODY: Any = SimpleNamespace(caller=Unlimited())
"""No context but a caller: nothing here asks for more."""


@strawberry.input
class Given:
    number: int = 0


@strawberry.type
class Query:
    @strawberry.field
    async def slow(self) -> int:
        await asyncio.sleep(60)
        return 1

    @strawberry.field
    def broken(self) -> int:
        raise RuntimeError("secret")

    @strawberry.field
    def one(self, of: Given | None = None) -> int:
        return 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, count: int, of: Given | None = None) -> AsyncIterator[int]:
        for number in range(count):
            yield number
        raise RuntimeError("secret")


def executor_of(**settings: Any) -> Executor:
    return Executor(strawberry.Schema(Query, subscription=Subscription), Settings(**settings))


async def run(executor: Executor, operation: Operation) -> Result:
    return await executor.run(operation, NOBODY)


async def streamed(executor: Executor, operation: Operation) -> Result:
    [result] = [each async for each in executor.stream(operation, NOBODY)]
    return result


BOTH = pytest.mark.parametrize("ask", [run, streamed])


def code_of(result: Result) -> str:
    code: str = result.payload["errors"][0]["extensions"]["code"]
    return code


@BOTH
async def test_what_takes_too_long_is_cancelled(ask: Any) -> None:
    result = await ask(executor_of(limit_operation_s=0.01), Operation("{ slow }"))
    assert (result.is_refusal, code_of(result)) == (True, "TIMED_OUT")


@BOTH
async def test_beyond_the_number_that_may_be_under_way_the_next_is_told_to_come_back(ask: Any) -> None:
    executor = executor_of(limit_in_flight=1)
    first = asyncio.create_task(run(executor, Operation("{ slow }")))
    await asyncio.sleep(0)
    assert code_of(await ask(executor, Operation("{ one }"))) == "BUSY"
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert (await ask(executor, Operation("{ one }"))).payload == {"data": {"one": 1}}


@BOTH
async def test_the_cost_is_told_where_it_is_asked_for(ask: Any) -> None:
    result = await ask(executor_of(), Operation("{ one }", extensions={"cost": True}))
    assert result.payload["extensions"] == {"cost": {"requested": 1, "budget": Settings().limit_cost}}


@BOTH
async def test_what_nobody_expected_is_told_by_an_id_alone(ask: Any) -> None:
    result = await ask(executor_of(), Operation("{ broken }"))
    assert (result.is_refusal, code_of(result)) == (False, "INTERNAL")
    assert "secret" not in str(result.payload)


@pytest.mark.parametrize("query", [None, "", "query A { one } query B { one }", "fragment F on Query { one }"])
async def test_who_does_not_say_which_operation_is_told_so(query: str | None) -> None:
    with pytest.raises(NoOperation) as caught:
        await run(executor_of(), Operation(query))
    result = await streamed(executor_of(), Operation(query))
    assert (result.payload["errors"][0]["message"], code_of(result)) == (str(caught.value), "BAD_USER_INPUT")


async def test_a_source_that_fails_ends_its_stream_after_what_it_gave() -> None:
    query = Operation("subscription { ticks(count: 2) }")
    results = [each async for each in executor_of().stream(query, NOBODY)]
    assert [each.payload["data"] for each in results] == [{"ticks": 0}, {"ticks": 1}, None]
    assert (results[-1].is_refusal, code_of(results[-1])) == (True, "INTERNAL")


async def test_a_schema_that_is_closed_gives_no_names_away() -> None:
    for executor, is_told in ((executor_of(introspection=True), True), (executor_of(introspection=False), False)):
        refused = await run(executor, Operation("{ onee }"))
        assert ("Did you mean" in refused.payload["errors"][0]["message"]) is is_told


@pytest.mark.parametrize(
    "document", ["query($of: Given) { one(of: $of) }", "subscription($of: Given) { ticks(count: 1, of: $of) }"]
)
@pytest.mark.parametrize("compile_at", [1, 1_000])
async def test_of_variables_in_which_much_is_wrong_a_few_errors_are_told(document: str, compile_at: int) -> None:
    executor = Executor(strawberry.Schema(Query, subscription=Subscription), Settings(), compile_at=compile_at)
    for _ in range(3):
        result = await streamed(executor, Operation(document, {"of": {f"a{n}": n for n in range(400)}}))
        errors = result.payload["errors"]
        assert len(errors) == MOST_ERRORS + 1
        assert "Too many errors" in errors[-1]["message"]


async def test_a_long_name_of_no_operation_is_not_told_back() -> None:
    with pytest.raises(NoOperation) as refused:
        await executor_of().run(Operation("query known { one }", name="x" * 100_000), NOBODY)
    assert len(str(refused.value)) < 200
