"""The lists, and a page of one by a single statement, whatever its filter and its window."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import Column, ColumnElement, Select, null, select, true

from db.compiled import Raw, Statement
from db.statements import AUDIT, COURSE, JOB, PAYMENT, PURCHASE, REFUND, TIER
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Course, Payment, Purchase, Refund
from gateway.services.reading.filters import Condition, Filter
from gateway.services.reading.narrowing import Learnt, Narrowing, narrowing
from gateway.services.reading.source import Source
from gateway.services.reading.windows import MOST, Order, View, in_order, page_of
from gateway.services.rows import kinds
from gateway.services.rows.kinds import Kind

Value = TypeVar("Value")

KEPT = 500
"""Statements that are kept compiled. Of thousands of combinations, a gateway's callers use a few dozen; another one
costs the milliseconds that it takes to compile."""


@dataclass(frozen=True, slots=True, eq=False)
class Listing(Generic[Value]):
    """A list of values of a kind in an order.

    Args:
        parts: what the rows of one item are ordered by; None where each item is one row.
    """

    kind: Kind[Value]
    order: Order
    parts: Column[Any] | None = None

    def counted(
        self, kind: Kind[Value], conditions: Sequence[ColumnElement[bool]], counting: Sequence[Any]
    ) -> Select[Any]:
        """The rows of as many items as are read of those that meet the conditions.

        Args:
            kind: the list's own, or what is read of it.
        """
        if self.parts is None:
            return kind.select.where(*conditions).order_by(*counting).limit(MOST)
        keys = select(self.order.id).where(*conditions).order_by(*counting).limit(MOST)
        return kind.select.where(self.order.id.in_(keys))

    def narrowed(self, learnt: Learnt) -> Narrowing[Value] | None:
        """What one operation reads of its rows, so far as that was learnt; None where an item is several rows."""
        if self.kind.layout is None:
            return None
        return narrowing(learnt, self.kind, [column.key for column in self.order.columns])


COURSES: Listing[Course] = Listing(kinds.COURSES, Order(COURSE.c.id), TIER.c.rank)
PAYMENTS: Listing[Payment] = Listing(kinds.PAYMENTS, Order(PAYMENT.c.id, PAYMENT.c.created_at))
PURCHASES: Listing[Purchase] = Listing(kinds.PURCHASES, Order(PURCHASE.c.id, PURCHASE.c.created_at))
REFUNDS: Listing[Refund] = Listing(kinds.REFUNDS, Order(REFUND.c.id, REFUND.c.created_at))
DISPUTES: Listing[Refund] = Listing(kinds.REFUNDS, Order(REFUND.c.id))
"""Refunds beside jobs, which lie by their ids: the few that are asked for are sorted."""
JOBS: Listing[Job] = Listing(kinds.JOBS, Order(JOB.c.id))
ENTRIES: Listing[AuditEntry] = Listing(kinds.ENTRIES, Order(AUDIT.c.id))
"""All lists are ordered by time of creation. Where that field can be ordered by in the API, ids are not exact
enough."""


class Counting(NamedTuple):
    """What says how many items there are: the list, and the filter."""

    listing: Listing[Any]
    wanted: Filter | None


async def page(
    source: Source,
    listing: Listing[Value],
    window: Window,
    wanted: Filter | None = None,
    learnt: Learnt | None = None,
) -> Page[Value]:
    """The page of a window of a list, with the filter applied: its items are views of their rows.

    Args:
        learnt: what was learnt of the operation that asks, see `gateway.services.reading.narrowing`.

    Raises:
        Unavailable: the database cannot be used now.
    """
    asked = wanted.conditions() if wanted else {}
    parameters = listing.order.parameters(window)
    for condition, value in asked.items():
        parameters |= condition.parameters(value, source.dialect)
    narrowed = None if learnt is None else listing.narrowed(learnt)
    kind = narrowed.kind if narrowed else listing.kind
    statement = page_statement(listing, tuple(asked), View.of(window), kind)
    rows = await _read(source, statement, parameters, is_brief=not asked)
    *_, has_up_to, has_from = rows[0] if rows else (None, None)
    shown = in_order(listing.order, window, (row for row in rows if row[0] is not None), kind.columns)
    found = narrowed.views(kind, shown, source.dialect) if narrowed else kind.on(source.dialect).views(shown)
    counted_by = (Counting(listing, wanted),)
    return page_of(
        listing.order, window, found, has_up_to=bool(has_up_to), has_from=bool(has_from), counted_by=counted_by
    )


async def _read(
    source: Source, statement: Statement, parameters: Mapping[str, object], *, is_brief: bool
) -> Sequence[Raw]:
    """The rows of a page. Without a filter, the list's own index leads to as many rows as are read and no more, which
    takes no longer than a look-up of as many keys: on another thread, each row would wait for the loop's."""
    compiled = statement.on(source.dialect)
    bound = compiled.bound(parameters)
    rows = source.fetch_now(compiled.sql, bound) if is_brief else None
    return await source.fetch(compiled.sql, bound) if rows is None else rows


@lru_cache(KEPT)
def page_statement(
    listing: Listing[Any], asked: tuple[Condition, ...], view: View, kind: Kind[Any] | None = None
) -> Statement:
    """The rows of a window's items, each with two marks of whether the list goes on beyond the window's bounds. An
    empty window has one row of nulls with these two; where it has no bounds, it has none."""
    kind = kind or listing.kind
    first, *_ = kind.select.selected_columns
    assert not first.nullable, "a null there says that there is no item"
    conditions = [condition.sql for condition in asked]
    rows = listing.counted(kind, [*conditions, *view.inside(listing.order)], view.counting(listing.order))
    if not (view.has_after or view.has_before):  # each row need not be carried through a join
        plain = rows.add_columns(null().label("has_up_to"), null().label("has_from"))
        return Statement(plain if listing.parts is None else plain.order_by(listing.parts))
    shown = rows.subquery("shown")
    goes_on = view.goes_on(listing.order, conditions).subquery("goes_on")
    statement = select(shown, goes_on).select_from(goes_on.outerjoin(shown, true()))
    return Statement(statement if listing.parts is None else statement.order_by(shown.c[listing.parts.key]))
