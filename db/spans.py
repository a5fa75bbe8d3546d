"""Spans of time as rows of a statement: one parameter, or two, however many there are."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Dialect, Integer, TableValuedAlias, bindparam, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from db.types import Instant, microseconds_of

SPANS, BEGINS, ENDS = "spans", "span_begins", "span_ends"


class _Spans(FunctionElement[Any]):
    """The rows of the parameters, see `span_parameters`: their places from 0, and from when until before when."""

    inherit_cache = False
    name = "spans"


def spans() -> TableValuedAlias:
    """A table of spans: `place`, `begins` and `ends`, of which the end is not part."""
    columns = (column("place", Integer), column("begins", Instant), column("ends", Instant))
    return _Spans().table_valued(*columns, name="span")


def span_parameters(each: Sequence[tuple[datetime, datetime]], dialect: Dialect) -> dict[str, object]:
    if dialect.name == "sqlite":
        return {SPANS: json.dumps([[microseconds_of(begins), microseconds_of(ends)] for begins, ends in each])}
    return {BEGINS: [begins.astimezone(UTC) for begins, _ in each], ENDS: [ends.astimezone(UTC) for _, ends in each]}


def spans_text(backend: str, parameter: Callable[[str], str] = ":{}".format) -> str:
    """The same table as a part of a statement's text. Args: parameter: how one of that name is written there."""
    if backend == "sqlite":
        values = ", ".join(
            f"CAST(json_extract(value, '$[{place}]') AS INTEGER) AS {name}"
            for place, name in enumerate(("begins", "ends"))
        )
        return f"(SELECT key AS place, {values} FROM json_each({parameter(SPANS)}))"  # noqa: S608  names and places of parameters
    begins, ends = (f"CAST({parameter(name)} AS timestamptz[])" for name in (BEGINS, ENDS))
    rows = f"unnest({begins}, {ends}) WITH ORDINALITY AS of_arrays(begins, ends, number)"
    return f"(SELECT number - 1 AS place, begins, ends FROM {rows})"  # noqa: S608  as above


@compiles(_Spans)
def _compiled(_: _Spans, compiler: SQLCompiler, **options: Any) -> str:
    def parameter(name: str) -> str:
        return str(compiler.process(bindparam(name, type_=NullType()), **options))

    return spans_text(compiler.dialect.name, parameter)
