"""What a source of rows gives: each row with its place, or what is wrong with it before it can be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass


class ImportUnusable(Exception):
    """The file, the query or the mapping cannot be used as a whole; in a sentence."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A row, and the line on which it begins, or its number. `fault` is why it has no values; `size` how many bytes
    were read up to its end."""

    line: int
    values: Mapping[str, object] | None
    fault: str | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class RowSource:
    """Rows, one after the other; `header` has their columns where all have the same. `total` is how many bytes there
    are, where that is known."""

    header: Sequence[str] | None
    rows: Iterator[SourceRow]
    total: int | None = None
