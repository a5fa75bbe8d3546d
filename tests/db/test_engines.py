"""What the two engines promise: durability, who may write, and how ids and instants are stored."""

import os
import stat
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.exc import StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import IN_REACH, audit_engine, feed_engine, writer_engine
from db.files import index_of, log_of
from db.migrate import upgrade
from db.readers import open_reader
from db.statements import COURSE
from db.urls import file_of

pytestmark = pytest.mark.anyio

KEY = UUID("0197a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b")
NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)


@pytest.fixture
def writing(database_url: str) -> Iterator[Connection]:
    engine = writer_engine(database_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
async def reading(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = feed_engine(database_url)
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


def add_course(connection: Connection, created_at: datetime = NOW, key: UUID = KEY) -> None:
    connection.execute(insert(COURSE).values(id=key, title="Yoga", created_at=created_at))


def test_what_the_writer_commits_survives_a_power_cut(writing: Connection) -> None:
    if writing.dialect.name == "sqlite":
        pragmas = {
            name: writing.execute(text(f"PRAGMA {name}")).scalar_one() for name in ("journal_mode", "synchronous")
        }
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}  # 2 is FULL
    else:
        assert writing.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def test_a_sqlite_writer_holds_to_foreign_keys_and_waits_for_others(writing: Connection) -> None:
    if writing.dialect.name == "sqlite":
        assert writing.execute(text("PRAGMA foreign_keys")).scalar_one() == 1
        assert writing.execute(text("PRAGMA busy_timeout")).scalar_one() == 5_000
    else:
        assert writing.execute(text("SHOW lock_timeout")).scalar_one() == "5s"


async def test_a_reader_sees_all_that_was_committed_and_nothing_else(
    writing: Connection, reading: AsyncConnection
) -> None:
    add_course(writing)
    assert (await reading.execute(select(COURSE))).all() == []
    writing.commit()
    assert len((await reading.execute(select(COURSE))).all()) == 1


async def test_a_reader_amid_its_reading_does_not_keep_the_writer_from_committing(
    writing: Connection, reading: AsyncConnection
) -> None:
    await reading.execute(text("BEGIN"))
    assert (await reading.execute(select(COURSE))).all() == []
    add_course(writing)
    writing.commit()
    await reading.execute(text("ROLLBACK"))
    assert (await reading.execute(select(COURSE.c.id))).scalars().all() == [KEY]


def test_an_id_is_stored_in_sixteen_bytes(writing: Connection) -> None:
    add_course(writing)
    if writing.dialect.name == "sqlite":
        assert writing.execute(text("SELECT typeof(id), length(id), id FROM course")).one() == ("blob", 16, KEY.bytes)
    else:
        assert writing.execute(text("SELECT pg_typeof(id)::text, pg_column_size(id) FROM course")).one() == ("uuid", 16)
    assert writing.execute(select(COURSE.c.id).where(COURSE.c.id == KEY)).scalar_one() == KEY


def test_ids_sort_by_their_bytes_and_so_by_time(writing: Connection) -> None:
    keys = [UUID(int=number << shift) for shift in (0, 60, 64, 120) for number in (1, 2, 127)]
    for key in reversed(keys):
        add_course(writing, key=key)
    assert writing.execute(select(COURSE.c.id).order_by(COURSE.c.id)).scalars().all() == sorted(keys)


@pytest.mark.parametrize(
    "instant",
    [
        NOW,
        datetime(2026, 11, 23, 9, 0, 0, 999_999, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 11, 23, 14, 30, 0, 1, tzinfo=timezone(timedelta(hours=5, minutes=30))),
        datetime(2100, 12, 31, 23, 59, 59, tzinfo=UTC),
    ],
)
def test_an_instant_comes_back_to_the_microsecond_in_utc(writing: Connection, instant: datetime) -> None:
    add_course(writing, instant)
    stored = writing.execute(select(COURSE.c.created_at)).scalar_one()
    assert stored == instant
    assert stored.utcoffset() == timedelta(0)


def test_instants_are_compared_as_instants(writing: Connection) -> None:
    add_course(writing)
    local = NOW.astimezone(timezone(timedelta(hours=-8)))
    assert writing.execute(select(COURSE.c.id).where(COURSE.c.created_at == local)).all()
    assert not writing.execute(select(COURSE.c.id).where(COURSE.c.created_at > local)).all()


def test_a_datetime_without_its_time_zone_is_refused(writing: Connection) -> None:
    with pytest.raises(StatementError, match="an instant needs its time zone"):
        add_course(writing, datetime(2026, 11, 23, 9, 0))  # noqa: DTZ001  that is the point


@pytest.mark.parametrize("url", ["mysql://host/gateway", "sqlite://", "sqlite:///:memory:"])
def test_a_database_that_cannot_keep_what_was_committed_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"the .* URL must"):
        writer_engine(url)


async def test_a_server_that_is_gone_without_a_word_is_given_up_by_every_connection(
    new_postgresql: Callable[[], str],
) -> None:
    url = new_postgresql()
    beside = "&" if "?" in url else "?"
    for given, patience in ((url, IN_REACH["tcp_user_timeout"]), (f"{url}{beside}tcp_user_timeout=5000", 5_000)):
        wanted = {**{name: str(value) for name, value in IN_REACH.items()}, "tcp_user_timeout": str(patience)}
        for engine in (writer_engine(given), audit_engine(given)):
            with engine.connect() as connection:
                assert connection.connection.dbapi_connection.info.get_parameters().items() >= wanted.items()  # type: ignore[union-attr]  # psycopg's
        feed = feed_engine(given)
        async with feed.connect() as reading:
            raw = await reading.get_raw_connection()
            assert raw.driver_connection.info.get_parameters().items() >= wanted.items()  # type: ignore[union-attr]  # likewise
        await feed.dispose()
        reader = await open_reader(given)
        assert reader._connection.info.get_parameters().items() >= wanted.items()  # type: ignore[attr-defined]  # likewise
        await reader.close()


def test_a_new_file_and_what_lies_beside_it_are_for_their_user_alone_and_one_that_is_there_stays(
    tmp_path: Path,
) -> None:
    path = tmp_path / "gateway.db"
    url, before = f"sqlite:///{path}", os.umask(0)
    try:
        upgrade(url)
        assert modes_while_written(url) == {0o600}
        path.chmod(0o640)
        upgrade(url)
        assert modes_while_written(url) == {0o640}
    finally:
        os.umask(before)


def modes_while_written(url: str) -> set[int]:
    """Of the file, its log and its index."""
    engine, path = writer_engine(url), file_of(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM course")
        found = {stat.S_IMODE(each.stat().st_mode) for each in (path, log_of(path), index_of(path))}
    engine.dispose()
    return found
