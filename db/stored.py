"""How a row's values are stored: a function written for the columns of one statement, and for one database."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean, Column, Date, Dialect, Integer, LargeBinary, String

from db.types import Id, Instant, microseconds_of

Row = Mapping[str, Any]
"""Values by the names of their columns."""

_AS_THEY_ARE = (String, Integer, LargeBinary)


def storing(columns: Sequence[Column[Any]], dialect: Dialect) -> Callable[[Row], tuple[Any, ...]]:
    """A function that gives a row's values in the order of the columns, as SQLite's driver takes them.

    One function for all columns together costs a quarter of one for each of them, which SQLAlchemy has.

    Raises:
        ValueError: by the function, for an instant without a time zone.
    """
    assert dialect.name == "sqlite", "PostgreSQL's driver takes the values as they are"
    lines = ["def stored(row):"]
    for place, column in enumerate(columns):
        # Columns are named by our own tables, so nothing of a caller's gets into the code.
        lines.append(f"    v{place} = row[{column.name!r}]")
        if (form := _form(column)) is not None:
            lines.append(f"    if v{place} is not None: v{place} = {form.format(f'v{place}')}")
    lines.append(f"    return ({', '.join(f'v{place}' for place in range(len(columns)))},)")
    known = {"microseconds": _microseconds, "dumps": orjson.dumps}
    exec("\n".join(lines), known)  # noqa: S102  see above
    stored: Callable[[Row], tuple[Any, ...]] = known["stored"]  # type: ignore[assignment]  # as it was just defined
    return stored


_microseconds = lru_cache(maxsize=256)(microseconds_of)
"""Nearly all instants that a turn writes are the moment of its decisions, or counted from it."""


def _form(column: Column[Any]) -> str | None:
    """The code by which SQLite's driver gets a value that is not None; None where it takes the value as it is."""
    match column.type:
        case Id():
            return "bytearray({}.int.to_bytes(16, 'big'))"  # the driver takes `bytes` three times as long
        case Instant():
            return "microseconds({})"
        case Boolean():
            return "1 if {} else 0"
        case Date():
            return "{}.isoformat()"
        case JSON():
            return "dumps({}).decode()"
        case known:
            assert isinstance(known, _AS_THEY_ARE), f"how is {known!r} stored?"
            return None
