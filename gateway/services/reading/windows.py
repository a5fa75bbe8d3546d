"""Keyset windows in SQL: the items of one, and whether the list goes on at either side."""

import operator
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Integer,
    Select,
    bindparam,
    literal_column,
    null,
    select,
    tuple_,
    type_coerce,
)

from db.compiled import Raw
from gateway.services.core.model.pages import Page, Place, Places, Window

Value = TypeVar("Value")
Comparison = Callable[[Any, Any], Any]
Sql = ColumnElement[Any]

MOST = bindparam("most", type_=Integer())
"""How many items are read: one more than a window shows, to know whether there are more."""


@dataclass(frozen=True, slots=True, eq=False)
class Order:
    """What a list is ordered by: an instant and then the id, or the id alone."""

    id: Column[Any]
    at: Column[Any] | None = None

    @property
    def columns(self) -> list[Column[Any]]:
        return [self.id] if self.at is None else [self.at, self.id]

    def place(self, item: Any) -> Place:
        """The place of an item, whose attributes have the names of the columns."""
        return Place(item.id) if self.at is None else Place(item.id, getattr(item, self.at.key))

    def stored(self, items: Sequence[Any]) -> Callable[[Any], tuple[int | None, bytes]] | None:
        """What tells the places of items as they are stored: of views of SQLite's rows, and None of any others."""
        lying = getattr(type(items[0]), "lying", None) if items else None
        found = [lying.get(column.key) for column in self.columns] if lying else []
        if [each and each.form for each in found] == ["microseconds", "bytes"]:
            return itemgetter(*(each.place for each in found))
        if [each and each.form for each in found] == ["bytes"]:
            [key] = found
            return lambda item: (None, item[key.place])
        return None

    def sorted(self, *, is_descending: bool) -> list[Sql]:
        return [column.desc() if is_descending else column.asc() for column in self.columns]

    def compare(self, how: Comparison, bound: str) -> Sql:
        """A comparison with a bound of the window, "after" or "before", whose values are in `parameters`."""
        place = [bindparam(f"{bound}_{column.key}", type_=column.type) for column in self.columns]
        if len(place) == 1:
            return how(self.id, *place)  # type: ignore[no-any-return]  # an operator's
        return how(tuple_(*self.columns), tuple_(*place))  # type: ignore[no-any-return]  # likewise

    def parameters(self, window: Window) -> dict[str, object]:
        """The window's bounds, and how many items are read."""
        bounds = {"after": window.after, "before": window.before}
        places = {bound: self._values(place) for bound, place in bounds.items() if place}
        named = {f"{bound}_{name}": value for bound, place in places.items() for name, value in place.items()}
        return {**named, MOST.key: window.size + 1}

    def _values(self, place: Place) -> dict[str, object]:
        return {self.id.key: place.id} if self.at is None else {self.at.key: place.at, self.id.key: place.id}


@dataclass(frozen=True, slots=True)
class View:
    """The properties of a window on which the text of its statement depends. Earlier means nearer to the beginning of
    the list, in whichever direction its instants run."""

    has_after: bool
    has_before: bool
    from_end: bool
    is_newest_first: bool

    @classmethod
    def of(cls, window: Window) -> "View":
        return cls(window.after is not None, window.before is not None, window.from_end, window.is_newest_first)

    def inside(self, order: Order) -> list[Sql]:
        """What lies between the window's bounds."""
        later, earlier = (operator.lt, operator.gt) if self.is_newest_first else (operator.gt, operator.lt)
        after = [order.compare(later, "after")] if self.has_after else []
        before = [order.compare(earlier, "before")] if self.has_before else []
        return [*after, *before]

    def counting(self, order: Order) -> list[Sql]:
        """The order in which the window's items are read: from its end, or from its beginning."""
        return order.sorted(is_descending=self.is_newest_first != self.from_end)

    def up_to(self, order: Order) -> Sql | None:
        """What lies up to the window's own `after`; None where it has none."""
        return order.compare(operator.ge if self.is_newest_first else operator.le, "after") if self.has_after else None

    def from_(self, order: Order) -> Sql | None:
        """What lies from its `before` on."""
        return (
            order.compare(operator.le if self.is_newest_first else operator.ge, "before") if self.has_before else None
        )

    def goes_on(self, order: Order, conditions: Sequence[Sql]) -> Select[Any]:
        """One row: whether the list has anything up to the window's `after`, and anything from its `before` on."""
        backwards = self._has(self.up_to(order), order, conditions, is_descending=not self.is_newest_first)
        forwards = self._has(self.from_(order), order, conditions, is_descending=self.is_newest_first)
        return select(backwards.label("has_up_to"), forwards.label("has_from"))

    def _has(self, beyond: Sql | None, order: Order, conditions: Sequence[Sql], *, is_descending: bool) -> Sql:
        if beyond is None:
            return null()
        # Nearest first, so that the list's own index finds it at once: EXISTS would leave the order, and so the index,
        # to the planner. What it gives is a truth value as it is stored, for it comes with every row.
        nearest = select(order.id).where(*conditions, beyond).order_by(*order.sorted(is_descending=is_descending))
        return type_coerce(nearest.limit(literal_column("1")).scalar_subquery().is_not(None), Integer)


def page_of(
    order: Order,
    window: Window,
    found: Sequence[Value],
    *,
    has_up_to: bool,
    has_from: bool,
    counted_by: tuple[object, ...] = (),
) -> Page[Value]:
    """The page of a window, from the items that were found for it, in the order of the list: at most one more than its
    size.

    Args:
        has_up_to: whether the list has anything up to the window's own `after`.
        has_from: whether it has anything from its `before` on.
        counted_by: as the page has it.
    """
    goes_on = len(found) > window.size
    if goes_on:
        found = found[1:] if window.from_end else found[:-1]
    has_previous = has_up_to or (goes_on and window.from_end)
    has_next = has_from or (goes_on and not window.from_end)
    return Page(found, Places(found, order.place, order.stored(found)), has_previous, has_next, counted_by)


def in_order(order: Order, window: Window, rows: Iterable[Raw], columns: Sequence[str]) -> list[Raw]:
    """A driver's rows in the order of the list: SQL guarantees none through a join. What is in order already costs
    nothing to sort, and databases store instants and ids so that they sort as they are."""
    places = [columns.index(column.key) for column in order.columns]
    return sorted(rows, key=itemgetter(*places), reverse=window.is_newest_first)
