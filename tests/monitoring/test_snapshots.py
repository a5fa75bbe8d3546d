"""The numbers of several processes: added up, kept when a process dies, and never counted twice."""

import os
from pathlib import Path

from gateway.monitoring.snapshots import GONE, LIVES_S, SharedFolder, added
from gateway.services.measures.catalogue import Measures

NO_PROCESS = 2**22 + 1
"""More than any process's number on Linux."""


def left(
    folder: Path, name: str, *, turns: int = 0, open_now: int = 0, is_writing: float = 1, age_s: float = 0
) -> None:
    """What a process left there, so long ago."""
    measures = Measures()
    for _ in range(turns):
        measures.turn_s.observe(0.003)
    measures.outcomes.add("confirmPayment", "ConfirmPaymentSuccess", by=turns)
    measures.subscriptions.add(open_now)
    measures.writable.set(is_writing)
    SharedFolder(folder, name).leave(measures)
    written = folder / f"{name}.json"
    at = written.stat().st_mtime - age_s
    os.utime(written, (at, at))


def told(folder: Path) -> tuple[float, float, float, float]:
    """Outcomes, turns, subscriptions that are open, and whether all can write."""
    numbers = added(SharedFolder(folder).others())
    outcomes = sum(numbers["gateway_mutation_outcomes_total"].values())
    turns = sum(sum(cells[:-1]) for cells in numbers["gateway_writer_turn_duration_seconds"].values())
    subscriptions = sum(numbers["gateway_subscriptions_open"].values())
    return outcomes, turns, subscriptions, min(numbers["gateway_writer_is_writing"].values(), default=-1)


def test_what_processes_left_is_added_up(tmp_path: Path) -> None:
    left(tmp_path, "1-1", turns=3, open_now=2)
    left(tmp_path, "2-1", turns=4, open_now=1, is_writing=0)
    assert told(tmp_path) == (7, 7, 3, 0)


def test_of_one_that_is_gone_only_what_it_counted_is_told(tmp_path: Path) -> None:
    left(tmp_path, "1-1", turns=3, open_now=2, is_writing=0, age_s=LIVES_S + 1)
    left(tmp_path, "2-1", turns=4, open_now=1)
    assert told(tmp_path) == (7, 7, 1, 1)


def test_files_of_those_who_are_gone_become_one_and_nothing_is_forgotten(tmp_path: Path) -> None:
    for number in range(3):
        left(tmp_path, f"{NO_PROCESS}-{number}", turns=2, open_now=5, age_s=1_000)
    left(tmp_path, f"{os.getpid()}-1", turns=1, age_s=1_000)  # it hangs, and may go on
    before = told(tmp_path)
    for _ in range(2):
        SharedFolder(tmp_path).gather_gone()
        assert sorted(path.stem for path in tmp_path.glob("*.json")) == sorted([f"{os.getpid()}-1", GONE])
        assert told(tmp_path) == before == (7, 7, 0, -1)


def test_whoever_asks_in_a_process_does_not_count_it_twice(tmp_path: Path) -> None:
    SharedFolder(tmp_path).leave(Measures())
    assert len(list(tmp_path.glob("*.json"))) == 1
    assert SharedFolder(tmp_path).others() == []


def test_a_file_that_nobody_can_read_is_left_out(tmp_path: Path) -> None:
    left(tmp_path, "1-1", turns=3)
    (tmp_path / "2-1.json").write_text('{"gateway_mutation_outcomes_total": [[')
    assert told(tmp_path)[0] == 3
