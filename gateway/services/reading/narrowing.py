"""Which columns of rows an operation reads: its first runs tell, and later ones select no others."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Generic, TypeAlias, TypeVar, cast

from sqlalchemy import Dialect

from db.compiled import Raw, converters_of, key_of
from gateway.services.reading.reader import Finder
from gateway.services.rows.kinds import Kind
from gateway.services.rows.lookups import Lookup, OfLookup, Viewed

Key = TypeVar("Key")
Value = TypeVar("Value")
Found = TypeVar("Found")

KEPT = 500
"""Selections of columns that are kept; as many as statements, see `gateway.services.reading.lists`."""


class Narrowing(Generic[Value]):
    """What the runs of one operation have read of the rows of a kind.

    Its first runs read whole rows, and note what is asked of them. Once one has come to its end, later ones read that
    alone. A run that asks for more, since its data took another branch, fails with `NotRead`: it is to be run again on
    whole rows, and so is the next one, which notes what it asks for beside the rest.

    Args:
        always: columns that are read in any case.
    """

    def __init__(self, kind: Kind[Value], always: Collection[str]) -> None:
        self._whole = self._kind = kind
        self._read, self._least = set(always), len(always)
        self._views: dict[object, Callable[[Iterable[Raw]], list[Value]]] = {}

    @property
    def kind(self) -> Kind[Value]:
        """The kind, with the columns that are read now."""
        return self._kind

    def views(self, kind: Kind[Value], rows: Sequence[Raw], dialect: Dialect) -> list[Value]:
        """Views of rows that were read as the kind that it gave."""
        key = kind, key_of(dialect)
        if key not in self._views:
            self._views[key] = kind.form(kind.columns, converters_of(kind.select, dialect), self._note).views
        return self._views[key](rows)

    def settle(self) -> None:
        """A run has come to its end."""
        if self._kind is self._whole and len(self._read) > self._least:
            narrow = _narrow(self._whole, frozenset(self._read))
            if narrow is not self._kind:
                self._views.clear()
                self._kind = narrow

    def _note(self, column: str) -> None:
        if column not in self._read:
            self._read.add(column)
            self._kind = self._whole


@dataclass(frozen=True, slots=True, eq=False)
class Narrowed(OfLookup[Key, Value, Found]):
    """A look-up in one run: it finds views of rows with the columns that are read now."""

    narrowing: Narrowing[Value]

    def views(self, rows: Sequence[Raw], dialect: Dialect) -> list[Value]:
        return self.narrowing.views(self.lookup.kind, rows, dialect)


Learnt: TypeAlias = dict[object, Narrowing[Any]]
"""What the runs of one operation have learnt, by what they read; whoever keeps it between them only keeps it."""


def narrowing(learnt: Learnt, kind: Kind[Value], always: Collection[str]) -> Narrowing[Value]:
    """What has been learnt of a kind."""
    if kind not in learnt:
        learnt[kind] = Narrowing(kind, always)
    return cast(Narrowing[Value], learnt[kind])


def narrowed(learnt: Learnt, finder: Finder[Key, Found]) -> Finder[Key, Found]:
    """The look-up as it is to be asked now; what is none is asked as it is."""
    if not isinstance(finder, Viewed):
        return finder
    asking = learnt.get(finder)
    if not isinstance(asking, _Asking):
        asking = learnt[finder] = _Asking(finder.lookup)
    return asking.now()


class _Asking(Narrowing[Any]):
    """What the runs of one operation have read of what a look-up found."""

    def __init__(self, lookup: Lookup[Any, Any, Any]) -> None:
        super().__init__(lookup.kind, ())
        self._lookup = lookup
        self._now = Narrowed(lookup, self)

    def now(self) -> Narrowed[Any, Any, Any]:
        """The look-up, with the columns that are read now."""
        if self._now.lookup.kind is not self.kind:
            self._now = Narrowed(_lookup_of(self._lookup, self.kind), self)
        return self._now


@lru_cache(KEPT)
def _lookup_of(lookup: Lookup[Any, Any, Any], kind: Kind[Any]) -> Lookup[Any, Any, Any]:
    return lookup if kind is lookup.kind else lookup.of(kind)


@lru_cache(KEPT)
def _narrow(kind: Kind[Any], columns: frozenset[str]) -> Kind[Any]:
    """The kind with these columns alone; all of it where its values lie in several rows, and more than one is read."""
    if kind.alone:
        if not columns <= {*kind.alone.columns}:
            return kind
        kind = kind.alone
    selected = [column for name, column in kind.select.selected_columns.items() if name in columns]
    return replace(kind, select=kind.select.with_only_columns(*selected, maintain_column_froms=True), _forms={})
