"""A log that a program of others made in the place of the one in use is taken for its own by nobody who comes."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db.files import address, index_of, log_of
from db.own_logs import stamp_of
from tests.db.holders import Holder

COMING = ("enter", "visit", "audit", "back_up", "migrate")
"""Every way in."""


def write(path: Path) -> None:
    """As a person does with `sqlite3`: what is deleted is made anew, and stays there."""
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("DELETE FROM change")


@pytest.mark.parametrize("lost", [(log_of, index_of), (index_of,)], ids=["log and index", "index"])
@pytest.mark.parametrize("is_looked_at", [False, True], ids=["written", "read"])
def test_who_comes_before_anybody_looked_takes_no_log_that_a_stranger_made(
    path: Path, holders: Callable[[], Holder], lost: tuple[Callable[[Path], Path], ...], *, is_looked_at: bool
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit", "commit")
    for each in lost:
        each(path).unlink()
    if is_looked_at or len(lost) == 1:  # where the log is left, what a stranger writes goes into it
        with closing(sqlite3.connect(address(path, "ro"), uri=True)) as stranger:
            stranger.execute("SELECT count(*) FROM change").fetchall()
    else:
        write(path)
    assert None not in (log_of(path).exists(), index_of(path).exists())
    for step in COMING:
        assert newcomer(step).startswith("DoorTaken"), step
    writer_said = writer("look")
    assert writer_said.startswith("FileLost")
    writer.steps("let_go")
    newcomer.steps("enter")
    assert newcomer("read") == "2"
    writer.steps("enter", "commit")
    assert newcomer("read") == "3"


def test_a_stranger_who_has_it_open_keeps_nobody_from_the_log_that_is_its_own(
    path: Path, holders: Callable[[], Holder]
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("SELECT count(*) FROM change").fetchall()
        newcomer.steps("enter")
        writer.kill()
        newcomer.kill()
        later = holders()
        later.steps("enter", "commit")  # as beside a program that copies the log all the time
        assert later("read") == "2"


@pytest.fixture
def elsewhere(path: Path, holders: Callable[[], Holder], tmp_path: Path) -> Iterator[Holder]:
    """Where a killed gateway's file and its log were copied to."""
    writer = holders()
    writer.steps("enter", "commit")
    writer.kill()
    for each in (path, log_of(path), index_of(path)):
        shutil.copy(each, tmp_path / each.name)
    holder = Holder(tmp_path / path.name)
    yield holder
    holder.kill()
    for pipe in (holder.process.stdin, holder.process.stdout):
        assert pipe is not None
        pipe.close()


def test_a_file_that_was_moved_with_its_log_is_opened_with_it(elsewhere: Holder) -> None:
    elsewhere.steps("enter", "commit")
    assert elsewhere("read") == "2"


def test_what_a_release_that_knew_of_no_stamp_left_is_opened_as_before(
    path: Path, holders: Callable[[], Holder]
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    with closing(sqlite3.connect(path, isolation_level=None)) as old:
        [(generation,)] = old.execute("PRAGMA user_version").fetchall()
        for stamp in (0, stamp_of(generation - 2, ((1, 1), (1, 2)))):  # none; one of another time, which it left there
            old.execute(f"PRAGMA application_id = {stamp}")
            old.execute("PRAGMA wal_checkpoint(FULL)").fetchall()
            newcomer.steps("visit")
    newcomer.steps("enter")
    assert newcomer("read") == "1"
