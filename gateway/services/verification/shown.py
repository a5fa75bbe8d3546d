"""What is shown of a row, as Python has it: converted when it is asked for, as a judge asks for little of it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect

from db.tables import Row
from db.types import Instant
from gateway.services.verification.model import Table
from gateway.services.verification.statements import SHOWN, shown

Converter = Callable[[Any], Any]
Converters = Mapping[str, tuple[str, Converter]]
"""By the name of what is shown: under which name a row has it, and how it becomes a value."""


class Shown(Mapping[str, object]):
    """The values of one row."""

    def __init__(self, row: Mapping[Any, Any], converters: Converters) -> None:
        self._row, self._converters = row, converters

    def __getitem__(self, name: str) -> object:
        stored, converted = self._converters[name]
        return converted(self._row[stored])

    def __iter__(self) -> Iterator[str]:
        return iter(self._converters)

    def __len__(self) -> int:
        return len(self._converters)


def converters_of(table: Table, dialect: Dialect) -> Converters:
    return {name: (SHOWN.format(at), _converter(table, name, dialect)) for at, name in enumerate(shown(table))}


def readable(value: object) -> object:
    """A value that no column's type is known of: bytes are ids."""
    if isinstance(value, bytes):
        return UUID(bytes=value) if len(value) == 16 else value.hex()
    return value


def _converter(table: Table, name: str, dialect: Dialect) -> Converter:
    """A value as Python has it, or as it is stored where it is none of its column's."""
    alias, _, column = name.partition(".")
    of = table.tables.get(alias)
    kind: Any = Row.metadata.tables[of].c[column].type if of else Instant() if column.endswith("_at") else None
    process = None if kind is None else kind.dialect_impl(dialect).result_processor(dialect, None)
    if process is None:
        return readable

    def converted(value: Any) -> object:
        if value is None or isinstance(value, datetime | date):
            return value
        try:
            return process(value)
        except (ArithmeticError, TypeError, ValueError):
            return readable(value)

    return converted
