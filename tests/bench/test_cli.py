"""What is said at the terminal where the bench cannot do what it is asked."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bench.cli import app
from bench.figures import Cell, Subject
from bench.peers.packages import NotInstalled, install
from bench.results import Results


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("peers", "--operations", "confirmPayment,nothing"), "there is no nothing"),
        (("peers", "--peers", "nginx"), "there is no nginx"),
        (("peers", "--connections", "1,many"), "numbers from 1 to 4,096"),
        (("peers", "--connections", "0"), "numbers from 1 to 4,096"),
        (("growth", "--purchases", "10"), "numbers from 50 to 5,000,000"),
        (("peers", "--seconds", "0"), "greater than or equal to 0.1"),
    ],
)
def test_what_cannot_be_measured_is_refused_with_what_can(arguments: tuple[str, ...], says: str) -> None:
    told = run(*arguments)
    assert told.exit_code == 2
    assert says in " ".join(told.output.replace("│", " ").split())


def test_without_node_the_peer_is_left_out_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(NotInstalled, match="no node and npm on PATH"):
        install()
    told = run("peers", "--peers", "mercurius")
    assert told.exit_code == 2
    assert "no server is left to be measured" in told.output


def test_a_run_that_found_something_wrong_is_no_releases(tmp_path: Path) -> None:
    cell = Cell(1, 1, 1, 1, 1, 1, 0, wrong="0 committed, 1 answered")
    results = Results("2026-11-26", "abc1234", "a machine", 1.0, 1, {Subject("webhook", "gateway", 1): cell})
    file = tmp_path / "bench.json"
    file.write_text(json.dumps(results.as_json()))
    told = run("record", "0.1.0", "--from", str(file))
    assert told.exit_code == 2
    assert "its figures mean nothing" in " ".join(told.output.replace("│", " ").split())
