"""Where reads come from: what is read is what is stored, nothing is written, and a lost connection is replaced."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import closing
from datetime import UTC

import pytest
from sqlalchemy import Text, bindparam, cast, column, select, table
from sqlalchemy.exc import DBAPIError
from uuid_utils.compat import uuid7

from db.compiled import Statement
from db.keys import Among
from db.statements import PAYMENT, PURCHASE
from db.tables import PaymentRow
from db.urls import file_of
from gateway.services.outages import Unavailable
from gateway.services.reading.source import Source
from tests.service import Service, running, student

pytestmark = pytest.mark.anyio

TERMINATE_OTHERS = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
BY_ID, BY_PAIR = Among(PAYMENT.c.id), Among(PURCHASE.c.student_id, PURCHASE.c.course_id)
PAYMENTS = Statement(select(PAYMENT).where(BY_ID).order_by(PAYMENT.c.id))
PAIRS = Statement(select(PURCHASE.c.student_id, PURCHASE.c.id).where(BY_PAIR))
OF_STUDENT = Statement(select(PAYMENT.c.id).where(PAYMENT.c.student_id == bindparam("student_id")))


@pytest.fixture
async def source(service: Service) -> AsyncIterator[Source]:
    opened = Source(service.url)
    yield opened
    await opened.close()


async def test_a_row_is_read_as_the_table_has_it(service: Service, source: Source) -> None:
    course = await service.save_course()
    payments = [await service.opened(student(f"student-{number}"), course) for number in range(3)]
    keys = [payment.id for payment in payments[:2]]
    read = await source.rows(PAYMENTS, **BY_ID.parameters(keys, source.dialect))
    assert read == [list(row) for row in service.stored(PaymentRow) if row.id in keys]
    columns = dict(zip(PAYMENT.c.keys(), read[0], strict=True))
    assert columns["created_at"] == service.clock.now
    assert columns["created_at"].tzinfo is UTC
    assert await source.rows(OF_STUDENT, student_id="student-2") == [[payments[2].id]]


async def test_pairs_are_found_as_pairs(service: Service, source: Source) -> None:
    courses = [await service.save_course() for _ in range(2)]
    odd = 'a "quoted", \\escaped, 🧘 é name'
    bought = {(name, course.id): await service.created(course, name) for name in ("s-1", odd) for course in courses}
    keys = [(odd, courses[0].id), ("s-1", courses[1].id), ("nobody", courses[0].id)]
    read = await source.rows(PAIRS, **BY_PAIR.parameters(keys, source.dialect))
    assert sorted(read) == sorted([key[0], bought[key].id] for key in keys[:2])


async def test_a_reader_cannot_write(source: Source) -> None:
    for statement in ("DELETE FROM course", "UPDATE course SET title = 'Chess'"):
        with pytest.raises(DBAPIError, match=r"readonly|read-only"):
            await source.fetch(statement)


async def test_a_file_is_read_without_waiting_and_as_it_was_last_committed(service: Service, source: Source) -> None:
    course = await service.save_course()
    for number in range(1, 3):
        await service.opened(student(), course)
        rows = source.fetch_now("SELECT count(*) FROM payment", ())
        assert rows == ([(number,)] if source.dialect.name == "sqlite" else None), "a server is far away"


async def test_what_does_not_go_well_without_waiting_is_left_to_who_may_wait(new_sqlite: Callable[[], str]) -> None:
    source = Source(url := new_sqlite())
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        assert source.fetch_now("SELECT 1 FROM course", ()) is None
    asked: Sequence[tuple[str, Sequence[str]]] = (
        ("DELETE FROM course", ()),
        ("SELECT nothing", ()),
        ("SELECT ?", ["a\ud800b"]),
    )
    for sql, parameters in asked:
        assert source.fetch_now(sql, parameters) is None
    assert source.fetch_now("SELECT 1 FROM course", ()) == []
    await source.close()


async def test_an_error_names_the_statement_and_no_parameter(source: Source) -> None:
    nowhere = (
        select(column("id", Text)).select_from(table("nowhere")).where(column("id") == bindparam("key", type_=Text))
    )
    with pytest.raises(DBAPIError) as raised:
        await source.rows(Statement(nowhere), key="a-secret")
    assert "nowhere" in str(raised.value)
    assert "a-secret" not in str(raised.value)


async def test_after_a_row_that_cannot_be_read_a_connection_sees_what_is_committed(
    new_sqlite: Callable[[], str],
) -> None:
    source = Source(url := new_sqlite())
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("CREATE TABLE said (text TEXT)")
        other.execute("INSERT INTO said VALUES (CAST(x'ff' AS TEXT)), ('more')")
        with pytest.raises(DBAPIError, match="UTF-8") as raised:
            await source.fetch("SELECT text FROM said")
        assert source.fetch_now("SELECT text FROM said", ()) is None
        other.execute("UPDATE said SET text = 'mended'")
        read = await source.fetch("SELECT text FROM said"), source.fetch_now("SELECT text FROM said", ())
        [(was_busy, *_)] = other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        await source.close()
    assert read == ([("mended",)] * 2, [("mended",)] * 2), f"while somebody holds {raised.value!r}"
    assert not was_busy


async def test_many_reads_at_once_each_get_their_own_rows(source: Source) -> None:
    echo = Statement(select(cast(bindparam("said", type_=Text), Text)))
    read = await asyncio.gather(*(source.rows(echo, said=str(number)) for number in range(50)))
    assert read == [[[str(number)]] for number in range(50)]


async def test_a_reader_that_is_cancelled_takes_no_connection_with_it(source: Source) -> None:
    echo = Statement(select(cast(bindparam("said", type_=Text), Text)))
    for _ in range(3):
        reads = [asyncio.create_task(source.rows(echo, said="x")) for _ in range(10)]
        await asyncio.sleep(0)
        for read in reads[::2]:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)
    assert await source.rows(echo, said="still here") == [["still here"]]


async def test_connections_that_were_lost_are_replaced_and_nobody_notices(new_postgresql: Callable[[], str]) -> None:
    async with running(new_postgresql()) as service:
        course, source = await service.save_course(), Source(service.url)
        payment = await service.opened(student(), course)
        for _ in range(2):
            parameters = BY_ID.parameters([payment.id], source.dialect)
            read = await asyncio.gather(*(source.rows(PAYMENTS, **parameters) for _ in range(8)))
            assert [[row[PAYMENT.c.keys().index("id")] for row in rows] for rows in read] == [[payment.id]] * 8
            service.rows(TERMINATE_OTHERS)
        await source.close()


async def test_a_database_that_is_out_of_reach_is_unavailable() -> None:
    source = Source("postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(Unavailable, match="refused"):
        await source.fetch("SELECT 1")
    await source.close()


async def test_rows_are_found_by_an_index_of_their_keys(service: Service, source: Source) -> None:
    for statement, among, keys in ((PAYMENTS, BY_ID, [uuid7()]), (PAIRS, BY_PAIR, [("s-1", uuid7())])):
        compiled = statement.on(source.dialect)
        parameters = compiled.bound(among.parameters(keys, source.dialect))
        is_sqlite = source.dialect.name == "sqlite"
        with service.beside() as connection:
            if not is_sqlite:  # an empty table is always read whole, unless that is forbidden
                connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            explain = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN (COSTS OFF)"
            plan = "\n".join(
                str(row[-1]) for row in connection.exec_driver_sql(f"{explain} {compiled.sql}", parameters)
            )
        assert "SEARCH p" in plan or "Index" in plan, plan
        assert "SCAN p" not in plan, plan


async def test_a_file_that_was_cut_since_the_last_look_is_lost_and_not_damaged(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.services.reading.source.LOOK_S", 60.0)
    source = Source(url := new_sqlite())
    await source.fetch("SELECT 1 FROM course")
    os.truncate(file_of(url), 8192)
    with pytest.raises(Unavailable, match="was cut from"):
        await source.fetch("SELECT * FROM refund")
    assert source.lost_for is not None
    await source.close()
