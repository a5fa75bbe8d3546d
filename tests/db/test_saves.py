"""Changes of many rows: each row is written, whatever their number, and nothing else is."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError

from db.engine import writer_engine
from db.saves import MOST_ROWS, Saves
from db.writer import Writer, open_writer
from tests.service import heard

NOW = datetime(2026, 11, 23, 9, 0, 0, 123_456, tzinfo=UTC)
KEY = bytes(range(32))


@pytest.fixture
def writer(database_url: str) -> Iterator[Writer]:
    opened = open_writer(writer_engine(database_url))
    opened.begin()
    yield opened
    opened.close()


def courses(number: int, title: str) -> list[dict[str, Any]]:
    return [
        {"id": UUID(int=each), "title": f"{title} {each}", "created_at": NOW, "description": None}
        for each in range(number)
    ]


def add_and_commit(writer: Writer, rows: list[dict[str, Any]]) -> None:
    Saves(writer.dialect).add_courses.run(writer, rows)
    writer.commit()


def titles(writer: Writer) -> list[str]:
    return [title for (title,) in writer.fetch("SELECT title FROM course ORDER BY id")]


@pytest.mark.parametrize("number", [0, 1, 2, 3, MOST_ROWS - 1, MOST_ROWS, 2 * MOST_ROWS + 3])
def test_every_row_of_a_change_is_written(writer: Writer, number: int) -> None:
    saves = Saves(writer.dialect)
    saves.add_courses.run(writer, courses(2 * MOST_ROWS + 4, "Yoga"))
    saves.change_courses.run(writer, courses(number, "Chess"))
    changed = [f"{'Chess' if each < number else 'Yoga'} {each}" for each in range(2 * MOST_ROWS + 4)]
    assert titles(writer) == changed


def test_a_change_of_many_pages_is_kept_undoable_without_a_file(writer: Writer) -> None:
    Saves(writer.dialect).add_courses.run(writer, courses(MOST_ROWS, "Yoga" * 1_000))  # a page of SQLite's each
    before = len(list(Path("/dev/fd").iterdir()))
    writer.run("UPDATE course SET title = upper(title)")
    assert len(list(Path("/dev/fd").iterdir())) == before


def test_postgresql_changes_rows_by_their_keys_and_goes_through_no_table(new_postgresql: Callable[[], str]) -> None:
    engine = writer_engine(new_postgresql())
    writer, statements = open_writer(engine), list[str]()
    rows = courses(5_000, "Yoga")  # so few that the planner would rather read them all
    Saves(writer.dialect).add_courses.run(writer, rows)
    writer.run("ANALYZE course")
    with heard(engine, statements.append):
        Saves(writer.dialect).change_courses.run(writer, rows[:1])
    plan = str(writer.fetch(f"EXPLAIN {statements[0]}", ("[]", [rows[0]["id"]])))
    writer.close()
    assert "pk_course" in plan
    assert "Seq Scan" not in plan


def test_bytes_and_instants_are_stored_as_they_are(writer: Writer) -> None:
    record = {"actor_id": "a", "operation": "o", "key": 'Zoë "1" \\x00', "fingerprint": KEY}
    Saves(writer.dialect).add_records.run(writer, [{**record, "result_id": UUID(int=1), "created_at": NOW}])
    [(key, fingerprint, at)] = writer.fetch("SELECT key, fingerprint, created_at FROM idempotency_record")
    assert (key, bytes(fingerprint)) == ('Zoë "1" \\x00', KEY)
    assert at == (1_795_424_400_123_456 if writer.dialect.name == "sqlite" else NOW)


def test_an_instant_without_a_time_zone_is_refused(writer: Writer) -> None:
    [course] = courses(1, "Yoga")
    with pytest.raises(ValueError, match="time zone"):
        Saves(writer.dialect).add_courses.run(writer, [{**course, "created_at": NOW.replace(tzinfo=None)}])


def test_a_refused_row_is_an_error_that_names_no_parameter(writer: Writer) -> None:
    rows = courses(2, "a secret")
    add_and_commit(writer, rows)
    with pytest.raises(IntegrityError) as raised:
        add_and_commit(writer, rows)
    assert isinstance(raised.value, DBAPIError)
    assert "a secret" not in str(raised.value)


def test_what_is_not_committed_is_undone_by_closing(database_url: str) -> None:
    for closes in (Writer.close, Writer.rollback, Writer.commit):
        opened = open_writer(writer_engine(database_url))
        opened.begin()
        assert titles(opened) == []
        Saves(opened.dialect).add_courses.run(opened, courses(1, "Yoga"))
        closes(opened)
    assert titles(opened) == ["Yoga 0"]
    opened.close()
