"""Records as Parquet, by pyarrow: the one module that needs it."""

from collections.abc import Sequence
from typing import IO, Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from gateway.services.extracts.model import Column, Kind
from gateway.services.extracts.pages import Page

ROWS_OF_A_GROUP = 50_000
"""Held until they are written: readers want groups of a size, and memory stays the same for any number of rows."""

TYPES: dict[Kind, Any] = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.FLAG: pa.bool_(),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.DAY: pa.date32(),
    Kind.JSON: pa.string(),
}


class ParquetRecords:
    """Typed columns; what is JSON is a text of it."""

    def __init__(self, columns: Sequence[Column], to: IO[bytes]) -> None:
        self._columns = columns
        self._schema = pa.schema([pa.field(each.name, TYPES[each.kind]) for each in columns])
        self._file = pq.ParquetWriter(to, self._schema, compression="zstd")
        self._groups: list[Any] = []

    def add(self, page: Page) -> None:
        self._groups.append(pa.Table.from_arrays(list(map(_array, self._columns, page)), schema=self._schema))
        if sum(each.num_rows for each in self._groups) >= ROWS_OF_A_GROUP:
            self._write()

    def end(self) -> None:
        if self._groups:
            self._write()
        self._file.close()

    def _write(self) -> None:
        self._file.write_table(pa.concat_tables(self._groups))
        self._groups = []


def _array(column: Column, values: Sequence[Any]) -> Any:
    if column.kind is Kind.JSON:
        values = [None if value is None else orjson.dumps(value).decode() for value in values]
    return pa.array(values, TYPES[column.kind])
