"""`gateway export`: what is written, under which name and when, and what each form makes of a value."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from gateway.cli.commands import exporting
from gateway.cli.exporting import formats, targets
from gateway.cli.exporting.export import described
from gateway.cli.exporting.formats import Format, writer
from gateway.cli.exporting.spans import beginning, ending, zone
from gateway.importing.spreadsheets import guarded
from gateway.services.extracts.model import Column, Kind
from gateway.services.extracts.pages import EXTRACTS
from gateway.settings.model import SettingsError
from tests.cli.terminal import Said, empty_beside, gateway, on_sqlite
from tests.cli.test_grant import course as course
from tests.cli.test_grant import create
from tests.cli.test_grant import env as env
from tests.served.server import environment

MAPPING = """source = "another-gateway"

[columns]
oldId = "id"
purchaseTier = "tier"
metadata = "labels"

[values.expiresAt]
"" = "never"
"""
"""As docs/exporting.md has it."""

ROOT = Path(__file__).parents[3]


def test_what_is_granted_is_exported_as_csv_and_as_json_lines(env: dict[str, str], course: str) -> None:
    granted = create(env, course, student="=cmd|' /C calc'!A0").out.strip()
    said = gateway("export", "purchases", env=env)
    assert (said.code, said.err) == (0, "1 row of purchases written.\n")
    [row] = csv.DictReader(io.StringIO(said.out))
    assert (row["id"], row["courseId"], row["tier"], row["status"]) == (granted, course, "BASIC", "ACTIVE")
    assert row["studentId"] == "'=cmd|' /C calc'!A0"
    assert (row["timeSlot"], row["timeZone"], row["isSundayOnly"]) == ("17:30", "Asia/Kolkata", "false")
    assert (row["paymentId"], row["amountMinor"], row["endedAt"]) == ("", "", "")
    assert datetime.fromisoformat(row["createdAt"]).tzinfo is UTC
    plain = json.loads(gateway("export", "purchases", "--format", "jsonl", env=env).out)
    assert plain["studentId"] == "=cmd|' /C calc'!A0"
    assert (plain["id"], plain["labels"], plain["amountMinor"]) == (granted, {}, None)
    assert plain["createdAt"] == row["createdAt"]
    assert list(plain) == list(row)


def test_what_was_taken_out_can_be_brought_in_elsewhere(
    env: dict[str, str], course: str, tmp_path: Path, new_sqlite: Callable[[], str]
) -> None:
    create(env, course, "--sunday-only", student="=1+1", date="2090-01-01", expiry="2090-03-31")
    create(env, course, student="student-2")
    elsewhere = environment(new_sqlite())
    assert gateway("seed", env=elsewhere).code == 0
    (tmp_path / "mapping.toml").write_text(MAPPING)
    exported = str(tmp_path / "purchases.jsonl")
    assert gateway("export", "purchases", "-o", exported, env=env).code == 0
    for _ in range(2):
        said = gateway("import", "purchases", exported, "--mapping", str(tmp_path / "mapping.toml"), env=elsewhere)
        assert said.code == 0, said
    before, after = (
        [json.loads(line) for line in gateway("export", "purchases", "--format", "jsonl", env=each).out.splitlines()]
        for each in (env, elsewhere)
    )
    anew = ("id", "createdById", "createdByRole")
    assert [{**each, **dict.fromkeys(anew)} for each in after] == [{**each, **dict.fromkeys(anew)} for each in before]


def test_a_file_is_of_the_form_that_its_name_says(env: dict[str, str], course: str, tmp_path: Path) -> None:
    granted = create(env, course).out.strip()
    for name in ("a.csv", "a.jsonl", "a.parquet", "a.txt"):
        said = gateway("export", "purchases", "-o", str(tmp_path / name), env=env)
        assert said == Said(0, "", f"1 row of purchases written to {tmp_path / name}.\n")
    assert (tmp_path / "a.txt").read_bytes() == (tmp_path / "a.csv").read_bytes()
    [found] = pq.read_table(tmp_path / "a.parquet").to_pylist()
    plain = json.loads((tmp_path / "a.jsonl").read_text())
    assert (found["id"], found["sessionsTotal"], found["labels"]) == (granted, 4, "{}")
    assert found["createdAt"] == datetime.fromisoformat(plain["createdAt"])
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.csv", "a.jsonl", "a.parquet", "a.txt"]


def test_a_file_that_is_there_stays_unless_it_shall_be_replaced(tmp_path: Path, new_sqlite: Callable[[], str]) -> None:
    env, file = environment(new_sqlite()), tmp_path / "a.csv"
    file.write_text("mine")
    said = gateway("export", "payments", "-o", str(file), env=env)
    assert (said.code, file.read_text()) == (2, "mine")
    assert "--force" in said.err
    assert gateway("export", "payments", "-o", str(file), "--force", env=env).code == 0
    assert file.read_text().startswith("id,createdAt,studentId,")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--student", "\udcff"], "--student: must not have"),
        (["--course", "yoga"], "--course: yoga must be an id such as"),
        (["--from", "tomorrow"], "--from: tomorrow must be a day, such as"),
        (["--to", "2026-02-30"], "--to: 2026-02-30 must be a day, such as"),
        (["--from", "2026-11-26T10:00:00"], "must be a day, such as 2026-11-30, or an instant with its offset"),
        (["--from", "2026-11-02", "--to", "2026-11-01"], "--from must be before --to"),
        (["--zone", "Mars/Olympus"], "--zone: Mars/Olympus is no time zone"),
        (["-o", "/"], "/ is a folder"),
        (["-o", "/nowhere/a.csv"], "There is no folder /nowhere"),
    ],
    ids=str,
)
def test_what_cannot_be_is_said_in_a_sentence(words: list[str], said: str, new_sqlite: Callable[[], str]) -> None:
    found = gateway("export", "payments", *words, env=environment(new_sqlite()))
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert len(found.err.splitlines()) == 1


def test_there_is_no_export_of_no_database(tmp_path: Path) -> None:
    said = gateway("export", "audit", "-o", str(tmp_path / "a.csv"), env=on_sqlite(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"There is no database at {tmp_path / 'gateway.db'}")
    assert not list(tmp_path.iterdir())


def test_where_a_look_fails_no_file_is_left(tmp_path: Path, new_postgresql: Callable[[], str]) -> None:
    env = environment(empty_beside(new_postgresql()))
    assert gateway("export", "audit", "-o", str(tmp_path / "a.csv"), env=env).code == 2
    assert not list(tmp_path.iterdir())


def test_where_parquet_cannot_be_had_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, new_sqlite: Callable[[], str]
) -> None:
    for name in ("pyarrow", "gateway.cli.exporting.parquet"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = gateway("export", "audit", "-o", str(tmp_path / "a.parquet"), env=environment(new_sqlite()))
    assert said == Said(2, "", f"{formats.NO_PARQUET}\n")
    assert not list(tmp_path.iterdir())


def test_who_is_told_to_stop_leaves_no_file(tmp_path: Path) -> None:
    with ExitStack() as opened:
        file = opened.enter_context(targets.opened(tmp_path / "a.csv", replaces=False))
        file.write(b"half")
        assert len(list(tmp_path.iterdir())) == 1
        with pytest.raises(SystemExit) as told:
            signal.raise_signal(signal.SIGTERM)
        assert not opened.__exit__(SystemExit, told.value, None)
    assert not list(tmp_path.iterdir())


def test_a_file_has_its_name_only_once_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "a.csv"
    with targets.opened(target, replaces=False) as file:
        file.write(b"whole")
        assert not target.exists()
    assert target.read_bytes() == b"whole"
    with pytest.raises(ZeroDivisionError), targets.opened(target, replaces=True):
        raise ZeroDivisionError
    assert [*tmp_path.iterdir()] == [target]


@pytest.mark.usefixtures("process")
def test_it_ends_quietly_where_nobody_reads_any_more(new_sqlite: Callable[[], str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "gateway", "export", "payments"]
    env = environment(new_sqlite())
    said = subprocess.run(command, env=env, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writing)
    assert (said.returncode, said.stderr) == (targets.READER_GONE, "")


OF_EACH_KIND = {
    Kind.TEXT: ("+1", "'+1", "+1"),
    Kind.WHOLE: (-5, "-5", -5),
    Kind.FLAG: (True, "true", True),
    Kind.INSTANT: (datetime(2026, 11, 1, 12, tzinfo=UTC), "2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
    Kind.DAY: (date(2026, 11, 1), "2026-11-01", "2026-11-01"),
    Kind.JSON: ({"a": "b"}, '{"a":"b"}', {"a": "b"}),
}


def test_each_kind_of_value_has_its_form() -> None:
    assert OF_EACH_KIND.keys() == set(Kind)
    columns: list[Any] = [Column(kind.name, kind, "", None) for kind in OF_EACH_KIND]  # type: ignore[arg-type]  # unread
    page = [[value, None] for value, _, _ in OF_EACH_KIND.values()]
    lines = io.BytesIO()
    writer(Format.CSV, columns, lines).add(page)
    _, row, nothing = csv.reader(io.StringIO(lines.getvalue().decode(), newline=""))
    assert row == [cell for _, cell, _ in OF_EACH_KIND.values()]
    assert nothing == [""] * len(columns)
    lines = io.BytesIO()
    writer(Format.JSON_LINES, columns, lines).add(page)
    line, empty = map(json.loads, lines.getvalue().splitlines())
    assert list(line.values()) == [plain for _, _, plain in OF_EACH_KIND.values()]
    assert set(empty.values()) == {None}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "＝1"])
def test_no_cell_is_a_formula_and_one_quote_taken_away_gives_the_text(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "student-1", "1-1", "a=b", "O'Neill"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


def test_a_day_is_included_and_an_instant_is_not() -> None:
    kolkata = zone("Asia/Kolkata")
    assert beginning("2026-11-01", kolkata) == datetime(2026, 10, 31, 18, 30, tzinfo=UTC)
    assert ending("2026-11-30", kolkata) == datetime(2026, 11, 30, 18, 30, tzinfo=UTC)
    assert ending("2026-11-30T00:00:00+05:30", kolkata) == datetime(2026, 11, 29, 18, 30, tzinfo=UTC)
    assert (beginning(None, kolkata), ending(None, kolkata)) == (None, None)
    with pytest.raises(SettingsError):
        ending("9999-12-31", kolkata)


def test_the_mapping_that_is_documented_is_the_one_that_is_tried() -> None:
    assert MAPPING in (ROOT / "docs" / "exporting.md").read_text(encoding="utf-8")


def test_the_words_of_the_command_are_the_extracts() -> None:
    assert [each.value for each in exporting.What] == list(EXTRACTS)
    assert [each.value for each in exporting.Form] == [each.value for each in Format]


@pytest.mark.parametrize("name", EXTRACTS)
def test_every_column_is_documented_as_it_is_printed(name: str) -> None:
    table = "\n".join(described(name))
    assert table in (ROOT / "docs" / "exporting.md").read_text(encoding="utf-8")
    assert gateway("export", name, "--columns", env={}).out == f"{table}\n"
