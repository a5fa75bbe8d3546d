"""A condition with many keys, so that a statement's text and plan are the same for one key as for hundreds."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, Column, ColumnElement, Dialect, Integer, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import NullType

from db.types import Id

Key = Any
"""A column's value, or a tuple of several columns'."""

SEPARATE, TEXTS, IDS = "keys_{}", "key_texts", "key_ids"
ID_BYTES = 16


class Among(ColumnElement[bool]):
    """Whether columns of ids, texts and numbers are those of one of the keys."""

    inherit_cache = False
    type = Boolean()
    _is_implicitly_boolean = True  # else SQLite is asked whether it is `= 1`, and uses no index

    def __init__(self, *columns: Column[Any]) -> None:
        self.columns = columns
        self._is_id = [isinstance(column.type, Id) for column in columns]

    def parameters(self, keys: Sequence[Key], dialect: Dialect) -> dict[str, object]:
        """The keys as parameters, one array for each kind of column, and of one length."""
        if dialect.name == "sqlite" and self._is_id == [True]:  # most look-ups, and those of every turn
            return {IDS: _joined(keys)}
        parts: Sequence[Sequence[Any]] = [list(keys)] if len(self.columns) == 1 else list(zip(*keys, strict=True))
        if dialect.name != "sqlite":
            return {SEPARATE.format(place): list(part) for place, part in enumerate(parts)}
        ids = [part for is_id, part in zip(self._is_id, parts, strict=True) if is_id]
        texts = [part for is_id, part in zip(self._is_id, parts, strict=True) if not is_id]
        assert len(ids) <= 1, "ids of several columns have no parameter"
        return {
            IDS: _joined(ids[0]) if ids else b"",
            TEXTS: _to_json(list(zip(*texts, strict=True))),
        }


def stored_parameters(ids: Sequence[bytes]) -> dict[str, object]:
    """The parameter of SQLite's condition on one column, for ids as they are stored.

    Raises:
        ValueError: one has not 16 bytes, so that the others would not be where they are looked for.
    """
    if {*map(len, ids)} != {ID_BYTES}:
        raise ValueError(f"an id has {ID_BYTES} bytes")
    return {IDS: b"".join(ids)}


def _joined(ids: Iterable[UUID]) -> bytes:
    return b"".join([each.int.to_bytes(ID_BYTES, "big") for each in ids])


_POSTGRESQL: Mapping[type, str] = {Id: "uuid[]", Integer: "bigint[]"}
"""The arrays of keys of a column's type; those of any other are texts."""

_to_json = json.JSONEncoder(ensure_ascii=False).encode


@compiles(Among, "postgresql")
def _in_arrays(among: Among, compiler: SQLCompiler, **options: Any) -> str:
    casts = [_POSTGRESQL.get(type(column.type), "text[]") for column in among.columns]
    arrays = [
        f"CAST({_parameter(SEPARATE.format(place), compiler, options)} AS {cast})" for place, cast in enumerate(casts)
    ]
    columns = _names(among, compiler, options)
    if len(arrays) == 1:
        return f"{columns} = ANY({arrays[0]})"
    return f"({columns}) IN (SELECT * FROM unnest({', '.join(arrays)}))"  # noqa: S608  names and places of parameters


@compiles(Among, "sqlite")
def _in_rows(among: Among, compiler: SQLCompiler, **options: Any) -> str:
    """Ids lie in one blob, one after the other: SQLite has no arrays, and a text of JSON holds no bytes."""
    columns = _names(among, compiler, options)
    ids = _parameter(IDS, compiler, options)
    if [type(column.type) for column in among.columns] == [Id]:
        more = f"SELECT place + {ID_BYTES} FROM key WHERE place + {ID_BYTES} <= length({ids})"  # noqa: S608  as above
        each = f"SELECT substr({ids}, place, {ID_BYTES}) FROM key"  # noqa: S608  as above
        return f"{columns} IN (WITH RECURSIVE key(place) AS (SELECT 1 UNION ALL {more}) {each})"
    values, text = [], 0
    for column in among.columns:
        if isinstance(column.type, Id):
            values.append(f"substr({ids}, each.key * {ID_BYTES} + 1, {ID_BYTES})")
        else:
            # A text for certain: else an index of just some of the columns may be preferred to that of all of them.
            kind = "INTEGER" if isinstance(column.type, Integer) else "TEXT"
            values.append(f"CAST(json_extract(each.value, '$[{text}]') AS {kind})")
            text += 1
    rows = f"SELECT {', '.join(values)} FROM json_each({_parameter(TEXTS, compiler, options)}) AS each"  # noqa: S608  as above
    return f"({columns}) IN ({rows})"


def _names(among: Among, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    return ", ".join(compiler.process(column, **options) for column in among.columns)


def _parameter(name: str, compiler: SQLCompiler, options: dict[str, Any]) -> str:
    return compiler.process(bindparam(name, type_=NullType()), **options)
