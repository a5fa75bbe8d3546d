"""An SQLite file beside a log that is not its own, or one that lacks some of its pages: whoever comes to it, in
whichever order, changes neither, and says what it is."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from db import headers
from db.engine import writer_engine
from db.errors import lost_file
from db.files import index_of, inode_of, log_of
from db.urls import file_of
from db.writer import open_writer
from tests.db.holders import Holder


@pytest.fixture
def other(new_sqlite: Callable[[], str]) -> Path:
    """Another database, which is out of log mode: as a backup is, and each one that nobody has open."""
    return file_of(new_sqlite())


@pytest.mark.parametrize("what", ["nothing", "index"])
def test_who_comes_to_a_replaced_file_reads_no_log_of_the_one_before_into_it(
    path: Path, holders: Callable[[], Holder], other: Path, what: str
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    if what == "index":
        index_of(path).unlink()
    before, log = other.read_bytes(), log_of(path).read_bytes()
    aside = path.rename(path.with_name("aside.db"))
    other.replace(path)
    for step in ("enter", "visit", "enter"):
        assert "belongs to" in newcomer(step)
    newcomer.kill()
    assert path.read_bytes() == before
    assert log_of(path).read_bytes() == log
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    assert path.read_bytes() == before
    aside.replace(path)
    for each in (writer, holders()):
        each.steps("enter")
        assert each("read") == "1"


def test_a_file_that_is_replaced_amid_an_opening_gets_nothing_of_the_log_beside_it(
    path: Path, holders: Callable[[], Holder], other: Path
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    before, log = other.read_bytes(), log_of(path).read_bytes()
    other.replace(path.with_name("next.db"))
    assert newcomer("enter_while_it_is_replaced").startswith("FileLost")
    assert path.read_bytes() == before
    assert log_of(path).read_bytes() == log


def test_an_empty_log_of_the_file_before_gets_nothing_of_it_into_the_new_one(
    path: Path, holders: Callable[[], Holder], other: Path
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    writer.steps("begin_to_write")
    aside = path.rename(path.with_name("aside.db"))
    other.replace(path)
    newcomer.steps("enter")
    writer.steps("write_it")  # and learns only then that nobody may be told of it
    assert newcomer("read") == "0"
    newcomer.steps("commit", "look", "let_go")
    assert writer("look").startswith("FileLost")
    newcomer.kill()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM change").fetchall() == [(1,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    aside.replace(path)
    writer.steps("let_go")
    for each in (writer, holders()):
        each.steps("enter")
        assert each("read") == "2"


def test_who_comes_after_a_checkpoint_from_outside_joins_the_empty_log(
    path: Path, holders: Callable[[], Holder]
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        assert stranger.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall() == [(0, 0, 0)]
        assert log_of(path).stat().st_size == 0
        newcomer.steps("enter")
        assert newcomer("read") == "1"
        newcomer.steps("commit", "look")
        writer.steps("look", "commit")
        for each in (writer, newcomer):
            assert each("read") == "3"
        [(seen,)] = stranger.execute("SELECT count(*) FROM change").fetchall()
        assert seen == 3
    for each in (writer, newcomer):
        each.steps("look", "let_go")
    third = holders()
    third.steps("enter")
    assert third("read") == "3"


@pytest.mark.parametrize("left", [8192, 0])
@pytest.mark.parametrize("has_others", [False, True], ids=["nobody has it open", "others have it open"])
@pytest.mark.parametrize("is_copied", [False, True], ids=["all in the log", "all in the file"])
def test_a_file_that_was_cut_is_told_by_who_had_it_not_open_then(
    path: Path, holders: Callable[[], Holder], left: int, *, has_others: bool, is_copied: bool
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", *["commit_much" if is_copied else "commit"] * 2)
    if not has_others:
        writer.steps("let_go")
    os.truncate(path, left)
    for step in ("enter", "visit", "enter"):
        assert str(path) in newcomer(step)
    assert path.stat().st_size == left
    if has_others:
        assert "was cut" in writer("look")
    else:
        assert "was cut" in writer("enter")
    assert path.stat().st_size == left


def test_a_look_at_the_file_ends_no_lock_of_the_process(path: Path, holders: Callable[[], Holder]) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit", "visit", "visit")
    index_of(path).unlink()
    assert newcomer("enter").startswith("DoorTaken"), "it would have the file alone"


def test_who_was_killed_amid_a_copy_left_all_of_it_in_the_log(path: Path, holders: Callable[[], Holder]) -> None:
    writer, newcomer, third = holders(), holders(), holders()
    writer.steps("enter", "commit")
    size = path.stat().st_size
    writer.steps("commit_much")
    assert path.stat().st_size > size
    os.truncate(path, size)  # the first page was copied, and the last ones not as yet
    assert newcomer("enter").startswith("DoorTaken"), "somebody copies, or it was cut"
    writer.kill()
    for each in (newcomer, third):
        each.steps("enter")
        assert each("read") == "2"
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_who_looks_while_the_last_pages_of_a_copy_come_joins(
    path: Path, holders: Callable[[], Holder], monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = holders()
    writer.steps("enter", "commit")
    size = path.stat().st_size
    writer.steps("commit_much")
    whole = path.read_bytes()
    os.truncate(path, size)
    look = headers.may_be_joined

    def look_and_copy_on(*arguments: Any, **options: Any) -> bool:
        may_be = look(*arguments, **options)
        with path.open("r+b") as file:
            file.seek(size)
            file.write(whole[size:])
        return may_be

    monkeypatch.setattr(headers, "may_be_joined", look_and_copy_on)
    main = inode_of(str(path))
    assert main is not None
    assert headers.is_to_be_joined(path, main, waits=True, takes_empty=False)


def test_a_file_that_is_cut_amid_a_transaction_is_lost_and_not_damaged(new_sqlite: Callable[[], str]) -> None:
    path = file_of(url := new_sqlite())
    writer = open_writer(writer_engine(url))
    writer.begin()
    os.truncate(path, 8192)
    with pytest.raises(DBAPIError) as raised:
        writer.fetch("SELECT * FROM course")
    writer.close()
    lost = lost_file(raised.value)
    assert lost is not None
    assert "was cut from" in lost.reason
