"""Rows of a query, as a file would have them: each value as a text, a number, a truth or JSON."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from gateway.importing.rows import ImportUnusable, RowSource, SourceRow


def query_rows(header: Sequence[str], rows: Iterator[Sequence[object]]) -> RowSource:
    """Raises: ImportUnusable, where two columns have the same name."""
    if twice := [name for name, count in Counter(header).items() if count > 1]:
        raise ImportUnusable(f"--query: it gives two columns {twice[0]!r}: name one of them by AS.")
    return RowSource(header, _rows(header, rows))


def _rows(header: Sequence[str], rows: Iterator[Sequence[object]]) -> Iterator[SourceRow]:
    for number, row in enumerate(rows, 1):
        values: Mapping[str, object] = {name: _plain(value) for name, value in zip(header, row, strict=True)}
        yield SourceRow(number, values)


def _plain(value: object) -> object:
    match value:
        case dt.datetime() | dt.date():
            return value.isoformat()
        case dt.time():
            return f"{value:%H:%M}"
        case UUID() | Decimal():
            return str(value)
        case bytes() | memoryview():
            return bytes(value).hex()
        case _:
            return value
