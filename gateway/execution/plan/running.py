"""Runs a plan: level by level, each relation of a level asked once for all the objects that have it."""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass, field
from inspect import iscoroutine
from types import CoroutineType
from typing import Any, TypeAlias

from graphql.execution.values import VariableValues
from graphql.pyutils import gather_with_cancel
from strawberry.execution import optimized_is_awaitable

from gateway.context import Context, Learnt
from gateway.execution.plan.deviation import Deviation
from gateway.execution.plan.resuming import Failed, Finished, Given, Recorded

Answer: TypeAlias = dict[str, Any]
Waiting: TypeAlias = list[tuple[Any, Answer]]
"""What a relation is asked for: each key, and the object of the answer that has what it finds."""


class Run:
    """What one run of a plan goes by. `event`: what a subscription's source gave."""

    __slots__ = ("context", "event", "extensions", "queues", "values")

    def __init__(
        self,
        context: Context,
        values: VariableValues,
        event: object = None,
        extensions: dict[str, Any] | None = None,
    ) -> None:
        self.context, self.values, self.event, self.extensions = context, values, event, extensions
        self.queues: list[Waiting] = []


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """A relation, or a method, at one place of an operation.

    Args:
        queue: where among the run's queues those wait that it is asked for.
        ask: gives what is found for each of them in their order, at once or by an awaitable.
        complete: writes what was found into those that wait, and asks for what lies below.
    """

    queue: int
    ask: Callable[[Waiting, Run], Any]
    complete: Callable[[Waiting, Sequence[Any], Run], None]


Levels: TypeAlias = tuple[tuple[Join, ...], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Root:
    """A field at the root of an operation.

    Args:
        start: writes it; or puts the arguments of its method into the first of its levels.
        call: calls that method with them; None where there is none.
    """

    name: str
    start: Callable[[Run, Answer], None]
    call: Callable[[Any, Run], Any] | None
    levels: Levels


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """One operation, compiled. `size_bytes`: about what it takes to keep.

    `learnt` is what the reads of its runs remember of one another, and theirs alone.
    """

    roots: tuple[Root, ...]
    levels: Levels
    queues: int
    size_bytes: int
    learnt: Learnt = field(default_factory=dict)
    empty: Answer = field(init=False)
    """The names of the root's fields in their order, and nothing of any yet."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "empty", {root.name: None for root in self.roots})

    async def query(self, run: Run) -> Answer:
        """The answer's data, all fields of the root at once.

        Raises:
            Deviation: only graphql-core knows the answer.
        """
        try:
            data = self._started(run)
            for root in self.roots:
                root.start(run, data)
            await _complete(self.levels, run)
        except Exception as error:  # whatever it is, graphql-core comes to it again and tells of it
            raise Deviation from error
        return data

    async def mutate(self, run: Run, recorded: Recorded) -> Answer:
        """The same for a mutation: one field of the root after the other.

        `recorded` has what each of them came to, also where the next one deviates, so that none is ever run twice.
        """
        try:
            data = self._started(run)
            for root in self.roots:
                root.start(run, data)
                if root.call is None:  # `__typename`
                    continue
                [[method], *below] = root.levels
                waiting = run.queues[method.queue]
                [(arguments, _)] = waiting
                try:
                    found = root.call(arguments, run)
                    if type(found) is CoroutineType or optimized_is_awaitable(found):
                        found = await found
                except Exception as error:
                    recorded[root.name] = Failed(error)
                    raise
                recorded[root.name] = Given(found)
                method.complete(waiting, (found,), run)
                if below:
                    await _complete(below, run)
                recorded[root.name] = Finished(data[root.name])
        except Exception as error:  # graphql-core tells of it, by what is recorded
            raise Deviation from error
        return data

    def _started(self, run: Run) -> Answer:
        run.queues = [[] for _ in range(self.queues)]
        return self.empty.copy()


async def _complete(levels: Sequence[tuple[Join, ...]], run: Run) -> None:
    """One level after the other; what is asked of several sources for a level is waited for together."""
    queues = run.queues
    for level in levels:
        asked = [join for join in level if queues[join.queue]] if len(level) > 1 else level
        if len(asked) == 1:
            [join] = asked
            if waiting := queues[join.queue]:
                found = join.ask(waiting, run)
                if type(found) is not list and optimized_is_awaitable(found):
                    found = await found
                join.complete(waiting, found, run)
        elif asked:
            every = _asked(asked, run)
            if places := _awaited_at(every):
                every = await _all_of(every, places)
            for join, each in zip(asked, every, strict=True):
                join.complete(queues[join.queue], each, run)


def _asked(joins: Sequence[Join], run: Run) -> list[Any]:
    """What the joins of a level ask for gives."""
    found: list[Any] = []
    try:
        for join in joins:
            found.append(join.ask(run.queues[join.queue], run))
    except BaseException:
        _drop(found)
        raise
    return found


def at_once(calls: Sequence[Callable[[], Any]]) -> Sequence[Any] | Awaitable[Sequence[Any]]:
    """What the calls give, in their order: at once where none of it has to be waited for."""
    found: list[Any] = []
    try:
        for call in calls:
            found.append(call())
    except BaseException:
        _drop(found)
        raise
    return _Several(found, places) if (places := _awaited_at(found)) else found


@dataclass(frozen=True, slots=True)
class _Several:
    """What is waited for together, once somebody does; or dropped, and all that it holds with it."""

    found: list[Any]
    places: Sequence[int]

    def __await__(self) -> Generator[Any, None, list[Any]]:
        return _all_of(self.found, self.places).__await__()

    def close(self) -> None:
        _drop(self.found)


def _drop(found: Sequence[Any]) -> None:
    for each in found:
        if iscoroutine(each) or isinstance(each, _Several):
            each.close()  # nobody will await it


def _awaited_at(found: Sequence[Any]) -> Sequence[int]:
    """Where what was found has to be waited for. A list is what is found at once, and by far the most is."""
    return [place for place, each in enumerate(found) if type(each) is not list and optimized_is_awaitable(each)]


async def _all_of(found: list[Any], places: Sequence[int]) -> list[Any]:
    if len(places) == 1:
        found[places[0]] = await found[places[0]]
        return found
    awaited = await gather_with_cancel(*(found[place] for place in places))
    for place, each in zip(places, awaited, strict=True):
        found[place] = each
    return found
