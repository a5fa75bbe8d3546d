"""Which columns of a list's rows an operation reads: its first runs tell, and later ones select no others."""

from collections.abc import Callable, Collection, MutableMapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Generic, TypeVar, cast

from sqlalchemy import Dialect

from db.compiled import Raw, converters_of, key_of
from gateway.services.rows.kinds import Kind
from gateway.services.rows.views import view_of

Value = TypeVar("Value")

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
        self._views: dict[object, Callable[[Raw], Value]] = {}

    @property
    def kind(self) -> Kind[Value]:
        """The kind, with the columns that are read now."""
        return self._kind

    def views(self, kind: Kind[Value], rows: Sequence[Raw], dialect: Dialect) -> list[Value]:
        """Views of rows that were read as the kind that it gave."""
        key = kind, key_of(dialect)
        if key not in self._views:
            assert kind.layout, "a row of several is not narrowed"
            self._views[key] = view_of(kind.layout, kind.columns, converters_of(kind.select, dialect), self._note)
        return list(map(self._views[key], rows))

    def settle(self) -> None:
        """A run has come to its end."""
        if self._kind is self._whole and len(self._read) > self._least:
            self._views.clear()
            self._kind = _narrow(self._whole, frozenset(self._read))

    def _note(self, column: str) -> None:
        if column not in self._read:
            self._read.add(column)
            self._kind = self._whole


Learnt = MutableMapping[object, Any]
"""What the runs of one operation have learnt; whoever keeps it between them need not know what it holds."""


def narrowing(learnt: Learnt, kind: Kind[Value], always: Collection[str]) -> Narrowing[Value]:
    """What has been learnt of a kind."""
    if kind not in learnt:
        learnt[kind] = Narrowing(kind, always)
    return cast(Narrowing[Value], learnt[kind])


@lru_cache(KEPT)
def _narrow(kind: Kind[Any], columns: frozenset[str]) -> Kind[Any]:
    selected = [column for name, column in kind.select.selected_columns.items() if name in columns]
    return replace(kind, select=kind.select.with_only_columns(*selected, maintain_column_froms=True), _forms={})
