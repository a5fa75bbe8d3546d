"""Both ways to answer an operation, side by side: what differs, and how often there was a plan to compare."""

import asyncio
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import strawberry

from gateway.context import Context
from gateway.execution.executor import Executor
from gateway.execution.operations import NoOperation, Operation, Payload, Result
from gateway.settings.model import Settings
from tests.execution.differential.ornaments import Drawn

WIDE = {
    "limit_cost": 1_000_000,
    "limit_depth": 100,
    "limit_aliases": 10_000,
    "limit_directives": 10_000,
    "limit_tokens": 100_000,
}
"""Limits that do not keep anything drawn from being run."""

MOST_ASKED_AGAIN = 6
"""Where siblings fail at once, graphql-core reports those that failed before it gave up: not always the same."""

ERROR_ID = re.compile(r"\b[0-9a-f]{32}\b")
ERRORS = "with errors "
NewContext = Callable[[], Any]


@dataclass(frozen=True)
class Difference:
    """What the two ways answered to one operation, where that is not the same."""

    drawn: Drawn
    by_plan: str
    by_graphql_core: str

    def __str__(self) -> str:
        return (
            f"{self.drawn.text}\nvariables {self.drawn.variables}, operation {self.drawn.name}\n"
            f"by plan:         {self.by_plan}\nby graphql-core: {self.by_graphql_core}"
        )


@dataclass
class Tally:
    """How many operations were sent, and what became of them."""

    sent: int = 0
    refused: int = 0
    failed: int = 0
    wavering: int = 0
    """To which graphql-core itself has several answers."""
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
        return Executor(self.schema, Settings(**self.settings))

    async def compare(self, drawn: Drawn, contexts: Sequence[NewContext]) -> list[Difference]:
        """Send a query, in as many contexts as there are: by plan all at once, for they share one."""
        by_plan = await asyncio.gather(*(answer(self.planned, drawn, new()) for new in contexts))
        found = []
        for given, new in zip(by_plan, contexts, strict=True):
            expected = await answer(self.reference, drawn, new())
            self.note(expected)
            if given != expected and not await self._wavers(drawn, new, given, expected):
                found.append(Difference(drawn, given, expected))
        self.tally.differences += found
        return found

    async def compare_change(self, drawn: Drawn, by_plan: Context, by_graphql_core: Context) -> list[Difference]:
        """Send a mutation, to two worlds that are the same."""
        given = await answer(self.planned, drawn, by_plan)
        expected = await answer(self.reference, drawn, by_graphql_core)
        self.note(expected)
        found = [] if given == expected else [Difference(drawn, given, expected)]
        self.tally.differences += found
        return found

    async def _wavers(self, drawn: Drawn, new: NewContext, given: str, expected: str) -> bool:
        """Whether an answer by plan is one that graphql-core gives as well, when both are asked again."""
        by_plan, by_graphql_core = {given}, {expected}
        for _ in range(MOST_ASKED_AGAIN):
            by_plan.add(await answer(self.planned, drawn, new()))
            by_graphql_core.add(await answer(self.reference, drawn, new()))
            if len(by_graphql_core) > 1 and by_plan & by_graphql_core:
                self.tally.wavering += 1
                return True
        return False

    def note(self, answered: str) -> None:
        self.tally.sent += 1
        self.tally.refused += answered.startswith("refused")
        self.tally.failed += ERRORS in answered


async def answer(executor: Executor, drawn: Drawn, context: Context) -> str:
    """What an operation is answered, as its caller would read it but for the ids of errors."""
    try:
        return told(await executor.run(Operation(drawn.text, drawn.variables, drawn.name), context))
    except NoOperation as error:
        return f"refused {error}"


async def stream(executor: Executor, drawn: Drawn, context: Context, most: int) -> list[str]:
    """The first results of a subscription."""
    results = []
    source = executor.stream(Operation(drawn.text, drawn.variables, drawn.name), context)
    async for each in source:
        results.append(told(each))
        if len(results) == most:
            break
    await source.aclose()
    return results


def told(result: Result) -> str:
    payload: Payload = dict(result.payload)
    errors = sorted(ERROR_ID.sub("(id)", written(each)) for each in payload.pop("errors", ()))
    start = "refused " if result.is_refusal else ""
    return f"{start}{written(payload)}" + (f" {ERRORS}[{', '.join(errors)}]" if errors else "")


def written(content: object) -> str:
    """As JSON, where what is none is seen as what it is."""
    return json.dumps(content, default=repr)
