"""The change feed: each commit leaves a note, which every process that follows reads."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Integer, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine
from sqlmodel import Field

from db.columns import Json, Row
from db.engine import feed_engine
from db.files import FileLost
from db.pulse import Standing, always, version
from db.types import Id, new_id
from db.urls import is_embedded
from db.writer import Writer

POLL_S = 0.2
"""How often a process with subscribers asks SQLite whether another process committed: the longest delay of a change, at
a cost that does not grow with the number of subscribers."""

QUIET_S = 4.0
"""How long PostgreSQL may have nothing to tell before it is asked whether it is there: a line that a network has
silently dropped looks like one on which nobody commits."""

KEPT = 1_000
"""Notes that are kept: many more than are written while a follower reads."""

PRUNED_EVERY = 100
"""Old notes are deleted every so many commits, so that PostgreSQL's writers seldom wait for each other there."""


class ChangeRow(Row, table=True):
    """A commit's note of what it changed. Notes are short-lived; only the last one always stays, so that no number is
    used twice.

    SQLite's writers follow each other, so `seq` is the order of commits there. PostgreSQL's do not: a number may become
    visible after a later one, and a follower is told each number by NOTIFY.
    """

    __tablename__ = "change"

    seq: int = Field(sa_type=BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    id: UUID = Field(sa_type=Id)
    body: dict[str, Any] = Field(sa_type=Json)


@dataclass(frozen=True, slots=True)
class Note:
    """What one commit says that it changed."""

    id: UUID
    body: dict[str, Any]


class FeedLost(Exception):
    """The feed broke off: what was committed since is not known."""


_COLUMNS: dict[str, TypeEngine[Any]] = {"seq": Integer(), "id": Id(), "body": Json}
_LEAVE = "INSERT INTO change (id, body) VALUES (?, ?) RETURNING seq"
_NOTHING = ("INSERT INTO change (id, body) VALUES (?, '{}') RETURNING seq", "DELETE FROM change WHERE seq = ?")
_PRUNE = "DELETE FROM change WHERE seq <= ?"
_LEAVE_AND_NOTIFY = """
WITH note AS (INSERT INTO change (id, body) VALUES (%s, CAST(%s AS JSONB)) RETURNING seq),
    pruned AS (
        DELETE FROM change WHERE seq <= (SELECT seq FROM note) - CAST(%s AS BIGINT)
            AND (SELECT seq FROM note) %% CAST(%s AS BIGINT) = 0
    )
SELECT pg_notify('gateway_change', CAST(seq AS TEXT)) FROM note
"""
"""All at once, so that the turn need not wait for the number."""
_LAST = text("SELECT coalesce(max(seq), 0) FROM change")
_AFTER = text("SELECT seq, id, body FROM change WHERE seq > :seq ORDER BY seq").columns(**_COLUMNS)
_NAMED = (
    text("SELECT seq, id, body FROM change WHERE seq IN :seqs ORDER BY seq")
    .bindparams(bindparam("seqs", expanding=True))
    .columns(**_COLUMNS)
)


def leave(writer: Writer, note: Note) -> None:
    """Leave a note in the transaction; nobody sees it before the commit, and everybody who follows sees it after."""
    body = orjson.dumps(note.body).decode()
    if writer.dialect.name == "postgresql":
        writer.run(_LEAVE_AND_NOTIFY, (note.id, body, KEPT, PRUNED_EVERY))
        return
    [(seq,)] = writer.fetch(_LEAVE, (note.id.bytes, body))
    if seq % PRUNED_EVERY == 0:
        writer.run(_PRUNE, (seq - KEPT,))


def leave_nothing(writer: Writer) -> None:
    """Write a note and take it away again, in the transaction: whether that can be made durable shows that anything
    can."""
    is_server = writer.dialect.name == "postgresql"
    leave, take_away = (statement.replace("?", "%s") if is_server else statement for statement in _NOTHING)
    key = new_id()
    [(seq,)] = writer.fetch(leave, (key if is_server else key.bytes,))
    writer.run(take_away, (seq,))


async def follow(url: str, standing: Standing = always) -> AsyncGenerator[Sequence[Note], None]:
    """The notes of what is committed from now on, by any process. The first yield is empty, and says that from here on
    nothing is missed; on SQLite every look yields, so that the follower can stop.

    Args:
        standing: changes where an SQLite file is another one than before.

    Raises:
        FeedLost: the database is out of reach, or notes were dropped before they were read.
    """
    engine = feed_engine(url)
    try:
        current = standing()
        async with engine.connect() as connection:
            yields = (
                _looks(connection, lambda: standing() == current) if is_embedded(url) else _notifications(connection)
            )
            async with aclosing(yields):
                async for notes in yields:
                    yield notes
    except (DBAPIError, OSError, FileLost) as error:
        raise FeedLost(type(error).__name__) from error
    finally:
        await engine.dispose()


async def _looks(connection: AsyncConnection, is_the_same: Callable[[], bool]) -> AsyncGenerator[Sequence[Note], None]:
    # The version first: a commit between the two is read twice rather than never.
    current = await version(connection)
    last: int = (await connection.execute(_LAST)).scalar_one()
    yield ()
    while True:
        await asyncio.sleep(POLL_S)
        if not is_the_same():
            raise FeedLost("the database is another file than before")
        before, current = current, await version(connection)
        found = () if current == before else (await connection.execute(_AFTER, {"seq": last})).all()
        if found:
            if found[0].seq != last + 1:
                raise FeedLost("notes were dropped before they were read")
            last = found[-1].seq
        yield [Note(row.id, row.body) for row in found]


async def _notifications(connection: AsyncConnection) -> AsyncGenerator[Sequence[Note], None]:
    import psycopg  # where there is a server: an embedded database starts without it

    await connection.exec_driver_sql("LISTEN gateway_change")
    yield ()
    driver = (await connection.get_raw_connection()).driver_connection
    assert isinstance(driver, psycopg.AsyncConnection)
    while True:
        try:  # one, and all that came with it
            seqs = [int(each.payload) async for each in driver.notifies(timeout=QUIET_S, stop_after=1)]
        except psycopg.Error as error:
            raise FeedLost(type(error).__name__) from error
        if not seqs:
            await connection.exec_driver_sql("SELECT 1")  # of a line that is dead nothing else is heard
            continue
        found = (await connection.execute(_NAMED, {"seqs": seqs})).all()
        if len(found) < len(set(seqs)):
            raise FeedLost("notes were dropped before they were read")
        yield [Note(row.id, row.body) for row in found]
