"""`gateway doctor`: a line for each thing that a gateway stands on, with what to do, and an exit code."""

import json
import os
import shutil
import socket
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from db.engine import writer_engine
from db.files import log_of
from db.urls import file_of, is_embedded
from gateway.cli.upkeep import files
from gateway.cli.upkeep.findings import Finding, Verdict
from tests.cli.terminal import Said, gateway, on_sqlite
from tests.served.server import environment

Usage = namedtuple("Usage", "total used free")


def found(said: Said) -> dict[str, tuple[str, str]]:
    """What a run found, by what it looked at."""
    return {each["check"]: (each["verdict"], each["found"]) for each in json.loads(said.out)["checks"]}


def test_where_all_is_well_each_line_says_so(database_url: str) -> None:
    if is_embedded(database_url):
        file_of(database_url).chmod(0o600)
    said = gateway("doctor", env=environment(database_url))
    assert (said.code, said.err) == (0, "")
    assert [line.split()[0] for line in said.out.splitlines()[:-2]] == ["ok"] * (6 + is_embedded(database_url))
    of_each = gateway("doctor", "--json", env=environment(database_url))
    assert json.loads(of_each.out)["isWell"] is True
    assert {"settings", "keys", "disk", "database", "schema", "clock"} <= found(of_each).keys()


def test_settings_that_are_wrong_are_a_fault_by_themselves(tmp_path: Path) -> None:
    said = gateway("doctor", "--json", env=on_sqlite(tmp_path, jwt_secrets="x"))
    assert said.code == 1
    assert found(said) == {
        "settings": ("fault", "GATEWAY_JWT_SECRETS is not a setting: did you mean GATEWAY_JWT_SECRET?")
    }


def test_no_database_is_a_fault_that_says_what_to_do(tmp_path: Path) -> None:
    said = gateway("doctor", "--json", env=on_sqlite(tmp_path))
    assert said.code == 1
    verdict, what = found(said)["database"]
    assert (verdict, "gateway migrate" in what) == ("fault", True)
    assert not list(tmp_path.iterdir())


def test_a_server_that_is_down_is_a_fault_in_one_line(tmp_path: Path) -> None:
    said = gateway("doctor", env=environment("postgresql://nobody:the-password@127.0.0.1:9/nothing"))
    assert (said.code, said.err) == (1, "")
    assert "the-password" not in said.out
    [line] = [each for each in said.out.splitlines() if each.startswith("fault")]
    assert "database" in line


def test_what_production_misses_is_a_warning_and_no_fault(new_sqlite: Callable[[], str]) -> None:
    said = gateway("doctor", env=environment(new_sqlite(), env="production"))
    assert said.code == 0
    assert "warning  settings" in said.out
    assert "No payment provider takes money" in said.out


def test_a_secret_that_everybody_knows_is_a_warning(new_sqlite: Callable[[], str]) -> None:
    said = gateway("doctor", "--json", env=environment(new_sqlite(), jwt_secret=""))
    assert (said.code, found(said)["keys"][0]) == (0, "warning")


def test_a_clock_behind_the_newest_rows_is_a_fault(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    engine = writer_engine(url)
    ahead = "INSERT INTO provider_event VALUES (?, 'STRIPE', ?, 'x', '[]', 4000000000000000, 'PENDING', NULL)"
    with engine.begin() as connection:
        for number in range(4):  # a row or two say nothing of the time
            connection.exec_driver_sql(ahead, (bytes([number] * 16), f"evt_{number}"))
    engine.dispose()
    said = gateway("doctor", "--json", env=environment(url))
    assert (said.code, found(said)["clock"][0]) == (1, "fault")


def test_a_disk_that_is_nearly_full_is_a_fault_and_one_with_little_room_a_warning(
    new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    env = environment(new_sqlite())
    for free, verdict in ((2**20, "fault"), (2**30, "warning")):
        monkeypatch.setattr(shutil, "disk_usage", lambda _, free=free: Usage(2**40, 0, free))
        assert found(gateway("doctor", "--json", env=env))["disk"][0] == verdict


def test_a_file_that_everybody_may_read_is_a_warning(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    file_of(url).chmod(0o644)
    verdict, what = found(gateway("doctor", "--json", env=environment(url)))["files"]
    assert (verdict, f"chmod 600 {file_of(url)}" in what) == ("warning", True)
    assert gateway("doctor", env=environment(url, jwt_secret="")).out.endswith(" ok, 2 warnings\n")


def test_a_log_that_everybody_may_read_is_a_warning_with_what_to_run(new_sqlite: Callable[[], str]) -> None:
    url = new_sqlite()
    file_of(url).chmod(0o600)
    log = log_of(file_of(url).resolve())
    log.touch(mode=0o644)
    verdict, what = found(gateway("doctor", "--json", env=environment(url)))["files"]
    assert (verdict, what.endswith(f"chmod 600 {log}")) == ("warning", True)


def test_files_of_several_owners_are_a_fault(new_sqlite: Callable[[], str], monkeypatch: pytest.MonkeyPatch) -> None:
    path = file_of(new_sqlite()).resolve()
    log = path.with_name(f"{path.name}-wal")
    log.touch()
    of = Path.stat
    other = os.geteuid() + 1

    def stat(self: Path, **given: bool) -> os.stat_result:
        said = of(self, **given)
        return os.stat_result((*said[:4], other, *said[5:])) if self == log else said

    monkeypatch.setattr(Path, "stat", stat)
    assert files._owners(path).verdict is Verdict.FAULT
    assert "chown" in files._owners(path).found
    log.unlink()


def test_a_writers_socket_answers_or_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "writer"
    assert files._socket(path).verdict is Verdict.FAULT
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        assert files._socket(path) == Finding("writer socket", Verdict.OK, f"A writer answers at {path}.")


def test_the_network_is_asked_only_when_told_to(new_sqlite: Callable[[], str]) -> None:
    env = environment(
        new_sqlite(),
        stripe_secret_key="sk_test_nothing",
        stripe_api_base="http://127.0.0.1:9",
        jwt_secret="",
        jwks_url="http://127.0.0.1:9/keys",
    )
    assert gateway("doctor", env=env).code == 0
    said = gateway("doctor", "--network", "--json", env=env)
    assert said.code == 1
    verdicts = {what: verdict for what, (verdict, _) in found(said).items()}
    assert verdicts["provider STRIPE"] == verdicts["issuer of tokens"] == "fault"
    assert verdicts["provider SANDBOX"] == "ok"
    assert "sk_test_nothing" not in said.out + said.err
