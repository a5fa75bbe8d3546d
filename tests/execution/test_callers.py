"""One caller's operations leave room for the others', in whichever way they are asked for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from types import SimpleNamespace
from typing import Any

import pytest
import strawberry
from graphql import parse

from gateway.execution import admission
from gateway.execution.executor import Executor
from gateway.execution.operations import Operation, Result
from gateway.http.callers import CHARACTER, OPERATION, Callers
from gateway.services.core.model.values import Actor, Role
from gateway.settings.model import Settings
from tests.http.test_rate_limits import OTHER, STUDENT, connection

pytestmark = pytest.mark.anyio

TICKS = "subscription { ticks }"


@strawberry.type
class Query:
    @strawberry.field
    async def slow(self) -> int:
        await asyncio.get_running_loop().create_future()
        return 1

    @strawberry.field
    def one(self) -> int:
        return 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: strawberry.Info) -> AsyncIterator[int]:
        for number in range(3):
            yield number

    @strawberry.subscription
    async def stuck(self, info: strawberry.Info) -> AsyncIterator[int]:
        yield 0
        info.context.turn()
        await asyncio.get_running_loop().create_future()

    @strawberry.subscription
    async def waiting(self, info: strawberry.Info) -> AsyncIterator[int]:
        info.context.turn()
        yield 0
        await info.context.may_go_on.wait()
        yield 1


class World:
    """An executor with its callers."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**settings)
        self.callers = Callers(self.settings, lambda: 1_000.0)
        self.executor = Executor(strawberry.Schema(Query, subscription=Subscription), self.settings)

    def context(self, viewer: Actor | None = STUDENT) -> Any:
        context = SimpleNamespace(caller=self.callers.of(connection(), viewer), may_go_on=asyncio.Event())
        context.turn = lambda: context.on_turn()
        return context

    async def ask(self, query: str, viewer: Actor | None = STUDENT) -> Result:
        return await self.executor.run(Operation(query), self.context(viewer))

    async def streamed(self, query: str, viewer: Actor | None = STUDENT) -> list[Result]:
        async with aclosing(self.executor.stream(Operation(query), self.context(viewer))) as results:
            return [each async for each in results]


def ends_of(*results: Result) -> list[object]:
    """The data of each, or the code with which it was refused."""
    return [
        each.payload["errors"][0]["extensions"]["code"] if "errors" in each.payload else each.payload["data"]
        for each in results
    ]


async def test_who_has_as_many_under_way_as_he_may_is_told_so_and_others_are_answered() -> None:
    world = World(limit_viewer_in_flight=2)
    held = [asyncio.create_task(world.ask("{ slow }")) for _ in range(2)]
    await asyncio.sleep(0)
    assert ends_of(await world.ask("{ one }"), *await world.streamed("{ one }")) == ["RATE_LIMITED"] * 2
    assert ends_of(await world.ask("{ one }", OTHER)) == [{"one": 1}]
    for task in held:
        task.cancel()
    await asyncio.gather(*held, return_exceptions=True)
    assert ends_of(await world.ask("{ one }")) == [{"one": 1}]
    assert len(world.callers.under_way) == 0


async def test_an_operation_that_is_refused_takes_no_place() -> None:
    world = World(limit_viewer_in_flight=1)
    for query in ("{", "{ nothing }", "{ one }", "{ one }"):
        await world.ask(query)
    assert len(world.callers.under_way) == 0


async def test_each_further_question_of_a_query_is_paid_for_besides_its_fields() -> None:
    many = "{ " + " ".join(f"a{number}: one" for number in range(10)) + " }"
    price = OPERATION + 10 + 9 * admission.QUESTION
    read = CHARACTER * (len(many) + len("{ one }"))
    world = World(cost_viewer_burst=read + 2 * price + OPERATION, cost_viewer_per_s=0.001)
    answers = [await world.ask(many) for _ in range(3)]
    assert ends_of(answers[2], await world.ask("{ one }"))[0] == "RATE_LIMITED"
    assert all("errors" not in each.payload for each in answers[:2])
    assert ends_of(await world.ask(many, OTHER)) == [{f"a{number}": 1 for number in range(10)}]


