"""Which command may make or migrate a database, and what each says of one that is not there or not ready."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy.exc import DBAPIError

from db.engine import audit_engine, writer_engine
from db.urls import file_of, is_embedded, shown
from gateway.schema.conventions import ids
from gateway.services.verification.words import Words
from gateway.services.verification.work import invariants
from tests.cli.terminal import empty_beside, gateway, on_sqlite
from tests.cli.test_grant import granting
from tests.served.server import environment

GRANT = ("purchase", "create", *granting(ids.EXAMPLES[ids.COURSE]))
SERVE = ("serve", "--port", "0")


@pytest.mark.parametrize("command", [SERVE, ("seed",), ("worker",), ("verify",), GRANT], ids=lambda words: words[0])
def test_a_servers_database_must_have_been_migrated(
    command: tuple[str, ...], new_postgresql: Callable[[], str]
) -> None:
    url = empty_beside(new_postgresql())
    said = gateway(*command, env=environment(url))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{shown(url)} has no tables of a gateway: ")
    assert "gateway migrate" in said.err


@pytest.mark.parametrize("env", ["development", "production"])
@pytest.mark.parametrize("command", [SERVE, ("seed",), ("worker",), ("verify",), GRANT], ids=lambda words: words[0])
def test_a_mistyped_name_makes_no_database_but_where_a_first_start_shall_need_nothing(
    command: tuple[str, ...], env: str, tmp_path: Path
) -> None:
    missing = tmp_path / "folder" / "gateway.db"
    if env == "development" and command in (SERVE, ("seed",)):
        return  # in a folder that is there it is made: `serve` and `seed` are how one begins
    said = gateway(*command, env=environment(f"sqlite:///{missing}", env=env))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"There is no database at {missing}: ")
    assert not list(tmp_path.iterdir())


EVERY = [SERVE, ("seed",), ("worker",), ("verify",), GRANT, ("migrate",), ("migrate", "--incomplete")]


@pytest.mark.parametrize("env", ["development", "production"])
@pytest.mark.parametrize("command", EVERY, ids="-".join)
def test_no_command_makes_a_folder_of_a_mistyped_path(command: tuple[str, ...], env: str, tmp_path: Path) -> None:
    missing = tmp_path / "folder" / "gateway.db"
    said = gateway(*command, env=environment(f"sqlite:///{missing}", env=env))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"There is no database at {missing}: there is no folder {missing.parent}.")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", EVERY, ids="-".join)
def test_a_folder_is_no_database(command: tuple[str, ...], tmp_path: Path) -> None:
    said = gateway(*command, env=environment(f"sqlite:///{tmp_path}"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"{tmp_path} is a folder: ")


@pytest.mark.parametrize("command", [*EVERY, ("backup", "copy.db")], ids="-".join)
def test_no_tables_are_made_among_those_of_another_program(command: tuple[str, ...], tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as theirs, theirs:
        theirs.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY AUTOINCREMENT)")
    said = gateway(*command, env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert str(tmp_path / "gateway.db") in said.err
    assert "GATEWAY_DATABASE_URL" in said.err
    with closing(sqlite3.connect(tmp_path / "gateway.db")) as theirs:
        assert theirs.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite%'").fetchall() == [
            ("invoice",)
        ]


@pytest.mark.parametrize("command", [*EVERY, ("backup", "copy.db")], ids="-".join)
def test_a_file_that_is_no_database_is_named_by_every_command(command: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / "gateway.db").write_bytes(b"a letter, long enough to be read as a database" * 100)
    said = gateway(*command, env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert f"{tmp_path / 'gateway.db'}: file is not a database" in said.err


@pytest.mark.parametrize("command", [*EVERY, ("backup", "copy.db")], ids="-".join)
def test_a_file_that_was_cut_is_named_by_every_command_and_stays_as_it_is(
    command: tuple[str, ...], new_sqlite: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = file_of(url := new_sqlite())
    os.truncate(path, 8192)
    left = path.read_bytes()
    said = gateway(*command, env=environment(url))
    assert (said.code, said.out) == (2, "")
    assert f"{path} was cut: " in said.err
    assert said.err.count("\n") == 1, "a sentence, and no trace"
    assert path.read_bytes() == left
    assert [*path.parent.glob(f"{path.name}*")] == [path]
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("command", [("verify",), GRANT, ("worker",)], ids=lambda words: words[0])
def test_a_file_that_is_no_gateways_database_stays_as_it_is(command: tuple[str, ...], tmp_path: Path) -> None:
    empty = tmp_path / "gateway.db"
    empty.touch()
    said = gateway(*command, env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"sqlite:///{empty} has no tables of a gateway: ")
    assert [(path.name, path.stat().st_size) for path in tmp_path.iterdir()] == [("gateway.db", 0)]


def test_commands_that_need_no_database_touch_none(tmp_path: Path) -> None:
    for command in (("token", "--role", "ADMIN", "--subject", "a"), ("schema",), ("settings",)):
        assert gateway(*command, env=on_sqlite(tmp_path)).code == 0
    assert not list(tmp_path.iterdir())


def test_verify_names_the_database_heads_its_numbers_and_leaves_everything_as_it_was(database_url: str) -> None:
    env = environment(database_url)
    gateway("seed", env=env)
    before = _files_beside(database_url)
    said = gateway("verify", env=env)
    assert _files_beside(database_url) == before
    database, _, heading, *rows, _, closing = said.out.splitlines()
    assert (said.code, database) == (0, shown(database_url))
    assert heading.split() == ["result", "rows", "invariant"]
    assert [row.split()[0] for row in rows] == ["ok"] * len(invariants(Words(is_embedded(database_url))))
    assert {row.index(row.split()[2]) for row in rows} == {heading.index("invariant")}
    assert closing.endswith(f"each of the {len(rows)} invariants holds.")


def test_verify_keeps_no_writer_waiting(database_url: str) -> None:
    engine, other = audit_engine(database_url), writer_engine(database_url)
    with engine.connect() as reading, other.connect() as writing:
        before = reading.exec_driver_sql("SELECT count(*) FROM installation").scalar_one()
        with writing.begin():
            writing.exec_driver_sql("DELETE FROM installation")
        assert reading.exec_driver_sql("SELECT count(*) FROM installation").scalar_one() == before
        with pytest.raises(DBAPIError):
            reading.exec_driver_sql("DELETE FROM installation")
    engine.dispose()
    other.dispose()


def _files_beside(url: str) -> dict[str, int]:
    """The files of a SQLite database, and when each was last written."""
    if not is_embedded(url):
        return {}
    path = file_of(url)
    return {each.name: each.stat().st_mtime_ns for each in path.parent.glob(f"{path.name}*")}
