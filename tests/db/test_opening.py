"""The door to an SQLite file: whatever is deleted, and between whichever steps, nobody makes a second log, nothing that
was committed is gone, and all can go on as soon as all have let go.

Each holder is a process of its own, as SQLite's locks need it, and does one step when it is told to.
"""

import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from db import backups, opening
from db.engine import audit_engine
from db.files import address, index_of, log_of
from db.guard import settle_file
from db.urls import file_of

HOLDER = """
import sqlite3, sys
from pathlib import Path
from db import opening
from db.files import FileLost, address
from db.guard import Guard

path = Path(sys.argv[1])
guard, connection = Guard(path, waits=False), None

def fetch(sql):
    return connection.execute(sql).fetchall()

def enter():
    global connection
    with guard.opening() as in_vain:
        fresh = sqlite3.connect(address(path), uri=True, isolation_level=None, timeout=0)
        in_vain.callback(fresh.close)
        guard.opened(lambda sql: fresh.execute(sql).fetchall())
    connection = fresh

def enter_while_it_is_deleted():
    real = sqlite3.connect
    def connect(*arguments, **options):
        opening.log_of(path).unlink(missing_ok=True)
        return real(*arguments, **options)
    sqlite3.connect = connect
    try:
        enter()
    finally:
        sqlite3.connect = real

def commit():
    fetch("BEGIN IMMEDIATE")
    try:
        guard.check(fetch)
    except FileLost:
        fetch("ROLLBACK")
        raise
    fetch("INSERT INTO change (id, body) VALUES (randomblob(16), '{}')")
    fetch("COMMIT")
    guard.check(fetch, has_committed=True)

def commit_much():
    fetch("INSERT INTO change (id, body) VALUES (randomblob(16), hex(randomblob(100000)))")
    fetch("PRAGMA wal_checkpoint(PASSIVE)")

def forget_all():
    fetch("DELETE FROM change")

def begin_to_read():
    fetch("BEGIN")
    fetch("SELECT count(*) FROM change")

def begin_to_write():
    fetch("BEGIN IMMEDIATE")

def write_it():
    fetch("INSERT INTO change (id, body) VALUES (randomblob(16), '{}')")
    fetch("COMMIT")

def look():
    guard.check(fetch)

def let_go():
    guard.let_go(connection, connection.close)

def end():
    guard.end()

def visit():
    opening.opened(path, lambda: sqlite3.connect(address(path, "ro"), uri=True, timeout=0)).close()

def audit():
    from db.engine import audit_engine
    by_engine(lambda: audit_engine(f"sqlite:///{path}").connect().close())

def back_up():
    from db import backups
    backups.back_up(path, path.with_name("backup.db"))

def migrate():
    from db.migrate import upgrade
    by_engine(lambda: upgrade(f"sqlite:///{path}"))

def by_engine(command):
    from sqlalchemy.exc import DBAPIError
    try:
        command()
    except DBAPIError as error:
        raise error.orig from None

def read():
    print(fetch("SELECT count(*) FROM change")[0][0])

for line in sys.stdin:
    try:
        globals()[line.strip()]()
    except (FileLost, opening.DoorTaken) as error:
        print(type(error).__name__, error)
    else:
        print("done")
    sys.stdout.flush()
"""


class Holder:
    """A process that has a guard of its own on the file."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLDER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, step: str) -> str:
        """What it says when it has taken the step."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{step}\n")
        self.process.stdin.flush()
        said = self.process.stdout.readline().strip()
        if step == "read":
            assert self.process.stdout.readline() == "done\n"
        return said

    def steps(self, *steps: str) -> None:
        assert [self(step) for step in steps] == ["done"] * len(steps)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def path(new_sqlite: Callable[[], str]) -> Path:
    return file_of(new_sqlite())


@pytest.fixture
def holders(path: Path) -> Iterator[Callable[[], Holder]]:
    made: list[Holder] = []

    def make() -> Holder:
        made.append(Holder(path))
        return made[-1]

    yield make
    for each in made:
        each.kill()
        for pipe in (each.process.stdin, each.process.stdout):
            assert pipe is not None
            pipe.close()


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
        opening.mark_open(other)
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
