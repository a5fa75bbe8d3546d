"""A select compiled once for each database: its text for the driver, and how its parameters and columns are stored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, Select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.types import TypeEngine

from db.types import Id, Instant

Parameters = Mapping[str, object]
Raw = Sequence[Any]
"""A row as its driver gives it."""
Converter = Callable[[Any], Any]


class Statement:
    """A select whose text does not change with its parameters, which are its named binds.

    SQLAlchemy would compile and bind each time anew, which costs more than the database does.
    """

    def __init__(self, select: Select[Any]) -> None:
        self.select = select
        self._compiled: dict[object, Compiled] = {}

    def on(self, dialect: Dialect) -> "Compiled":
        """The statement for a database."""
        key = key_of(dialect)
        if key not in self._compiled:
            self._compiled[key] = Compiled(self.select, dialect)
        return self._compiled[key]


def key_of(dialect: Dialect) -> object:
    """What tells databases and drivers apart: for equal ones the same is compiled."""
    return dialect.name, dialect.driver, dialect.paramstyle


def converters_of(select: Select[Any], dialect: Dialect) -> Mapping[str, Converter]:
    """By column, how a value that is no null is read, where the driver does not give it as it is meant."""
    assert isinstance(dialect, DefaultDialect)
    columns = ((name, _converter(column.type, dialect)) for name, column in select.selected_columns.items())
    return {name: converter for name, converter in columns if converter}


class Compiled:
    """A select in the driver's own SQL."""

    def __init__(self, select: Select[Any], dialect: Dialect) -> None:
        assert isinstance(dialect, DefaultDialect)
        compiled = select.compile(dialect=dialect)
        self.sql = str(compiled)
        self._names = [
            (name, _binder(compiled.binds[name].type, dialect), compiled.params[name])
            for name in compiled.positiontup or ()
        ]
        converters = enumerate(_converter(column.type, dialect) for column in select.selected_columns)
        self._converters = [(place, converter) for place, converter in converters if converter]

    def bound(self, parameters: Parameters) -> tuple[object, ...]:
        """The parameters in their places and as they are stored; what the select itself binds need not be given."""
        values = [(parameters.get(name, usual), process) for name, process, usual in self._names]
        return tuple([process(value) if process else value for value, process in values])

    def binder(self) -> Callable[[Any], tuple[object]]:
        """Does the same with the value of its only parameter."""
        [(_, process, _)] = self._names
        return (lambda value: (value,)) if process is None else (lambda value: (process(value),))

    def read(self, raw: Raw) -> list[Any]:
        """A row's columns as values, in the order of the select."""
        values = list(raw)
        for place, convert in self._converters:
            if (stored := values[place]) is not None:
                values[place] = convert(stored)
        return values


def _binder(stored: TypeEngine[Any], dialect: DefaultDialect) -> Converter | None:
    if isinstance(stored, Id) and dialect.name == "sqlite":
        return _id_bound
    return stored.dialect_impl(dialect).bind_processor(dialect)


def _id_bound(key: UUID | None) -> bytearray | None:
    """SQLite's driver takes a `bytearray` at once, and asks of anything else how it is adapted."""
    return None if key is None else bytearray(key.int.to_bytes(16, "big"))


def _converter(stored: TypeEngine[Any], dialect: DefaultDialect) -> Converter | None:
    if isinstance(stored, Id | Instant):
        return stored.converter(dialect)
    return stored.dialect_impl(dialect).result_processor(dialect, None)
