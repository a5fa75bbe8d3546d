"""Keyset windows over lists: which items a window shows, and whether its list goes on at either side."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, literal, tuple_
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from gateway.services.core.model.pages import Place, Window

Comparison = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True)
class Order:
    """What a list is ordered by: an instant and then the id, or the id alone."""

    id: Any
    at: Any = None

    @property
    def columns(self) -> tuple[Any, ...]:
        return (self.id,) if self.at is None else (self.at, self.id)

    def place(self, row: Any) -> Place:
        """The place that a row of `columns` stands for."""
        return Place(row[0]) if self.at is None else Place(row[1], row[0])

    def compare(self, how: Comparison, place: Place) -> ColumnElement[bool]:
        if self.at is None:
            return how(self.id, place.id)  # type: ignore[no-any-return]
        given = tuple_(literal(place.at, self.at.type), literal(place.id, self.id.type))
        return how(tuple_(self.at, self.id), given)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Keys:
    """The places of a window in the order of its list, and whether the list goes on at either side."""

    places: Sequence[Place]
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class View:
    """A list as its reader sees it: earlier means nearer to its beginning, whichever way its instants run."""

    order: Order
    window: Window

    def inside(self) -> list[ColumnElement[bool]]:
        """What lies between the window's bounds."""
        after, before = self.window.after, self.window.before
        return [
            *([self.order.compare(self._later, after)] if after else []),
            *([self.order.compare(self._earlier, before)] if before else []),
        ]

    def up_to(self, place: Place) -> ColumnElement[bool]:
        return self.order.compare(operator.ge if self.window.is_newest_first else operator.le, place)

    def from_(self, place: Place) -> ColumnElement[bool]:
        return self.order.compare(operator.le if self.window.is_newest_first else operator.ge, place)

    def counted(self) -> list[Any]:
        """The order in which the window's items are counted: from its end, or from its beginning."""
        return self.sorted(is_descending=self.window.is_newest_first != self.window.from_end)

    def sorted(self, *, is_descending: bool) -> list[Any]:
        return [column.desc() if is_descending else column.asc() for column in self.order.columns]

    def keys(self, counted: Sequence[Place], *, has_before: bool, has_after: bool) -> Keys:
        """What the window shows of up to `size + 1` places, counted as it counts.

        Args:
            has_before: whether the list has anything up to the window's own `after`.
            has_after: whether it has anything from its `before` on.
        """
        goes_on, places = len(counted) > self.window.size, list(counted[: self.window.size])
        if self.window.from_end:
            return Keys(places[::-1], goes_on or has_before, has_after)
        return Keys(places, has_before, goes_on or has_after)

    @property
    def _later(self) -> Comparison:
        return operator.lt if self.window.is_newest_first else operator.gt

    @property
    def _earlier(self) -> Comparison:
        return operator.gt if self.window.is_newest_first else operator.lt


async def keys_of(
    session: AsyncSession, order: Order, conditions: Sequence[ColumnElement[bool]], window: Window
) -> Keys:
    """The places that the window shows: one statement, and one more where the window has a bound."""
    view = View(order, window)
    statement = select(*order.columns).where(*conditions, *view.inside())
    found = await session.exec(statement.order_by(*view.counted()).limit(window.size + 1))
    counted = [order.place(row if len(order.columns) > 1 else (row,)) for row in found]
    has_before = has_after = False
    if window.after or window.before:
        beyond = select(*_beyond(view, conditions))
        before, after = (await session.exec(beyond)).one()
        has_before, has_after = before is not None, after is not None
    return view.keys(counted, has_before=has_before, has_after=has_after)


def _beyond(view: View, conditions: Sequence[ColumnElement[bool]]) -> tuple[Any, Any]:
    """The nearest item on the other side of either bound; null where there is none, or no bound.

    Nearest first, so that the list's own index finds it at once.
    """
    window = view.window

    def nearest(*beyond: ColumnElement[bool], is_descending: bool) -> Any:
        found: Select[Any] = select(view.order.id).where(*conditions, *beyond)
        return found.order_by(*view.sorted(is_descending=is_descending)).limit(1).scalar_subquery()

    nothing = literal(None)
    return (
        nearest(view.up_to(window.after), is_descending=not window.is_newest_first) if window.after else nothing,
        nearest(view.from_(window.before), is_descending=window.is_newest_first) if window.before else nothing,
    )
