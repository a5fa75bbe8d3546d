"""Lists by the Relay server specification: edges, cursors and page info."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from itertools import count, repeat
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import strawberry
from strawberry import type as graphql_type

from gateway.schema.conventions.costs import COUNT
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.errors import bad_input
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import pages
from gateway.services.core.model.pages import Page, Places, Window

DEFAULT_SIZE = 20

NodeType = TypeVar("NodeType")
Value = TypeVar("Value")

First = Annotated[
    int | None, strawberry.argument(description="How many, from the beginning: 0 to 100; 20 if left out.")
]
After = Annotated[str | None, strawberry.argument(description="Only what comes after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="How many, from the end: 0 to 100. Not with `first`.")]
Before = Annotated[str | None, strawberry.argument(description="Only what comes before this cursor.")]


class Placed(NamedTuple, Generic[Value]):
    """An item, and which one it is of a page: its cursor is not written before it is asked for."""

    item: Value
    number: int
    listed: "Listed[Value]"

    @property
    def cursor(self) -> str:
        return self.listed.cursor(self.number)


_PLACED: Callable[[Iterable[Any]], Placed[Any]] = partial(tuple.__new__, Placed)
"""Of its three attributes: a page has dozens, and in this way no Python runs for each."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[Value]):
    """A page and the list that it is of."""

    page: Page[Value]
    cursors: Cursors

    @property
    def placed(self) -> Sequence[Placed[Value]]:
        """The items, each with its place."""
        return list(map(_PLACED, zip(self.page.items, count(), repeat(self))))

    @property
    def start_cursor(self) -> str | None:
        return self.cursor(0) if self.page.places else None

    @property
    def end_cursor(self) -> str | None:
        return self.cursor(-1) if self.page.places else None

    def cursor(self, number: int) -> str:
        """That of an item."""
        places = self.page.places
        stored = places.stored(number) if isinstance(places, Places) else None
        return self.cursors.write_stored(*stored) if stored else self.cursors.write(places[number])


_listed = FieldsOf[Listed[Any]]()
_placed = FieldsOf[Placed[Any]]()
_count = FieldsOf[pages.Count]()


@graphql_type(description="Where a page lies in its list.")
class PageInfo(Wraps[Listed[Any]]):
    has_next_page: bool = _listed.field(
        "Whether the list goes on after this page.", lambda listed: listed.page.has_next
    )
    has_previous_page: bool = _listed.field(
        "Whether the list has anything before this page.", lambda listed: listed.page.has_previous
    )
    start_cursor: str | None = _listed.field(
        "The cursor of the first edge; null on an empty page.", lambda listed: listed.start_cursor
    )
    end_cursor: str | None = _listed.field(
        "The cursor of the last edge; give it as `after` for the next page. Null on an empty page.",
        lambda listed: listed.end_cursor,
    )


@graphql_type(description="An item and its place in the list.")
class Edge(Wraps[Placed[Any]], Generic[NodeType]):
    node: NodeType = _placed.wrapped("The item.", lambda placed: placed.item)
    cursor: str = _placed.field(
        "The item's place in the list, for `after` and `before` of the same list in the same order.",
        lambda placed: placed.cursor,
    )


@strawberry.enum(description="How exact a count is.")
class CountPrecision(Enum):
    EXACT = strawberry.enum_value("EXACT", description="There are so many.")
    AT_LEAST = strawberry.enum_value(
        "AT_LEAST", description="There are so many among the 10,000 that were looked at, and the list goes on."
    )


@graphql_type(description="How many there are.")
class Count(Wraps[pages.Count]):
    count: int = _count.field("The number.", lambda count: count.number)
    precision: CountPrecision = _count.field(
        "How exact it is.", lambda count: CountPrecision.EXACT if count.is_exact else CountPrecision.AT_LEAST
    )


@graphql_type(description="A page of a list.")
class Connection(Wraps[Listed[Any]], Generic[NodeType]):
    edges: list[Edge[NodeType]] = _listed.wrapped(
        "The items of the page, each with its cursor.", lambda listed: listed.placed
    )
    nodes: list[NodeType] = _listed.wrapped("The items of the page, without cursors.", lambda listed: listed.page.items)
    page_info: PageInfo = _listed.wrapped("Where the page lies.", lambda listed: listed)
    total_count: Count = _listed.relation(
        "How many items the whole list has, whatever the page. Counted where it is asked for, and so far as that takes "
        "little: see `precision`.",
        by=lambda listed: listed.page.counted_by,
        cost=COUNT,
    )


def connection_of(page: Page[Any], cursors: Cursors) -> Connection[Any]:
    """The page as a connection of the nodes that the field's type names."""
    return Connection.of(Listed(page, cursors))


def answer_in(cursors: Cursors) -> Callable[[Page[Any]], Connection[Any]]:
    """Makes the connection of a page, for a relation to a list."""
    return lambda page: connection_of(page, cursors)


def asked(first: int | None, after: str | None, last: int | None, before: str | None, cursors: Cursors) -> Window:
    """The part of a list that a caller asks for.

    Raises:
        GraphQLError: BAD_USER_INPUT, for a size out of bounds or a cursor that is none of this list.
    """
    size, from_end = asked_size(first, last)
    return Window(
        size,
        after=cursors.read(after, "after"),
        before=cursors.read(before, "before"),
        from_end=from_end,
        is_newest_first=cursors.is_newest_first,
    )


def asked_size(first: int | None, last: int | None) -> tuple[int, bool]:
    """How many items, and whether they are counted from the list's end.

    Raises:
        GraphQLError: BAD_USER_INPUT, where both are given, or one out of bounds.
    """
    if first is not None and last is not None:
        raise bad_input("give first or last, not both")
    if last is not None:
        return size_of(last, "last"), True
    return size_of(DEFAULT_SIZE if first is None else first), False


MOST = 100
"""A page that a person can look at, and a query whose cost is known before it runs."""


def number_of(after: int) -> int:
    """After which number a list of numbered things goes on. Raises: GraphQLError, BAD_USER_INPUT, below 0."""
    if after < 0:
        raise bad_input(f"after must be 0 or more; this is {after}")
    return after


def size_of(first: int, argument: str = "first") -> int:
    """The number as given. None at all may be asked for: a list's page info says then whether it has anything.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it is not 0 to 100.
    """
    if not 0 <= first <= MOST:
        raise bad_input(f"{argument} must be 0 to {MOST}; this is {first}")
    return first
