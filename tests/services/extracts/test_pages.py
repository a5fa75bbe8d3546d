"""Extracts: each record once, in the order of its key, as it was at one moment, on both databases."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, select

from db.compiled import Statement
from db.engine import audit_engine, writer_engine
from db.statements import AUDIT, PAYMENT, PURCHASE, REFUND
from gateway.schema.conventions import ids
from gateway.services.extracts.model import Extract, Kind, Wanted
from gateway.services.extracts.pages import EXTRACTS, _page, count, pages
from tests.db.planner import Planner
from tests.db.test_plans import _example

ALL = Wanted()
TABLES = {"purchases": PURCHASE, "payments": PAYMENT, "refunds": REFUND, "audit": AUDIT}
Records = list[dict[str, Any]]


@pytest.fixture
def connection(filled: str) -> Iterator[Connection]:
    engine = audit_engine(filled)
    with engine.connect() as connected:
        yield connected
    engine.dispose()


def records(connection: Connection, extract: Extract, wanted: Wanted = ALL, size: int = 2_000) -> Records:
    names = [column.name for column in extract.columns]
    return [
        dict(zip(names, row, strict=True))
        for page, _ in pages(connection, extract, wanted, size)
        for row in zip(*page, strict=True)
    ]


@pytest.mark.parametrize("name", EXTRACTS)
def test_each_record_comes_once_whatever_the_size_of_a_page(connection: Connection, name: str) -> None:
    extract = EXTRACTS[name]
    whole = records(connection, extract)
    assert len(whole) == len({each["id"] for each in whole}) == count(connection, extract, ALL)
    assert len(whole) == connection.execute(select(func.count()).select_from(TABLES[name])).scalar_one()
    assert len(whole) > 3
    assert records(connection, extract, size=2) == whole
    assert records(connection, extract, size=len(whole)) == whole


@pytest.mark.parametrize("name", ["purchases", "payments", "refunds"])
def test_records_come_in_the_order_in_which_they_were_made(connection: Connection, name: str) -> None:
    made = [each["createdAt"] for each in records(connection, EXTRACTS[name], size=10)]
    assert made == sorted(made)


KINDS: dict[Kind, type | tuple[type, ...]] = {
    Kind.TEXT: str,
    Kind.WHOLE: int,
    Kind.FLAG: bool,
    Kind.INSTANT: datetime,
    Kind.JSON: (dict, list, str, int),
}


@pytest.mark.parametrize("name", EXTRACTS)
def test_values_are_of_their_columns_kind(connection: Connection, name: str) -> None:
    extract = EXTRACTS[name]
    for record in records(connection, extract):
        for column in extract.columns:
            value: Any = record[column.name]
            if value is not None:
                if column.kind is Kind.INSTANT:
                    assert value.utcoffset() == timedelta()
                if column.prefix:
                    assert ids.from_text(column.prefix, value), column.name
                assert isinstance(value, KINDS.get(column.kind, object)), column.name


@pytest.mark.parametrize("name", EXTRACTS)
def test_a_span_has_its_beginning_and_not_its_end(connection: Connection, name: str) -> None:
    extract = EXTRACTS[name]
    at = "at" if name == "audit" else "createdAt"
    whole = records(connection, extract)
    times = sorted({each[at] for each in whole})
    begins, ends = times[len(times) // 3], times[len(times) // 2]
    inside = [each for each in whole if begins <= each[at] < ends]
    assert inside
    assert records(connection, extract, Wanted(begins, ends), size=3) == inside
    assert count(connection, extract, Wanted(begins, ends)) == len(inside)


@pytest.mark.parametrize("name", EXTRACTS)
def test_records_of_a_student_or_of_a_course(connection: Connection, name: str) -> None:
    extract = EXTRACTS[name]
    whole = records(connection, extract)
    student = whole[len(whole) // 2]["studentId"]
    theirs = [each for each in whole if each["studentId"] == student]
    assert records(connection, extract, Wanted(student_id=student), size=2) == theirs
    course = records(connection, EXTRACTS["purchases"])[0]["courseId"]
    key = ids.from_text(ids.COURSE, course)
    found = records(connection, extract, Wanted(course_id=key), size=5)
    assert found
    assert len(found) < len(whole)
    if name != "audit":
        assert found == [each for each in whole if each["courseId"] == course]
    assert records(connection, extract, Wanted(student_id="nobody")) == []
    assert records(connection, extract, Wanted(course_id=UUID(int=1))) == []


def test_the_audit_of_a_course_is_its_own_and_that_of_what_was_sold_of_it(connection: Connection) -> None:
    course = records(connection, EXTRACTS["purchases"])[0]["courseId"]
    sold = {
        each["id"]
        for name in ("purchases", "payments")
        for each in records(connection, EXTRACTS[name])
        if each["courseId"] == course
    }
    whole = records(connection, EXTRACTS["audit"])
    theirs = [each for each in whole if {each["paymentId"], each["purchaseId"]} & sold or each["courseId"] == course]
    key = ids.from_text(ids.COURSE, course)
    assert records(connection, EXTRACTS["audit"], Wanted(course_id=key)) == theirs


def test_an_entry_names_what_it_was_done_to_once(connection: Connection) -> None:
    for entry in records(connection, EXTRACTS["audit"]):
        named = [entry[name] for name in ("paymentId", "purchaseId", "courseId") if entry[name]]
        assert len(named) <= 1
        kind = entry["action"].partition(".")[0]
        if kind in ("payment", "purchase", "course"):
            assert named[0].startswith(kind[:3] if kind != "course" else "crs")


@pytest.mark.parametrize("name", EXTRACTS)
def test_a_further_page_is_read_from_where_the_last_one_ended(filled: str, name: str) -> None:
    """And nothing is sorted: however many rows there are, a page costs what a page does."""
    engine = audit_engine(filled)
    with engine.connect() as connected:
        planner, extract = Planner(connected), EXTRACTS[name]
        if not planner.is_sqlite:
            connected.exec_driver_sql("SET enable_bitmapscan = off")
        last = {f"key_{place}": _example(key.type) for place, key in enumerate(extract.key)}
        further = Statement(_page(extract, ALL, is_first=False)).on(connected.dialect)
        bound = further.bound({**last, "size": 100})
        # The catalogue is small, and each database may read all of it beside a page.
        assert [each for each in planner.scans(further.sql, bound) if "of course" not in each] == []
        assert planner.sorts(further.sql, bound) == []
    engine.dispose()


def test_what_is_written_meanwhile_is_in_no_page(filled: str, connection: Connection) -> None:
    reading = pages(connection, EXTRACTS["purchases"], ALL, size=10)
    before = [next(reading)]
    engine = writer_engine(filled)
    with engine.begin() as other:
        changed = other.exec_driver_sql("UPDATE purchase SET tier = 'CHANGED'").rowcount
    try:
        before += reading
        names = [column.name for column in EXTRACTS["purchases"].columns]
        tiers = [tier for page, _ in before for tier in page[names.index("tier")]]
        assert len(tiers) == changed
        assert "CHANGED" not in tiers
    finally:
        with engine.begin() as other:
            other.exec_driver_sql("UPDATE purchase SET tier = 'BASIC'")
        engine.dispose()


def test_a_hand_that_spoilt_an_entry_keeps_nothing_from_leaving(filled: str) -> None:
    spoilt = '{"courseId": "no id"}'
    engine = writer_engine(filled)
    with engine.begin() as other:
        mark = "?" if other.dialect.name == "sqlite" else "%s::jsonb"
        sql = f"UPDATE audit_entry SET changes = {mark} WHERE action = 'purchase.created'"
        other.exec_driver_sql(sql, (spoilt,))
    engine.dispose()
    reading = audit_engine(filled)
    with reading.connect() as connected:
        found = records(connected, EXTRACTS["audit"])
    reading.dispose()
    changes = [each["changes"] for each in found if each["action"] == "purchase.created"]
    assert {"courseId": "no id"} in changes
