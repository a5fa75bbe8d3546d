"""Reads an extract a page at a time, each by one statement that begins after the last row of the page before."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Dialect, Integer, Select, bindparam, func, select, tuple_

from db.compiled import Raw, Statement, converters_of
from gateway.schema.conventions import ids
from gateway.services.extracts.audit import ENTRIES
from gateway.services.extracts.model import Column, Extract, Wanted
from gateway.services.extracts.money import PAYMENTS, REFUNDS
from gateway.services.extracts.purchases import PURCHASES

EXTRACTS = {extract.name: extract for extract in (PURCHASES, PAYMENTS, REFUNDS, ENTRIES)}

ROWS_OF_A_PAGE = 2_000
"""Held at once: some megabytes, whatever the table holds."""

Page = Sequence[Sequence[Any]]
"""By column, in the order of the extract's: values of the column's kind, or None. Ids are texts."""

Converter = Callable[[Any], Any]


def pages(
    connection: Connection, extract: Extract, wanted: Wanted, size: int = ROWS_OF_A_PAGE
) -> Iterator[tuple[Page, int]]:
    """The records that are wanted, in the order of the extract's key; with each page how many they are.

    All pages are of one moment where the connection's transaction is, see `db.engine.audit_engine`.
    """
    dialect, width = connection.dialect, len(extract.columns)
    first, further = (Statement(_page(extract, wanted, is_first=is_first)) for is_first in (True, False))
    stored = converters_of(first.select, dialect)
    converters = [_converter(column, stored.get(column.name), dialect) for column in extract.columns]
    statement, asked = first, {**_parameters(wanted), "size": size}
    while rows := _read(connection, statement, asked):
        columns = list(zip(*rows, strict=True))
        yield [_converted(*each) for each in zip(columns[:width], converters, strict=True)], len(rows)
        if len(rows) < size:
            return
        last = {name: _value(rows[-1][at], stored.get(name)) for at, name in enumerate(_names(extract), width)}
        statement, asked = further, {**asked, **last}


def count(connection: Connection, extract: Extract, wanted: Wanted) -> int:
    """How many records are wanted."""
    counted = select(func.count()).select_from(extract.table).where(*_conditions(extract, wanted))
    return int(connection.execute(counted, _parameters(wanted)).scalar_one())


def _read(connection: Connection, statement: Statement, asked: Mapping[str, object]) -> Sequence[Raw]:
    compiled = statement.on(connection.dialect)
    return connection.exec_driver_sql(compiled.sql, compiled.bound(asked)).all()


def _page(extract: Extract, wanted: Wanted, *, is_first: bool) -> Select[Any]:
    selected = [column.source.label(column.name) for column in extract.columns]
    keys = [key.label(name) for key, name in zip(extract.key, _names(extract), strict=True)]
    rows = select(*selected, *keys).select_from(extract.rows).where(*_conditions(extract, wanted))
    if not is_first:
        last = [bindparam(name, type_=key.type) for name, key in zip(_names(extract), extract.key, strict=True)]
        rows = rows.where(tuple_(*extract.key) > tuple_(*last))
    return rows.order_by(*extract.key).limit(bindparam("size", type_=Integer()))


def _names(extract: Extract) -> Sequence[str]:
    """Of the key's columns, beside those of the extract."""
    return [f"key_{place}" for place in range(len(extract.key))]


def _conditions(extract: Extract, wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.begins is not None:
        yield extract.at >= bindparam("begins", type_=extract.at.type)
    if wanted.ends is not None:
        yield extract.at < bindparam("ends", type_=extract.at.type)
    if wanted.student_id is not None:
        yield extract.of_student(wanted.student_id)
    if wanted.course_id is not None:
        yield extract.of_course(wanted.course_id)


def _parameters(wanted: Wanted) -> dict[str, object]:
    bounds = {"begins": wanted.begins, "ends": wanted.ends}
    return {name: bound for name, bound in bounds.items() if bound is not None}


def _converter(column: Column, stored: Converter | None, dialect: Dialect) -> Converter | None:
    """How a value is made of what the driver gives; None where it is that."""
    if column.prefix is not None and dialect.name == "sqlite":
        return ids.text_maker(column.prefix)
    make: Converter | None = column.make
    if column.prefix is not None:
        prefix = column.prefix
        make = lambda key: ids.to_text(prefix, key)  # noqa: E731  one of two ways to make the same
    if stored is None or make is None:
        return stored or make
    return lambda raw: make(stored(raw))


def _converted(values: Sequence[Any], convert: Converter | None) -> Sequence[Any]:
    if convert is None:
        return values
    return [None if value is None else convert(value) for value in values]


def _value(raw: Any, stored: Converter | None) -> Any:
    return raw if stored is None else stored(raw)
