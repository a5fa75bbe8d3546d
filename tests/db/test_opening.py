"""The door to an SQLite file: whatever is deleted, and between whichever steps, nobody makes a second log, nothing that
was committed is gone, and all can go on as soon as all have let go."""

import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from db import backups, opening, own_logs
from db.engine import audit_engine
from db.files import address, index_of, log_of
from db.guard import settle_file
from tests.db.holders import Holder


def lose_log(path: Path) -> None:
    log_of(path).unlink()
    index_of(path).unlink()


def lost_files(path: Path) -> dict[str, Callable[[], None]]:
    return {
        "log": lambda: log_of(path).unlink(),
        "index": lambda: index_of(path).unlink(),
        "both": lambda: lose_log(path),
    }


@pytest.mark.parametrize("what", ["log", "index", "both"])
def test_who_comes_after_a_loss_makes_no_log_and_all_go_on_once_all_have_let_go(
    path: Path, holders: Callable[[], Holder], what: str
) -> None:
    writer, reader, newcomer = holders(), holders(), holders()
    writer.steps("enter", "commit", "commit")
    reader.steps("enter")
    lost_files(path)[what]()
    there = {log_of(path).exists(), index_of(path).exists()}
    for step in ("enter", "visit"):
        assert newcomer(step).startswith("DoorTaken")
    assert {log_of(path).exists(), index_of(path).exists()} == there
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    assert writer("enter").startswith("FileLost"), "the reader has the lost log open"
    assert newcomer("enter").startswith("DoorTaken")
    assert reader("look").startswith("FileLost")
    reader.steps("let_go")
    for each in (newcomer, writer, reader):
        each.steps("enter")
        assert each("read") == "2"
    writer.steps("commit")
    assert newcomer("read") == reader("read") == "3"


@pytest.mark.parametrize("what", ["log", "index", "both"])
def test_no_command_makes_a_log_beside_a_lost_one(path: Path, holders: Callable[[], Holder], what: str) -> None:
    writer, command = holders(), holders()
    writer.steps("enter", "commit")
    lost_files(path)[what]()
    there = {log_of(path).exists(), index_of(path).exists()}
    for step in ("audit", "back_up", "migrate"):
        assert command(step).startswith("DoorTaken")
        assert {log_of(path).exists(), index_of(path).exists()} == there
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    command.steps("audit", "back_up", "migrate")


def test_a_lost_log_is_kept_open_until_all_of_it_is_in_the_file(path: Path, holders: Callable[[], Holder]) -> None:
    writer, reader = holders(), holders()
    writer.steps("enter", "commit")
    reader.steps("enter", "begin_to_read")
    writer.steps("commit")
    lose_log(path)
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    assert writer("enter").startswith("FileLost"), "an older state is read, so that the log cannot be copied"
    reader.kill()  # which copies nothing
    writer.steps("enter")
    assert writer("read") == "2"


def test_after_letting_go_the_file_needs_nobody_any_more(path: Path, holders: Callable[[], Holder]) -> None:
    writer, reader, newcomer = holders(), holders(), holders()
    writer.steps("enter", "commit")
    reader.steps("enter")
    lose_log(path)
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    for each in (writer, reader):  # with the reader the last one goes who has the lost log open, and copies nothing
        each.kill()
    newcomer.steps("enter")
    assert newcomer("read") == "1"


def test_where_all_are_killed_together_with_their_log_it_is_said(path: Path, holders: Callable[[], Holder]) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    lose_log(path)
    writer.kill()
    for _ in range(2):
        assert "without it, what was committed last is not in" in newcomer("enter")
    assert not log_of(path).exists()


def test_what_another_one_commits_amid_the_loss_is_in_the_file_too(path: Path, holders: Callable[[], Holder]) -> None:
    writer, other = holders(), holders()
    writer.steps("enter", "commit")
    other.steps("enter", "begin_to_write")
    lose_log(path)
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    assert writer("enter").startswith("FileLost")
    other.steps("write_it")
    assert other("look").startswith("FileLost")
    other.steps("let_go")
    for each in (writer, other):
        each.steps("enter")
        assert each("read") == "2"


def test_a_transaction_that_is_begun_after_the_log_was_given_up_writes_nothing(
    path: Path, holders: Callable[[], Holder]
) -> None:
    writer, other = holders(), holders()
    writer.steps("enter")
    other.steps("enter")
    lose_log(path)
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    assert other("commit").startswith("FileLost")
    assert other("read") == "0"


@pytest.mark.parametrize("has_others", [False, True], ids=["nobody has it open", "others have it open"])
def test_a_log_that_goes_amid_an_opening_is_not_made_anew(
    path: Path, holders: Callable[[], Holder], *, has_others: bool
) -> None:
    writer, newcomer = holders(), holders()
    if has_others:
        writer.steps("enter", "commit")
    assert newcomer("enter_while_it_is_deleted").startswith("FileLost")
    assert not log_of(path).exists()
    if has_others:
        assert newcomer("enter").startswith("DoorTaken")
        assert writer("look").startswith("FileLost")
        writer.steps("let_go")
    newcomer.steps("enter")
    assert newcomer("read") == str(int(has_others))


