"""What the command line tells programs: each command has --json, and what is wrong is one object as well."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main

from db.standing import HEAD
from db.urls import file_of
from gateway.cli import main
from tests.cli.terminal import Said, gateway, on_sqlite
from tests.served.server import environment

WITHOUT = {
    "serve": "it runs until it is stopped, and what it says is its log",
    "worker": "the same",
    "schema": "it prints a language of its own, which programs read",
}
"""Commands without --json, each with why."""


def commands() -> Iterator[tuple[str, set[str]]]:
    """All of them with the options of each; a group by its commands."""
    waiting: list[tuple[tuple[str, ...], Any]] = [((), typer.main.get_command(main.app))]
    while waiting:
        name, each = waiting.pop()
        if not (inner := getattr(each, "commands", None)):
            yield " ".join(name), {option for parameter in each.params for option in parameter.opts}
        else:
            waiting += [((*name, part), command) for part, command in inner.items()]


COMMANDS = dict(commands())
WITH_JSON = sorted(COMMANDS.keys() - WITHOUT.keys())


def object_in(said: Said) -> dict[str, Any]:
    found = json.loads(said.out)
    assert isinstance(found, dict)
    return found


def test_each_command_has_json_or_a_reason_against_it() -> None:
    assert len(COMMANDS) > 20
    assert {name for name, options in COMMANDS.items() if "--json" not in options} == WITHOUT.keys()


@pytest.mark.parametrize("name", WITH_JSON)
def test_wrong_arguments_are_one_object_on_standard_output(name: str, tmp_path: Path) -> None:
    said = gateway(*name.split(), "--json", "--no-such-option", env=on_sqlite(tmp_path))
    assert (said.code, said.err) == (2, "")
    told = object_in(said)
    assert told["exitCode"] == 2
    assert "--no-such-option" in told["error"]


@pytest.mark.parametrize(
    "words",
    [
        ("verify",),
        ("backup", "copy.db"),
        ("migrate", "--status"),
        ("attention",),
        ("prune",),
        ("refund", "pay_01m82wzdd5evbs08a25nzd2awn", "--reason", "x"),
        ("export", "purchases", "-o", "purchases.csv"),
        ("student", "erase", "s", "--reason", "x", "--yes"),
    ],
    ids=lambda words: words[0],
)
def test_a_database_that_is_not_there_is_one_object_on_standard_output(words: tuple[str, ...], tmp_path: Path) -> None:
    said = gateway(*words, "--json", env=on_sqlite(tmp_path))
    told = object_in(said)
    assert (said.code, told["exitCode"]) == (2, 2)
    assert "There is no database" in told["error"]
    assert gateway(*words, env=on_sqlite(tmp_path)).out == ""


def test_wrong_settings_are_one_object(tmp_path: Path) -> None:
    said = gateway("seed", "--json", env=on_sqlite(tmp_path, log_level="LOUD"))
    assert (said.code, object_in(said)["exitCode"]) == (2, 2)
    assert "GATEWAY_LOG_LEVEL" in object_in(said)["error"]


def test_migrate_says_from_where_to_where(tmp_path: Path) -> None:
    env = on_sqlite(tmp_path)
    stands = {"revision": HEAD, "newest": HEAD, "isUsable": True}
    first, second = [object_in(gateway("migrate", "--json", env=env)) for _ in range(2)]
    assert first == {"database": first["database"], "before": None, **stands}
    assert second == {**first, "before": HEAD}
    down = object_in(gateway("migrate", "--down", "0012", "--yes", "--json", env=env))
    assert (down["before"], down["revision"]) == (HEAD, "0012")
    assert [each["revision"] for each in down["undone"]][-1] == "0013"


def test_a_copy_and_its_way_back_say_what_they_hold(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    url, copy = new_sqlite(), tmp_path / "copy.db"
    made = object_in(gateway("backup", str(copy), "--json", env=environment(url)))
    assert (made["file"], made["revision"], made["rows"]["purchase"]) == (str(copy), HEAD, 0)
    again = gateway("backup", str(copy), "--json", env=environment(url))
    assert (again.code, "--force" in object_in(again)["error"]) == (2, True)
    back = object_in(gateway("restore", str(copy), "--json", env=environment(url)))
    assert (back["database"], back["backup"]) == (str(file_of(url)), str(copy))
    assert Path(back["keptAs"]).exists()
    assert back["rows"] == made["rows"]


def test_a_token_says_for_whom_and_how_long(tmp_path: Path) -> None:
    said = gateway("token", "--role", "admin", "--subject", "asha", "--ttl", "60", "--json", env=on_sqlite(tmp_path))
    told = object_in(said)
    assert told.pop("token").startswith("eyJ")
    assert told == {"role": "ADMIN", "subject": "asha", "expiresInSeconds": 60}
    refused = gateway("token", "--role", "admin", "--subject", "", "--json", env=on_sqlite(tmp_path))
    assert (refused.code, object_in(refused)["exitCode"]) == (2, 2)


def test_an_export_says_what_it_wrote_where(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    env, file = environment(new_sqlite()), tmp_path / "purchases.csv"
    told = object_in(gateway("export", "purchases", "-o", str(file), "--json", env=env))
    assert told == {"what": "purchases", "rows": 0, "format": "csv", "file": str(file)}
    on_output = gateway("export", "purchases", "--json", env=env)
    assert (on_output.code, "--output" in object_in(on_output)["error"]) == (2, True)
    columns = object_in(gateway("export", "purchases", "--columns", "--json", env=env))["columns"]
    assert columns[0].keys() == {"name", "type", "meaning"}
    figures = object_in(gateway("report", "reconciliation", "--figures", "--json", env=env))["figures"]
    assert figures[0].keys() == {"name", "meaning"}


def test_an_import_says_what_came_of_its_rows(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    rows = tmp_path / "old.csv"
    rows.write_text("id,user_id\n1,student-1\n", encoding="utf-8")
    words = ("import", "purchases", str(rows), "--source", "old", "--times-in", "UTC", "--json")
    said = gateway(*words, env=environment(new_sqlite()))
    told = object_in(said)
    assert (said.code, said.err) == (1, "")
    assert (told["imported"], told["faults"], told["isRehearsal"], told["isStopped"]) == (0, 1, False, False)
    assert told["problems"][0]["line"] == 2
