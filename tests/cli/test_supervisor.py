"""Who writes for whom while processes are replaced, and how soon a writer that died is followed by the next."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from types import SimpleNamespace

import pytest

from gateway.cli import supervisor, writer
from gateway.cli.processes.workers import Workers
from gateway.cli.supervisor import Keeper, WorkersOfOneWriter


class FakeKeeper:
    """In place of a process that keeps a writer, as far as a reload knows it."""

    def __init__(self) -> None:
        self.path = f"/{id(self)}"
        self.is_stopped = False

    def stop(self) -> None:
        assert not self.is_stopped
        self.is_stopped = True


def reloading(
    monkeypatch: pytest.MonkeyPatch, replaced: Callable[[list[str]], list[str]]
) -> tuple[WorkersOfOneWriter, list[FakeKeeper]]:
    """Two processes of one keeper, of which a reload replaces so many."""
    made: list[FakeKeeper] = []

    def make() -> FakeKeeper:
        made.append(FakeKeeper())
        return made[-1]

    def replace(workers: WorkersOfOneWriter) -> None:
        workers.processes[:] = replaced(workers.processes)  # type: ignore[arg-type,assignment]  # names are enough

    monkeypatch.setattr(supervisor, "Keeper", make)
    monkeypatch.setattr(Workers, "restart_all", replace)
    monkeypatch.setenv(supervisor.WRITER_SOCKET, "")
    # Without its constructor, which takes this process's signals.
    workers = WorkersOfOneWriter.__new__(WorkersOfOneWriter)
    workers.processes, workers._keepers = ["a", "b"], {}  # type: ignore[list-item]  # likewise
    workers._retiring, workers._running = {}, set()
    workers._current = supervisor.Keeper()
    workers._use(workers._current)
    return workers, made


@pytest.mark.parametrize(
    ("after", "stopped"),
    [(["c", "d"], [True, False]), (["c", "b"], [False, False]), (["a", "b"], [False, True])],
    ids=["all replaced", "one replaced", "none came to serve"],
)
def test_a_writer_stays_for_as_long_as_it_writes_for_somebody(
    monkeypatch: pytest.MonkeyPatch, after: list[str], stopped: Sequence[bool]
) -> None:
    workers, keepers = reloading(monkeypatch, lambda _: after)
    workers.restart_all()
    assert [keeper.is_stopped for keeper in keepers] == stopped
    in_use: set[object] = {keeper for keeper in keepers if not keeper.is_stopped}
    assert {*workers._in_use()} == in_use
    assert os.environ[supervisor.WRITER_SOCKET] == str(workers._current.path)
    workers.processes.append("of the current one")  # type: ignore[arg-type]  # as after a death
    assert workers._keeper_of_each()["of the current one"] is workers._current  # type: ignore[index]


def test_a_writer_ends_with_the_last_process_that_it_writes_for_however_that_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    workers, keepers = reloading(monkeypatch, lambda _: ["c", "b"])
    workers.restart_all()
    workers._retiring["b"] = 0.0  # type: ignore[index]  # as one that SIGTTOU lets go
    workers.processes.remove("b")  # type: ignore[arg-type]
    workers._stop_unused()
    assert [keeper.is_stopped for keeper in keepers] == [False, False], "it is still written for"
    workers._retiring.clear()
    workers._stop_unused()
    assert [keeper.is_stopped for keeper in keepers] == [True, False]
    assert workers._running == {workers._current}


HEARS_NOTHING = """
import signal
for number in (signal.SIGTERM, signal.SIGQUIT):
    signal.signal(number, signal.SIG_IGN)
print(flush=True)
while True:
    signal.pause()
"""


class DeafKeeper(Keeper):
    """One whose process hears no signal that can be ignored."""

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen([sys.executable, "-c", HEARS_NOTHING], stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        return process


def test_a_keeper_that_hangs_is_killed_and_its_folder_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "KEEPER_S", 0.01)
    monkeypatch.setattr(supervisor, "KILL_S", 0.01)
    keeper = DeafKeeper()
    keeper.stop()
    with keeper._process as process:
        assert process.wait(60) == -signal.SIGKILL
    assert not keeper.path.parent.exists()


def test_a_writer_that_does_not_live_is_followed_ever_more_slowly_and_within_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lives = [0.0] * 8 + [writer.LIVES_S, 0.0]
    now, pauses = [0.0], list[float]()

    def live(_: int) -> bool:
        now[0] += lives.pop(0)
        return not lives

    monkeypatch.setattr(writer, "_forked", lambda _: 1)
    monkeypatch.setattr(writer, "_wait_for", lambda child, _: live(child))
    monkeypatch.setattr(writer, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=pauses.append))
    writer.keep(lambda _: 0, kill_s=0.0)
    assert pauses == [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.32, 0.32, 0]
