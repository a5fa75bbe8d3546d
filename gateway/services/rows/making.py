"""Makes whole values of rows: one function for a layout and a database, written for it and compiled once."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeVar, cast

from gateway.services.rows.layouts import Column, Layout, Words

Value = TypeVar("Value")
Row = Sequence[Any]
Converter = Callable[[Any], Any]

KEPT_VALUES = 256
"""Of each attribute that repeats: there are as many prices, terms and slots as there are tiers and hours."""


def maker(layout: Layout[Value], columns: Sequence[str], converters: Mapping[str, Converter]) -> Callable[[Row], Value]:
    """A function that makes the value of a row.

    Args:
        columns: what a row holds, in its order; there may be more behind them.
        converters: by column, how a value that is no null is read where it is not stored as it is meant.
    """
    writer = _Writer(columns, converters)
    source = f"def make(r):\n    return {writer.value(layout)}\n"
    return cast(Callable[[Row], Value], _compiled(source, "make", writer.names))


class _Writer:
    """Writes expressions over a row `r`; what they call is kept in `names`."""

    def __init__(self, columns: Sequence[str], converters: Mapping[str, Converter]) -> None:
        self._places = {column: place for place, column in enumerate(columns)}
        self._converters = converters
        self.names: dict[str, object] = {}

    def value(self, layout: Layout[Any]) -> str:
        made = self._kept(layout) if layout.repeats else self._made(layout)
        if layout.but_without is None:
            return made
        return f"(None if r[{self._places[layout.but_without]}] is None else {made})"

    def _made(self, layout: Layout[Any]) -> str:
        arguments = [
            self.value(attribute) if isinstance(attribute, Layout) else self._column(attribute)
            for attribute in layout.attributes.values()
        ]
        return f"{self._name(layout.of.__name__, layout.of)}({', '.join(arguments)})"

    def _kept(self, layout: Layout[Any]) -> str:
        """The value that was made of equal columns before, where it is still known."""
        columns = layout.columns()
        alone = _Writer(columns, self._converters)
        make = _compiled(f"def make(*r):\n    return {alone._made(layout)}\n", "make", alone.names)
        # By type as well: a hand may have stored 1.0 for 1, and both are as they are stored.
        known = lru_cache(maxsize=KEPT_VALUES, typed=True)(cast(Callable[..., object], make))
        stored = ", ".join(f"r[{self._places[column]}]" for column in columns)
        return f"{self._name(f'kept_{layout.of.__name__}', known)}({stored})"

    def _column(self, column: Column) -> str:
        stored = f"r[{self._places[column.name]}]"
        if column.words:
            return self._unless_null(stored, f"{self._name(column.words.__name__, words(column.words))}[{{}}]", column)
        read = stored
        if converter := self._converters.get(column.name):
            read = self._unless_null(stored, f"{self._name(converter.__name__, converter)}({{}})", column)
        return f"{self._name(column.name, column.make)}({read})" if column.make else read

    def _unless_null(self, stored: str, read: str, column: Column) -> str:
        if not column.may_be_null:
            return read.format(stored)
        return f"(None if (x := {stored}) is None else {read.format('x')})"

    def _name(self, name: str, called: object) -> str:
        """A name by which the code may call something."""
        name = f"{name if name.isidentifier() else 'read'}_{len(self.names)}"
        for given, known in self.names.items():
            if known is called:
                return given
        self.names[name] = called
        return name


def words(of: type[StrEnum]) -> Words:
    """The members of an enum by their texts."""
    return _WORDS.setdefault(of, Words(of))


_WORDS: dict[type[StrEnum], Words] = {}


def _compiled(source: str, name: str, names: Mapping[str, object]) -> object:
    """What a source of ours defines by a name."""
    defined = dict(names)
    exec(source, defined)  # noqa: S102  written above, of our own names alone
    return defined[name]
