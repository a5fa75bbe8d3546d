"""Both ways to answer an operation, side by side: what differs, and how often there was a plan to compare."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import Any

import strawberry

from gateway.execution.executor import Executor
from gateway.execution.operations import NoOperation, Operation
from gateway.settings.model import Settings
from tests.execution.differential.answers import Answered, answered
from tests.execution.differential.ornaments import Drawn

WIDE = {
    "limit_cost": 1_000_000,
    "limit_depth": 100,
    "limit_aliases": 10_000,
    "limit_directives": 10_000,
    "limit_tokens": 100_000,
}
"""Limits that do not keep anything drawn from being run."""
NewContext = Callable[[], Any]


@dataclass(frozen=True)
class Difference:
    """What the two ways answered to one operation, where that is not the same."""

    drawn: Drawn
    by_plan: Answered
    by_graphql_core: Answered

    def __str__(self) -> str:
        return (
            f"\n{self.drawn.text}\nvariables {self.drawn.variables}, operation {self.drawn.name}\n"
            f"by plan:         {self.by_plan}\nby graphql-core: {self.by_graphql_core}"
        )


@dataclass
class Tally:
    """How many answers were compared, and of which kind they were."""

    answers: int = 0
    refused: int = 0
    failed: int = 0
    agreeing: int = 0
    """That are not the same, and differ as the specification lets one way differ from itself."""
    differences: list[Difference] = field(default_factory=list)


@dataclass
class Ways:
    """Runs operations both ways."""

    schema: strawberry.Schema
    settings: dict[str, Any] = field(default_factory=lambda: dict(WIDE))
    tally: Tally = field(default_factory=Tally)

    def __post_init__(self) -> None:
        self.planned = self._executor(plans=True)
        self.reference = self._executor(plans=False)

    def _executor(self, *, plans: bool) -> Executor:
        return Executor(self.schema, Settings(**self.settings, plans=plans), compile_at=1)

    async def compare(self, drawn: Drawn, contexts: Sequence[NewContext]) -> None:
        """Send a query, in as many contexts as there are, and once more with other variables: by plan all at once."""
        await self._compare(drawn, contexts)
        if drawn.again is not None:  # what a plan has learnt of its runs is of other rows, then
            await self._compare(replace(drawn, variables=drawn.again), list(reversed(contexts)))

    async def _compare(self, drawn: Drawn, contexts: Sequence[NewContext]) -> None:
        by_plan = await asyncio.gather(*(answer(self.planned, drawn, new()) for new in contexts))
        for given, new in zip(by_plan, contexts, strict=True):
            expected = await answer(self.reference, drawn, new())
            self.note(drawn, given, expected)
            self.note(drawn, await answer(self.planned, drawn, new()), expected)  # by what was learnt meanwhile

    async def compare_change(self, drawn: Drawn, by_plan: Any, by_graphql_core: Any) -> None:
        """Send a mutation, in contexts of two worlds that are the same."""
        given = await answer(self.planned, drawn, by_plan)
        self.note(drawn, given, await answer(self.reference, drawn, by_graphql_core))

    async def compare_stream(self, drawn: Drawn, new: NewContext, most: int) -> None:
        """Send a subscription, for so many results at most."""
        given = await stream(self.planned, drawn, new(), most)
        expected = await stream(self.reference, drawn, new(), most)
        missing = Answered(None, ("none",), is_refusal=True)
        for one, other in zip_longest(given, expected, fillvalue=missing):
            self.note(drawn, one, other)

    @property
    def share_by_plan(self) -> float:
        """Of the answers that were no refusals, how many a plan gave by itself."""
        return self.planned.ways.by_plan / (self.tally.answers - self.tally.refused)

    def check(self) -> None:
        """Raises: AssertionError, with the first of the differences."""
        assert not self.tally.differences, str(self.tally.differences[0])

    def note(self, drawn: Drawn, by_plan: Answered, by_graphql_core: Answered) -> None:
        tally = self.tally
        tally.answers += 1
        tally.refused += by_graphql_core.is_refusal
        tally.failed += bool(by_graphql_core.errors)
        if by_plan != by_graphql_core:
            if by_plan.agrees_with(by_graphql_core):
                tally.agreeing += 1
            else:
                tally.differences.append(Difference(drawn, by_plan, by_graphql_core))


async def answer(executor: Executor, drawn: Drawn, context: Any) -> Answered:
    """What an operation is answered."""
    try:
        return answered(await executor.run(Operation(drawn.text, drawn.variables, drawn.name), context))
    except NoOperation as error:
        return Answered(None, (str(error),), is_refusal=True)


async def stream(executor: Executor, drawn: Drawn, context: Any, most: int) -> list[Answered]:
    """The first results of a subscription."""
    results = []
    source = executor.stream(Operation(drawn.text, drawn.variables, drawn.name), context)
    async for each in source:
        results.append(answered(each))
        if len(results) == most:
            break
    await source.aclose()
    return results
