"""How many items a list has: exactly where that is told by looking at few rows, else at least so many."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Dialect, Integer, and_, case, func, literal_column, select

from db.compiled import Raw, Statement
from gateway.services.core.model.pages import Count, Window
from gateway.services.reading.filters import Condition, Filter
from gateway.services.reading.lists import KEPT, Counting, Listing
from gateway.services.reading.owned import OwnedCounting, Ownership
from gateway.services.reading.reader import Finder, Reader
from gateway.services.reading.source import Source
from gateway.services.reading.windows import MOST, View

MOST_LOOKED_AT = 10_000
"""Rows of a list that are looked at: about two milliseconds. Who needs to know more than that wants an export."""

WHOLE = View.of(Window(0, is_newest_first=True))


class Reads(Protocol):
    """What an operation has read, see `gateway.services.reading.snapshot`."""

    reader: Reader

    async def find(self, finder: Finder[Any, Count], key: Any) -> Count: ...


async def total(reads: Reads, counted_by: Iterable[object]) -> Count:
    """How many items the list of a page has, by what the page is counted by. Raises as the source does."""
    number = Count(0)
    for each in counted_by:
        match each:
            case Counting(listing, wanted):
                number += await count(reads.reader.source, listing, wanted)
            case OwnedCounting(of, wanted, owner):
                number += await reads.find(CountOfOwned(of, wanted), owner)
    return number


async def count(source: Source, listing: Listing[Any], wanted: Filter | None) -> Count:
    """How many items of a list meet a filter. Rows are looked at as an index has them, by the one condition that an
    index serves best; of a list that is longer than that, its latest items are told.

    Raises:
        Unavailable: the database cannot be used now.
    """
    asked = wanted.conditions() if wanted else {}
    parameters: dict[str, object] = {MOST.key: MOST_LOOKED_AT + 1}
    for condition, value in asked.items():
        parameters |= condition.parameters(value, source.dialect)
    statement = count_statement(listing, tuple(asked))
    [[looked_at, counted]] = await source.rows(statement, **parameters)
    return Count(min(counted or 0, MOST_LOOKED_AT), is_exact=looked_at <= MOST_LOOKED_AT)


@lru_cache(KEPT)
def count_statement(listing: Listing[Any], asked: tuple[Condition, ...]) -> Statement:
    """How many rows were looked at, and how many of them meet all conditions."""
    found_by = [condition for condition in asked if condition.is_range]
    if served := [condition for condition in asked if condition.is_served]:
        found_by.append(served[0])
    rest = [condition.sql for condition in asked if condition not in found_by]
    meets = case((and_(*rest), 1), else_=0) if rest else literal_column("1", Integer)
    rows = (
        select(meets.label("meets"))
        .select_from(listing.order.id.table)
        .where(*(condition.sql for condition in found_by))
        .order_by(*WHOLE.counting(listing.order))
        .limit(MOST)
        .subquery("looked_at")
    )
    totals: tuple[Any, ...] = (func.count().label("looked_at"), func.sum(rows.c.meets).label("counted"))
    return Statement(select(*totals).select_from(rows))


@dataclass(frozen=True, slots=True)
class CountOfOwned:
    """Finds how long the lists of many owners are, see `gateway.services.reading.reader`: all of what is theirs is
    counted, which is not much of what there is."""

    of: Ownership[Any]
    wanted: Filter | None = None

    @property
    def absent(self) -> Count:
        return Count(0)

    @property
    def is_brief(self) -> bool:
        return False

    @property
    def statement(self) -> Statement:
        return _of_owners(self.of, tuple(self.wanted.conditions() if self.wanted else ()))

    def asked(self, keys: Sequence[Any], dialect: Dialect) -> tuple[str, Sequence[object]]:
        given = self.of.among.parameters(keys, dialect)
        for condition, value in (self.wanted.conditions() if self.wanted else {}).items():
            given |= condition.parameters(value, dialect)
        compiled = self.statement.on(dialect)
        return compiled.sql, compiled.bound(given)

    def single(self, dialect: Dialect) -> None:
        return None

    def found(self, rows: Sequence[Raw], dialect: Dialect) -> Mapping[Any, Count]:
        read = self.statement.on(dialect).read
        return {owner: Count(counted) for owner, counted in map(read, rows)}


@lru_cache(KEPT)
def _of_owners(of: Ownership[Any], asked: tuple[Condition, ...]) -> Statement:
    rows = of.rows(of.listing.kind.select.add_columns(of.owner.label("owner")))
    each = rows.where(*(condition.sql for condition in asked)).subquery("each")
    totals: tuple[Any, ...] = (each.c.owner, func.count().label("counted"))
    return Statement(select(*totals).group_by(each.c.owner))
