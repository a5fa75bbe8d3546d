"""Processes that have an SQLite file open, as SQLite's locks need it, each of which takes a step when told to."""

import subprocess
import sys
from pathlib import Path

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
    def connect(name, *arguments, **options):
        if "immutable" not in name:  # by which one looks before the door is opened
            opening.log_of(path).unlink(missing_ok=True)
        return real(name, *arguments, **options)
    sqlite3.connect = connect
    try:
        enter()
    finally:
        sqlite3.connect = real

def enter_while_it_is_replaced():
    real = sqlite3.connect
    def connect(name, *arguments, **options):
        if "immutable" not in name and path.with_name("next.db").exists():
            path.with_name("next.db").replace(path)
        return real(name, *arguments, **options)
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
