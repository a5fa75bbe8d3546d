"""The change feed's notes as they grow old: deleted, or rewritten without who is no longer to be named."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select

from db.compiled import Statement
from db.feed import ChangeRow
from db.statements import table_of
from db.types import microseconds_of
from db.writer import Writer

_CHANGE = table_of(ChangeRow)
_ALL = Statement(select(_CHANGE.c.seq, _CHANGE.c.body))
_PRUNE = (
    "DELETE FROM change WHERE id < ? AND seq < (SELECT max(seq) FROM change)",
    "DELETE FROM change WHERE id < %s AND seq < (SELECT max(seq) FROM change)",
)
"""The last note always stays, see `ChangeRow`."""
_REWRITE = (
    "UPDATE change SET body = ? WHERE seq = ?",
    "UPDATE change SET body = CAST(%s AS JSONB) WHERE seq = %s",
)


def prune(writer: Writer, before: datetime) -> None:
    """Delete the notes that were written before then, as their ids say (UUIDv7, RFC 9562)."""
    is_server = writer.dialect.name == "postgresql"
    first = first_id_of(before)
    writer.run(_PRUNE[is_server], (first if is_server else first.bytes,))


def rewrite(writer: Writer, rewritten: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Write each note again that is to say something else: there are few of them, see `db.feed.KEPT`."""
    is_server, notes = writer.dialect.name == "postgresql", _ALL.on(writer.dialect)
    for raw in writer.fetch(notes.sql, notes.bound({})):
        seq, body = notes.read(raw)
        if (fresh := rewritten(body)) != body:
            writer.run(_REWRITE[is_server], (orjson.dumps(fresh).decode(), seq))


def first_id_of(instant: datetime) -> UUID:
    """An id before all that were made from that millisecond on."""
    milliseconds = max(0, microseconds_of(instant.astimezone(UTC)) // 1_000)
    return UUID(int=milliseconds << 80)