def test_a_log_that_somebody_else_made_meanwhile_is_put_aside(path: Path, holders: Callable[[], Holder]) -> None:
    writer, reader = holders(), holders()
    writer.steps("enter", "commit")
    reader.steps("enter")
    lose_log(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("SELECT * FROM change").fetchall()
    assert log_of(path).exists()
    for each in (writer, reader):
        assert each("look").startswith("FileLost")
        each.steps("let_go")
    assert not log_of(path).exists()
    for each in (writer, reader):
        each.steps("enter")
        assert each("read") == "1"


def test_what_somebody_else_wrote_into_a_log_of_his_own_is_kept_beside(
    path: Path, holders: Callable[[], Holder]
) -> None:
    writer, newcomer = holders(), holders()
    writer.steps("enter", "commit")
    lose_log(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("DELETE FROM change")
    assert writer("look").startswith("FileLost")
    writer.steps("let_go")
    newcomer.steps("enter")
    assert newcomer("read") == "1"
    [kept] = path.parent.glob(f"{log_of(path).name}.foreign-*")
    assert kept.stat().st_size


def test_a_file_that_somebody_else_closes_last_is_whole(path: Path, holders: Callable[[], Holder]) -> None:
    writer = holders()
    writer.steps("enter", "commit")
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("SELECT * FROM change").fetchall()
        writer.steps("let_go")
    writer.steps("enter")
    assert writer("read") == "1"


def test_of_those_who_end_together_the_last_leaves_a_whole_file(path: Path, holders: Callable[[], Holder]) -> None:
    writer, reader, newcomer = holders(), holders(), holders()
    writer.steps("enter", "commit")
    reader.steps("enter")
    for step in ("let_go", "end"):
        for each in (writer, reader):
            each.steps(step)
    assert not log_of(path).exists()
    newcomer.steps("enter")
    assert newcomer("read") == "1"


def test_who_settles_a_file_waits_for_another_one_who_does(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    is_waiting = threading.Event()
    monkeypatch.setattr(opening, "sleep", lambda _: is_waiting.set())
    done: list[bool] = []
    settling = threading.Thread(target=lambda: done.append(settle_file(path)))
    with opening.one_at_a_time(path.parent), closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode = WAL")
        own_logs.mark_open(other)
        settling.start()
        while settling.is_alive() and not is_waiting.wait(0.01):
            pass
    settling.join()
    assert done == [True]
    assert backups.why_incomplete(path) is None


@pytest.mark.parametrize("comes_first", [True, False])
def test_a_file_that_an_audit_closes_last_is_whole(
    path: Path, holders: Callable[[], Holder], *, comes_first: bool
) -> None:
    writer = holders()
    if not comes_first:
        writer.steps("enter")
    engine = audit_engine(f"sqlite:///{path}")
    with engine.connect() as audit:
        audit.exec_driver_sql("SELECT count(*) FROM change").scalar_one()
        audit.rollback()
        if comes_first:
            writer.steps("enter")
        writer.steps("commit", "let_go", "end")
        assert audit.exec_driver_sql("SELECT count(*) FROM change").scalar_one() == 1
    writer.steps("enter")
    assert writer("read") == "1"


def test_a_file_that_a_backup_closes_last_is_whole(path: Path, holders: Callable[[], Holder], tmp_path: Path) -> None:
    writer = holders()
    writer.steps("enter", "commit")

    def end_it(left: int, _total: int) -> None:
        if not left:
            writer.steps("let_go", "end")

    backups.back_up(path, tmp_path / "backup.db", end_it)
    writer.steps("enter")
    assert writer("read") == "1"


def test_a_backup_is_made_of_a_file_that_others_only_read(path: Path, tmp_path: Path) -> None:
    assert settle_file(path)
    with closing(sqlite3.connect(address(path, "ro"), uri=True, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM change").fetchall()
        backups.back_up(path, tmp_path / "backup.db")
    assert backups.contents(tmp_path / "backup.db") == backups.contents(path)


def test_a_vacuum_from_outside_is_no_loss(path: Path, holders: Callable[[], Holder]) -> None:
    writer = holders()
    writer.steps("enter", *["commit_much"] * 3, "forget_all", "look")
    with closing(sqlite3.connect(path, isolation_level=None)) as stranger:
        stranger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        before = path.stat().st_size
        stranger.execute("VACUUM")
        stranger.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert path.stat().st_size < before
    writer.steps("look", "commit", "look")


def test_a_file_that_was_cut_is_lost(path: Path, holders: Callable[[], Holder]) -> None:
    writer = holders()
    writer.steps("enter", *["commit_much"] * 3, "look")
    os.truncate(path, path.stat().st_size - 4096)
    assert "was cut from" in writer("look")
    writer.steps("let_go")
    for _ in range(2):
        assert "was cut from" in writer("enter")


def test_what_was_made_in_the_place_of_a_lost_log_may_be_gone_as_well(path: Path) -> None:
    opening._delete_what_was_made(path, ((1, 1), (1, 2)), ((1, 3), (1, 4)))
    assert not log_of(path).exists()
