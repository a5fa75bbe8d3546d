"""`gateway migrate --status` and `--down`: how the schema stands, and the way back, which no gateway may be in."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from db.engine import audit_engine, writer_engine
from db.standing import HEAD, standing
from db.urls import file_of, is_embedded, shown
from tests.cli.terminal import Said, gateway, on_sqlite
from tests.served.server import environment

BEFORE = f"{int(HEAD) - 1:04}"


def revision(url: str) -> str | None:
    engine = audit_engine(url)
    with engine.connect() as connection:
        found = standing(connection).database
    engine.dispose()
    return found


def test_the_status_of_what_is_up_to_date(database_url: str) -> None:
    said = gateway("migrate", "--status", env=environment(database_url))
    assert said == Said(0, f"{shown(database_url)} is at {HEAD}; this release is at {HEAD}.\n", "")
    plain = json.loads(gateway("migrate", "--status", "--json", env=environment(database_url)).out)
    assert (plain["revision"], plain["missing"], plain["isUsable"]) == (HEAD, [], True)


def test_down_and_up_again(new_database: Callable[[], str]) -> None:
    url = new_database()
    env = environment(url)
    said = gateway("migrate", "--down", BEFORE, "--yes", env=env)
    assert (said.code, said.out) == (0, f"The database was brought from {HEAD} down to {BEFORE}: {shown(url)}\n")
    assert said.err.startswith(f"{shown(url)}: these migrations are undone, and what they added goes, with all that is")
    assert f"\n  {HEAD}  " in said.err
    behind = gateway("migrate", "--status", env=env)
    assert (behind.code, f"  missing  {HEAD}  " in behind.out) == (1, True)
    again = gateway("migrate", "--down", BEFORE, "--yes", env=env)
    assert again == Said(0, f"{shown(url)} is at {BEFORE} already.\n", "")
    assert gateway("migrate", env=env).code == 0
    assert revision(url) == HEAD


HOLDER = """import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("BEGIN IMMEDIATE")
print(flush=True)
input()"""
"""SQLite's locks are a process's own."""


@contextmanager
def held(url: str) -> Iterator[None]:
    """Somebody has the database open."""
    if not is_embedded(url):
        engine = writer_engine(url)
        with engine.connect():
            yield
        engine.dispose()
        return
    command = [sys.executable, "-c", HOLDER, str(file_of(url))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield
        holder.communicate(b"\n")


@pytest.mark.usefixtures("process")
def test_nothing_is_undone_beside_who_has_it_open(database_url: str) -> None:
    with held(database_url):
        said = gateway("migrate", "--down", BEFORE, "--yes", env=environment(database_url))
    assert (said.code, said.out) == (2, "")
    assert said.err.splitlines()[-1].startswith("Nothing was undone: ")
    assert said.err.endswith("Stop all gateways first.\n")
    assert revision(database_url) == HEAD


@pytest.mark.parametrize("wrong", ["9999", "head", "-1"])
def test_a_revision_that_is_none_is_named(wrong: str, new_sqlite: Callable[[], str]) -> None:
    said = gateway("migrate", f"--down={wrong}", "--yes", env=environment(new_sqlite()))
    assert said == Said(2, "", f"--down: {wrong} is no migration; they are 0001 to {HEAD}.\n")


def test_nobody_who_can_be_asked_is_no_yes(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    said = gateway("migrate", "--down", BEFORE, env=environment(url))
    assert (said.code, said.out) == (2, "")
    assert said.err.endswith("Nothing was undone: nobody can be asked here. Say --yes to have it done.\n")
    assert revision(url) == HEAD


def test_there_is_no_status_of_no_database(tmp_path: Path) -> None:
    said = gateway("migrate", "--status", env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("There is no database at ")