async def test_who_has_as_many_subscriptions_as_he_may_is_told_so_and_others_are_not() -> None:
    world = World(limit_viewer_subscriptions=1)
    async with aclosing(world.executor.stream(Operation(TICKS), world.context())) as first:
        assert ends_of(await anext(first)) == [{"ticks": 0}]
        assert ends_of(*await world.streamed(TICKS)) == ["RATE_LIMITED"]
        assert len(await world.streamed(TICKS, OTHER)) == 3
    assert len(world.callers.subscriptions) == 0
    assert len(await world.streamed(TICKS)) == 3


async def test_a_subscription_that_is_refused_takes_no_place() -> None:
    world = World(limit_viewer_subscriptions=1)
    for query in ("subscription { nothing }", "subscription { ticks @nothing }"):
        assert ends_of(*await world.streamed(query)) == ["GRAPHQL_VALIDATION_FAILED"]
    assert len(world.callers.subscriptions) == 0


async def test_a_result_of_a_subscription_has_the_time_of_an_operation() -> None:
    world = World(limit_operation_s=0.01)
    assert ends_of(*await world.streamed("subscription { stuck }")) == [{"stuck": 0}, "TIMED_OUT"]
    assert len(world.callers.subscriptions) == 0


async def test_what_a_subscription_waits_for_has_no_limit_of_time() -> None:
    world = World(limit_operation_s=0.01)
    context = world.context()
    async with aclosing(world.executor.stream(Operation("subscription { waiting }"), context)) as results:
        assert ends_of(await anext(results)) == [{"waiting": 0}]
        upcoming: asyncio.Task[Any] = asyncio.ensure_future(anext(results))
        await asyncio.wait([upcoming], timeout=0.05)
        context.may_go_on.set()
        assert ends_of(await upcoming) == [{"waiting": 1}]


async def test_a_document_is_paid_for_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []

    def noted(text: str, **given: Any) -> Any:
        read.append(text)
        return parse(text, **given)

    monkeypatch.setattr(admission, "parse", noted)
    world = World(cost_viewer_burst=1_000, cost_viewer_per_s=1)
    documents = [f"{{ one }} # subscription {number:0180}" for number in range(3)]
    for viewer, other in ((STUDENT, OTHER), (None, OTHER)):
        read.clear()
        ends = ends_of(*[await world.ask(each, viewer) for each in documents])
        assert (ends[0], ends[-1]) == ({"one": 1}, "RATE_LIMITED")
        assert len(read) == ends.count({"one": 1})
        assert ends_of(*await world.streamed(documents[-1], viewer)) == ["RATE_LIMITED"]
        assert not world.executor.is_subscription(Operation(documents[-1]), world.context(viewer).caller)
        assert world.executor.may_be_subscription(Operation(documents[-1]))
        assert len(read) == ends.count({"one": 1})
        assert ends_of(await world.ask("{ one }", other)) == [{"one": 1}]
        documents = [f"{each} again" for each in documents]


async def test_a_document_that_is_known_is_read_for_nothing() -> None:
    world = World(cost_viewer_burst=1_000, cost_viewer_per_s=1)
    known = "{ one } # ".ljust(250)
    ends = ends_of(*[await world.ask(known, None) for _ in range(6)])
    assert ends == [{"one": 1}] * 6
    assert ends_of(await world.ask(known + "again", None)) == ["RATE_LIMITED"]


@pytest.mark.parametrize("role", [Role.STUDENT, Role.ADMIN, Role.SERVICE])
async def test_queries_cost_every_role_something(role: Role) -> None:
    world = World(cost_viewer_burst=500, cost_viewer_per_s=1, cost_address_burst=500, cost_address_per_s=1)
    ends = ends_of(*[await world.ask("{ one }", Actor("x", role)) for _ in range(10)])
    assert (ends[0], ends[-1]) == ({"one": 1}, "RATE_LIMITED")
