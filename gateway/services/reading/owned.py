"""Lists that belong to somebody or something: a page of the list of each of many owners, by one statement."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import (
    Column,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    case,
    false,
    func,
    or_,
    select,
    type_coerce,
    union_all,
)

from db.compiled import Raw, Statement
from db.keys import Among
from db.statements import AUDIT, PAYMENT, PURCHASE, REFUND
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Payment, Purchase, Refund
from gateway.services.reading.filters import Filter
from gateway.services.reading.lists import ENTRIES, KEPT, PAYMENTS, PURCHASES, REFUNDS, Listing
from gateway.services.reading.windows import MOST, View, in_order, page_of

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Ownership(Generic[Value]):
    """Whose the items of a list are.

    Args:
        owner: the column that names the owner of a row.
        rows: adds to a select of items what leads to that column, and the condition on it.
        among: that condition, whose parameters are the owners.
        owner_of: the owner, from the item and from what the column holds as it is stored.
    """

    listing: Listing[Value]
    owner: ColumnElement[Any]
    rows: Callable[[Select[Any]], Select[Any]]
    among: Among
    owner_of: Callable[[Value, Any], object] = lambda item, stored: stored


def _by(listing: Listing[Value], owner: Column[Any]) -> Ownership[Value]:
    """By a column of the items' own."""
    among = Among(owner)
    return Ownership(listing, owner, lambda rows: rows.where(among), among)


def _of_subjects() -> Ownership[AuditEntry]:
    among = Among(AUDIT.c.subject_id)
    return Ownership(
        ENTRIES, AUDIT.c.subject_id, lambda rows: rows.where(among), among, lambda entry, stored: entry.subject_id
    )


def _refunds_of_students() -> Ownership[Refund]:
    among = Among(PAYMENT.c.student_id)
    return Ownership(
        REFUNDS,
        PAYMENT.c.student_id,
        lambda rows: rows.join(PAYMENT, PAYMENT.c.id == REFUND.c.payment_id).where(among),
        among,
    )


def _entries_of_students() -> Ownership[AuditEntry]:
    """By the payment or the purchase that an entry is about: an index leads to those of a student."""
    payments, purchases = Among(PAYMENT.c.student_id), Among(PURCHASE.c.student_id)
    theirs = union_all(
        select(PAYMENT.c.id, PAYMENT.c.student_id).where(payments),
        select(PURCHASE.c.id, PURCHASE.c.student_id).where(purchases),
    ).subquery("theirs")
    return Ownership(
        ENTRIES,
        theirs.c.student_id,
        lambda rows: rows.join(theirs, theirs.c.id == AUDIT.c.subject_id),
        payments,
    )


ENTRIES_OF_SUBJECT = _of_subjects()
"""Histories, by the payment, purchase or course that they are of."""
PURCHASES_OF_STUDENT: Ownership[Purchase] = _by(PURCHASES, PURCHASE.c.student_id)
PAYMENTS_OF_STUDENT: Ownership[Payment] = _by(PAYMENTS, PAYMENT.c.student_id)
REFUNDS_OF_STUDENT = _refunds_of_students()
ENTRIES_OF_STUDENT = _entries_of_students()


class OwnedCounting(NamedTuple):
    """What says how many items an owner's list has."""

    of: Ownership[Any]
    wanted: Filter | None
    owner: object


@dataclass(frozen=True, slots=True)
class Owned(Generic[Value]):
    """Finds the same window of the lists of many owners, see `gateway.services.reading.reader`."""

    of: Ownership[Value]
    window: Window
    wanted: Filter | None = None

    @property
    def absent(self) -> Page[Value]:
        return page_of(self.of.listing.order, self.window, [], has_up_to=False, has_from=False)

    @property
    def is_brief(self) -> bool:
        return False  # a list may be as long as it likes

    @property
    def statement(self) -> Statement:
        asked = self.wanted.conditions() if self.wanted else {}
        return _statement(self.of, View.of(self.window), tuple(asked))

    def parameters(self, keys: Sequence[Any], dialect: Dialect) -> dict[str, object]:
        given = {**self.of.listing.order.parameters(self.window), **self.of.among.parameters(keys, dialect)}
        for condition, value in (self.wanted.conditions() if self.wanted else {}).items():
            given |= condition.parameters(value, dialect)
        return given

    def asked(self, keys: Sequence[Any], dialect: Dialect) -> tuple[str, Sequence[object]]:
        compiled = self.statement.on(dialect)
        return compiled.sql, compiled.bound(self.parameters(keys, dialect))

    def single(self, dialect: Dialect) -> None:
        return None  # it is not brief

    def found(self, rows: Sequence[Raw], dialect: Dialect) -> Mapping[Any, Page[Value]]:
        kind, order = self.of.listing.kind, self.of.listing.order
        rows = in_order(order, self.window, rows, kind.columns)
        inside, up_to, from_ = dict[object, list[Value]](), set[object](), set[object]()
        for item, (*_, stored, is_up_to, is_from) in zip(kind.on(dialect).views(rows), rows, strict=True):
            owner = self.of.owner_of(item, stored)
            shown = inside.setdefault(owner, [])
            if is_up_to:
                up_to.add(owner)
            if is_from:
                from_.add(owner)
            if not (is_up_to or is_from):
                shown.append(item)
        return {
            owner: page_of(
                order,
                self.window,
                shown,
                has_up_to=owner in up_to,
                has_from=owner in from_,
                counted_by=(OwnedCounting(self.of, self.wanted, owner),),
            )
            for owner, shown in inside.items()
        }


@lru_cache(KEPT)
def _statement(of: Ownership[Any], view: View, asked: Sequence[Any]) -> Statement:
    """For each owner, the items of the window and one more, and one item beyond each of its bounds, which are marked by
    the last two columns."""
    order = of.listing.order
    sides = [false() if side is None else side for side in (view.up_to(order), view.from_(order))]
    is_up_to, is_from = (type_coerce(side, Integer) for side in sides)
    number = func.row_number().over(partition_by=[of.owner, *sides], order_by=view.counting(order))
    marks = [of.owner.label("owner"), is_up_to.label("is_up_to"), is_from.label("is_from"), number.label("number")]
    rows = of.rows(of.listing.kind.select.add_columns(*marks)).where(*(condition.sql for condition in asked))
    each = rows.subquery("each")
    *shown, counted = each.c
    most = case((or_(each.c.is_up_to, each.c.is_from), 1), else_=MOST)
    return Statement(select(*shown).where(counted <= most))
