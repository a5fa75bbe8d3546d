"""SQLite's log: copied beside the writer, bounded while it goes on, and in nobody's way."""

import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from db import checkpoints, engine
from db.checkpoints import Checkpoints
from db.opening import A_READ
from db.urls import file_of
from db.writer import Writer, open_writer

PAGE_BYTES, MOST_PAGES = 4_096, 40


@pytest.fixture
def path(new_sqlite: Callable[[], str]) -> Path:
    return file_of(new_sqlite())


@pytest.fixture
def writer(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Writer]:
    """A writer whose log may hold few pages."""
    monkeypatch.setattr(checkpoints, "EVERY_COMMITS", 5)
    monkeypatch.setattr(engine, "MOST_PAGES", MOST_PAGES)
    monkeypatch.setattr(engine, "KEPT_BYTES", MOST_PAGES * PAGE_BYTES)
    opened = open_writer(engine.writer_engine(f"sqlite:///{path}"))
    yield opened
    opened.close()


def commit(writer: Writer, times: int) -> None:
    for _ in range(times):
        writer.begin()
        writer.run("INSERT INTO change (id, body) VALUES (randomblob(16), hex(randomblob(2000)))")
        writer.commit()


def log_pages(path: Path) -> int:
    return path.with_name(f"{path.name}-wal").stat().st_size // PAGE_BYTES


def notes_in(path: Path) -> int:
    with closing(sqlite3.connect(path)) as connection:
        [number] = connection.execute("SELECT count(*) FROM change").fetchone()
        assert isinstance(number, int)
        return number


def test_what_was_committed_is_copied_beside_the_writer(path: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        beside = Checkpoints(str(path))
        for _ in range(checkpoints.EVERY_COMMITS):
            connection.execute("INSERT INTO change (id, body) VALUES (randomblob(16), '{}')")
            beside.note_commit()
        beside.close()
        without_log = Path(shutil.copy(path, tmp_path / "without_log.db"))
        assert notes_in(without_log) == checkpoints.EVERY_COMMITS


def test_where_little_was_committed_nothing_is_begun(path: Path, tmp_path: Path) -> None:
    beside = Checkpoints(str(path))
    beside.note_commit()
    beside.close()
    assert notes_in(Path(shutil.copy(path, tmp_path / "without_log.db"))) == 0


def test_after_a_copy_that_failed_later_ones_are_made(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    is_tried = threading.Semaphore(0)

    class Heard(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            try:
                return super().execute(sql, parameters)
            finally:
                if sql == A_READ:  # the last thing that the thread does before it gives a copy up
                    is_tried.release()

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Heard))
    whole, beside = path.read_bytes(), Checkpoints(str(path))
    path.write_bytes(b"no database" * 1_000)
    for _ in range(checkpoints.EVERY_COMMITS):
        beside.note_commit()
    assert is_tried.acquire(timeout=30)
    path.write_bytes(whole)
    writer = open_writer(engine.writer_engine(f"sqlite:///{path}"))
    commit(writer, 1)
    beside.close()
    assert notes_in(Path(shutil.copy(path, tmp_path / "without_log.db"))) == 1
    writer.close()


def test_the_log_stays_bounded_while_the_writer_goes_on(path: Path, writer: Writer) -> None:
    commit(writer, 500)  # of three pages and more
    assert log_pages(path) < 500
    assert notes_in(path) == 500


def test_a_reader_that_holds_on_keeps_nobody_waiting_and_the_log_is_cut_after_it(path: Path, writer: Writer) -> None:
    commit(writer, 10)
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM change").fetchone() == (10,)
        commit(writer, 200)
        assert reader.execute("SELECT count(*) FROM change").fetchone() == (10,)
        assert log_pages(path) > 4 * MOST_PAGES
    commit(writer, 100)
    assert log_pages(path) < 4 * MOST_PAGES
    assert notes_in(path) == 310


def test_when_the_last_one_closes_everything_is_in_the_file(path: Path) -> None:
    writer = open_writer(engine.writer_engine(f"sqlite:///{path}"))
    commit(writer, 7)
    writer.close()
    assert not path.with_name(f"{path.name}-wal").exists()
    assert notes_in(path) == 7
