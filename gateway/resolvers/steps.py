"""How a field is answered, as one declared value: of it both graphql-core's resolver and a plan's code are made."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import iscoroutinefunction
from operator import attrgetter
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLResolveInfo

from gateway.context import Context
from gateway.schema.relations import Answer
from gateway.services.core.model.values import Role
from gateway.services.reading.later import Later
from gateway.services.reading.reader import Finder

STEP, ROLES = "gateway-step", "gateway-roles"
"""Where a field's extensions hold its step, and the sets of roles of which its caller must have one each."""

Resolver = Callable[..., object]
Find = Callable[[Context, Any], object]
"""Finds by a key: gives the value itself where it is known, else an awaitable."""


@dataclass(frozen=True, slots=True)
class Found:
    """Finds by one look-up, so that many keys can be asked for at once."""

    finder: Finder[Any, Any]

    def __call__(self, context: Context, key: Any) -> object:
        return context.reads.ask(self.finder, key)


@dataclass(frozen=True, slots=True)
class FromValue:
    """Read from the value that the object wraps."""

    read: Callable[[Any], object]
    answer: Answer | None = None

    def resolver(self) -> Resolver:
        read, answer = self.read, self.answer
        if answer is None:
            return lambda source, info: read(source.value)
        return lambda source, info: answer(read(source.value))


@dataclass(frozen=True, slots=True)
class FromValueNow:
    """Read from the value that the object wraps and the time of the request."""

    read: Callable[[Any, datetime], object]

    def resolver(self) -> Resolver:
        read = self.read
        return lambda source, info: read(source.value, info.context.now)


@dataclass(frozen=True, slots=True)
class FromAttribute:
    """An attribute of the object."""

    name: str

    def resolver(self) -> Resolver:
        read = attrgetter(self.name)
        return lambda source, info: read(source)


@dataclass(frozen=True, slots=True)
class FromRelation:
    """Found by a key.

    Args:
        by: makes the key of the value, None for nothing; or, where it `takes_object`, of the object and the field's
            arguments.
    """

    by: Callable[..., object]
    find: Find
    answer: Answer
    takes_object: bool = False

    def resolver(self) -> Resolver:
        by, find, answer = self.by, self.find, self.answer
        is_coroutine = iscoroutinefunction(find)

        def resolve(source: Any, info: GraphQLResolveInfo[Context], **arguments: object) -> object:
            key = by(source, **arguments) if self.takes_object else by(source.value)
            if key is None:
                return None
            if is_coroutine:  # begun when it is waited for, which it is not where a sibling fails
                return Later(lambda: _awaited(find(info.context, key), answer))  # type: ignore[arg-type]
            found = find(info.context, key)
            return Later(lambda: _awaited(found, answer)) if isinstance(found, Awaitable) else answer(found)

        return resolve


@dataclass(frozen=True, slots=True)
class FromMethod:
    """Returned by a method as Strawberry calls it, directly or by an awaitable.

    Args:
        info: the name of the parameter that takes Strawberry's `Info`, None where it takes none.
        takes_object: whether the object is its first argument.
        arguments: Strawberry's, by which the field's are converted.
    """

    method: Callable[..., object]
    info: str | None
    takes_object: bool
    arguments: Sequence[Any]


class FromEvent:
    """What a subscription's source gave, as it is."""


Step: TypeAlias = FromValue | FromValueNow | FromAttribute | FromRelation | FromMethod | FromEvent


def step_of(field: GraphQLField) -> Step | None:
    """How the field is answered; None where nothing is known of it but its resolver."""
    step: Step | None = field.extensions.get(STEP)
    return step


def roles_of(field: GraphQLField) -> tuple[frozenset[Role], ...]:
    """The sets of roles of which the field's caller must have one each."""
    roles: tuple[frozenset[Role], ...] = field.extensions.get(ROLES, ())
    return roles


async def _awaited(coming: Awaitable[object], answer: Answer) -> object:
    return answer(await coming)
