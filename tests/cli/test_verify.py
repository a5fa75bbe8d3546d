"""`gateway verify`: what it says of a row at fault, and how it ends: 1 for that, 2 where it could not look."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db.engine import writer_engine
from gateway.cli.verifying import side_by_side
from gateway.cli.verifying.verdicts import Summary
from gateway.pages.demo_catalogue import COURSES
from gateway.schema.conventions import ids
from tests.cli.terminal import gateway, on_sqlite
from tests.house import ROOT
from tests.served.server import environment

COURSE = min(COURSES)
PAGE = ROOT / "docs" / "operations" / "verify.md"
ALL_IS_WELL = re.compile(r"[\d,]+ (rows of \d+ tables were looked at: each of the \d+ invariants holds\.)")
"""How many rows there are is the database's; how many tables and invariants, this code's."""
UNTITLED = "UPDATE course SET title = '' WHERE id = :id"


def changed(url: str, sql: str, **values: object) -> None:
    engine = writer_engine(url)
    with engine.begin() as connection:
        connection.execute(text(sql), values)
    engine.dispose()


@pytest.fixture
def env(database_url: str) -> dict[str, str]:
    """Of a database that has the demo's courses."""
    env = environment(database_url)
    gateway("seed", env=env)
    return env


@pytest.fixture
def with_fault(env: dict[str, str], database_url: str) -> dict[str, str]:
    """The same, where one course has lost its title."""
    changed(database_url, UNTITLED, id=_stored(COURSE, database_url))
    return env


def test_a_row_at_fault_is_named_with_what_is_wrong_what_is_there_and_what_to_do(with_fault: dict[str, str]) -> None:
    said = gateway("verify", env=with_fault)
    assert said.code == 1
    lines = [line.strip() for line in said.out.splitlines()]
    at = lines.index(f"course {ids.to_text(ids.COURSE, COURSE)} ({COURSE})")
    assert lines[at - 1].split() == ["FAILED", "4", *["Every", "course", "is", "as", "it", "was", "last", "saved."]]
    assert lines[at + 1].startswith("A title has 1 to 200 characters")
    assert lines[at + 2].startswith('Here: course.title ""')
    assert any(line.startswith("What to do: saveCourse") for line in lines[at:])
    assert re.fullmatch(r"[\d,]+ rows of 14 tables were looked at: 1 of the \d+ invariants is broken, .*\.", lines[-1])


def test_a_program_gets_one_json_object(with_fault: dict[str, str], env: dict[str, str]) -> None:
    said = gateway("verify", "--json", env=with_fault)
    found = json.loads(said.out)
    assert (said.code, said.err, found["result"]) == (1, "", "broken")
    assert {each["invariant"]: each["broken"] for each in found["invariants"] if each["broken"]} == {
        "Every course is as it was last saved.": 1
    }
    titled: Any = next(each for each in found["faults"] if each["wrong"].startswith("A title"))
    assert (titled["table"], titled["key"], titled["id"]) == (
        "course",
        [str(COURSE)],
        ids.to_text(ids.COURSE, COURSE),
    )
    assert titled["found"] == {"course.title": "", "sold.tiers": 3}
    assert titled["whatToDo"].startswith("saveCourse")


def test_where_all_is_well_the_object_says_so(env: dict[str, str]) -> None:
    said = gateway("verify", "--json", env=env)
    found = json.loads(said.out)
    assert (said.code, found["result"], found["faults"]) == (0, "ok", [])
    assert gateway("verify", env=env).out.splitlines()[-1] == found["summary"]
    [example] = ALL_IS_WELL.findall(PAGE.read_text())
    assert ALL_IS_WELL.findall(found["summary"]) == [example], "docs/operations/verify.md is stale"


def test_a_clock_that_is_behind_is_told_at_the_end() -> None:
    said = str(Summary(timedelta(hours=2, seconds=5)))
    assert " This machine's clock is 2:00:05 behind the newest rows, so these were judged by their own time" in said
    assert "clock" not in str(Summary(timedelta(seconds=5)))


def test_an_index_that_is_gone_is_a_fault_and_is_told_how_to_make(env: dict[str, str], database_url: str) -> None:
    changed(database_url, "DROP INDEX uq_purchase_active")
    said = gateway("verify", env=env)
    assert said.code == 1
    assert (
        "CREATE UNIQUE INDEX uq_purchase_active ON purchase (student_id, course_id) WHERE status = 'ACTIVE'" in said.out
    )


def test_an_older_schema_is_nothing_that_was_looked_at(env: dict[str, str], database_url: str) -> None:
    changed(database_url, "UPDATE alembic_version SET version_num = '0001'")
    said = gateway("verify", env=env)
    assert (said.code, said.out) == (2, "")
    assert "is not up to date" in said.err


def test_a_table_that_cannot_be_read_is_no_finding(env: dict[str, str], database_url: str) -> None:
    changed(database_url, "ALTER TABLE audit_entry RENAME TO audit_entry_of_before")
    said = gateway("verify", env=env)
    assert said.code == 2
    assert said.err.startswith("The database cannot be used: ")
    assert "Traceback" not in said.err


def test_a_file_that_is_no_database_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "gateway.db").write_bytes(b"no database, whatever its name says" * 100)
    said = gateway("verify", env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    at = f"sqlite:///{tmp_path / 'gateway.db'}"
    assert said.err == f"The database cannot be used: {at}: file is not a database\n"


def test_a_server_that_is_down_is_told_in_a_sentence() -> None:
    said = gateway("verify", env=environment("postgresql://nobody@127.0.0.1:9/nothing"))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("The database cannot be used: ")
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyboardInterrupt(), "It was stopped before everything was looked at."),
        (ZeroDivisionError("ours"), "It broke off by a fault of its own, shown above."),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_breaks_it_off_is_no_finding(
    error: BaseException, sentence: str, monkeypatch: pytest.MonkeyPatch, new_sqlite: Callable[[], str]
) -> None:
    def broken_off(*_: object) -> object:
        raise error

    monkeypatch.setattr(side_by_side, "Look", broken_off)
    said = gateway("verify", env=environment(new_sqlite()))
    assert said.code == 2
    assert said.err.splitlines()[-1] == sentence


@pytest.mark.usefixtures("process")
def test_it_is_no_finding_either_that_nobody_reads_what_it_prints(new_sqlite: Callable[[], str]) -> None:
    command = [sys.executable, "-m", "gateway", "verify"]
    with subprocess.Popen(
        command, env=environment(new_sqlite()), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == "Whoever read what it prints has gone.\n"
        assert process.wait(timeout=60) == 2


def test_help_says_what_each_exit_code_means() -> None:
    said = gateway("verify", "--help", env={})
    assert [f"Exit code {code}:" in " ".join(said.out.split()) for code in (0, 1, 2)] == [True] * 3


def _stored(key: UUID, url: str) -> object:
    return key.bytes if url.startswith("sqlite") else key


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_told_to_stop_says_that_it_was(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch, new_sqlite: Callable[[], str]
) -> None:
    monkeypatch.setattr(side_by_side, "Look", lambda *_: signal.raise_signal(number))
    said = gateway("verify", env=environment(new_sqlite()))
    assert (said.code, said.err.strip()) == (2, "It was stopped before everything was looked at.")
