"""The forms in which records leave: CSV, JSON lines, and Parquet where its library is installed."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from enum import StrEnum
from typing import IO, Any, Protocol

import orjson

from gateway.importing.spreadsheets import guarded
from gateway.services.extracts.model import Column, Kind
from gateway.services.extracts.pages import Page
from gateway.settings.model import SettingsError

NO_PARQUET = (
    "Parquet needs a library that is not installed: `pip install 'course-gateway[parquet]'`."
    " CSV and JSON lines need none."
)

Cells = Callable[[Sequence[Any]], Sequence[object]]


class Format(StrEnum):
    CSV = "csv"
    JSON_LINES = "jsonl"
    PARQUET = "parquet"


class Writer(Protocol):
    """Writes records to a stream of bytes."""

    def add(self, page: Page) -> None: ...

    def end(self) -> None:
        """All are there."""


def writer(form: Format, columns: Sequence[Column], to: IO[bytes]) -> Writer:
    """Raises: SettingsError, where the form's library is not there."""
    match form:
        case Format.CSV:
            return CsvWriter(columns, to)
        case Format.JSON_LINES:
            return JsonLinesWriter(columns, to)
        case Format.PARQUET:
            return _parquet(columns, to)


class CsvWriter:
    """RFC 4180 in UTF-8, with a line of names; what is null is empty."""

    def __init__(self, columns: Sequence[Column], to: IO[bytes]) -> None:
        self._cells = [_CELLS[column.kind] for column in columns]
        self._lines = io.StringIO(newline="")
        self._csv, self._to = csv.writer(self._lines), to
        self._csv.writerow([column.name for column in columns])
        self._flush()

    def add(self, page: Page) -> None:
        cells = [values if make is None else make(values) for make, values in zip(self._cells, page, strict=True)]
        self._csv.writerows(zip(*cells, strict=True))
        self._flush()

    def end(self) -> None:
        """Nothing is kept back."""

    def _flush(self) -> None:
        self._to.write(self._lines.getvalue().encode(errors="backslashreplace"))
        self._lines.seek(0)
        self._lines.truncate()


class JsonLinesWriter:
    """One object a line, with every column in it."""

    def __init__(self, columns: Sequence[Column], to: IO[bytes]) -> None:
        self._names, self._to = [column.name for column in columns], to

    def add(self, page: Page) -> None:
        names = self._names
        self._to.write(b"".join([_line(dict(zip(names, record, strict=True))) for record in zip(*page, strict=True)]))

    def end(self) -> None:
        """Nothing is kept back."""


def _line(record: dict[str, Any]) -> bytes:
    return orjson.dumps(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)


def _each(make: Callable[[Any], object]) -> Cells:
    return lambda values: [None if value is None else make(value) for value in values]


_CELLS: dict[Kind, Cells | None] = {
    Kind.TEXT: _each(guarded),
    Kind.WHOLE: None,
    Kind.FLAG: _each(lambda flag: "true" if flag else "false"),
    Kind.INSTANT: _each(lambda instant: f"{instant.isoformat()[:-6]}Z"),  # all are in UTC: +00:00
    Kind.DAY: _each(date.isoformat),
    Kind.JSON: _each(lambda value: guarded(orjson.dumps(value).decode())),
}
"""By kind, how a column's values are written; None where the writer does it by itself."""


def _parquet(columns: Sequence[Column], to: IO[bytes]) -> Writer:
    try:
        from gateway.cli.exporting.parquet import ParquetRecords
    except ModuleNotFoundError as error:
        if error.name != "pyarrow":
            raise
        raise SettingsError(NO_PARQUET) from None
    return ParquetRecords(columns, to)


def written(pages: Iterable[tuple[Page, int]], to: Writer, told: Callable[[int], None]) -> int:
    """Write all pages; gives how many records they had.

    Args:
        told: told of each page how many it had.
    """
    total = 0
    for page, rows in pages:
        to.add(page)
        total += rows
        told(rows)
    to.end()
    return total
