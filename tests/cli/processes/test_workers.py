"""Several processes, and the one that keeps them: whichever signal comes to whom, and whoever is killed, all is told,
nobody is left behind, and the port is free."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors.multiprocess import SIGNALS

from gateway.cli.processes.order import Order
from gateway.cli.processes.server import REPLACED, Server
from gateway.cli.processes.worker import FIRST_PAUSE_S, LIVES_S, LONGEST_PAUSE_S, Absence, Worker
from gateway.cli.processes.workers import Workers
from gateway.endpoints.leaving import LeavingInOrder
from gateway.services.ends import ALARM_S, KILLED_S, callers_gone_s
from gateway.streaming.lifetimes import StreamLifetimes
from tests.cli.processes.test_stopping import LOST, closed
from tests.cli.test_reload import calling, refuses, wait_until, workers, writers
from tests.cli.test_workers import descendants, is_running, words_of
from tests.served.logged import TOO_LONG_S, logged
from tests.served.server import environment, run
from tests.served.streams import PAYMENT, connected

TWO = ("--workers", "2")


def test_those_of_a_killed_supervisor_tell_their_streams_and_leave_its_port_to_the_next(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    url = new_sqlite()
    with logged(url, tmp_path, *TWO, drain_s="600") as killed, ExitStack() as open_:
        wait_until(lambda: sum(map(serves, descendants(killed.process.pid))) == 2)  # who only starts says nothing
        student = killed.gateway.student()
        course = killed.gateway.course()
        payment_id = killed.gateway.opened(student, course)
        sockets = [open_.enter_context(connected(student)) for _ in range(8)]
        for each in sockets:
            each.subscribe("1", PAYMENT, id=payment_id)
            each.data("1")
        family = [*descendants(killed.process.pid)]
        assert len(family) >= 4  # two that serve, the writer and its keeper
        (tmp_path / "next").mkdir()
        killed.process.kill()
        wait_until(lambda: refuses(("127.0.0.1", killed.port)))
        with logged(url, tmp_path / "next", "--port", str(killed.port)) as following:
            for each in sockets:
                assert [error["extensions"] for error in each.next()["payload"]] == [LOST]
                assert closed(each) == (1012, "This server stops")
            wait_until(lambda: not any(map(is_running, family)))
            assert following.gateway.confirm(student.at(following.gateway), payment_id)["purchase"]
        assert sorted(killed.about_stopping()) == [*["stopped"] * 2, *["stopping"] * 2]  # each in its own time
        assert killed.said("error", "critical") == []


def serves(pid: int) -> bool:
    """Whether the process has begun to serve: from then on it handles the signal of being replaced."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False
    [caught] = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt:")]
    return bool(int(caught, 16) >> (REPLACED - 1) & 1)


def test_a_second_signal_or_sigquit_ends_all_of_them_at_once(new_sqlite: Callable[[], str], tmp_path: Path) -> None:
    with logged(new_sqlite(), tmp_path, *TWO, drain_s="600") as served:
        family = [*descendants(served.process.pid)]
        served.process.send_signal(signal.SIGTERM)
        served.process.send_signal(signal.SIGTERM)  # at the same time: one order
        wait_until(lambda: served.said("info").count("stopping") >= 2)  # one that has just begun is gone by now
        for pid in workers(served.gateway):
            os.kill(pid, signal.SIGTERM)  # as a service manager's, to all of the group
        assert served.process.poll() is None
        wait_until(lambda: is_over(served.process.poll, lambda: served.process.send_signal(signal.SIGINT)))
        assert served.process.returncode == -signal.SIGINT
        try:
            wait_until(lambda: not any(map(is_running, family)))
        except AssertionError:
            left = [(pid, words_of(pid)) for pid in family if is_running(pid)]
            pytest.fail(f"of {family}, these go on: {left}")


def test_a_stop_in_the_middle_of_a_reload_is_heard_and_a_worker_that_is_stopped_is_replaced(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    with logged(new_sqlite(), tmp_path, *TWO) as served:
        before = workers(served.gateway)
        # One that is told alone says so by /readyz to whoever asks once more on a kept connection.
        with calling(served.gateway, "/healthz") as answers:
            os.kill(min(before), signal.SIGTERM)
            wait_until(lambda: min(before) not in (now := workers(served.gateway)) and len(now) == 2)
        assert set(answers) == {200}
        served.process.send_signal(signal.SIGHUP)
        wait_until(lambda: len(workers(served.gateway)) == 3)  # the first of the new ones is on its way
        family = {*descendants(served.process.pid)}
        trackers = {pid for pid in family if "multiprocessing.resource_tracker" in " ".join(words_of(pid))}
        assert len(writers(served.gateway)) == 2
        assert served.stop() == 0
        assert not any(map(is_running, family - trackers))
        wait_until(lambda: not any(map(is_running, trackers)))  # these end because it has, and so after it
        assert served.said("critical") == []


@pytest.mark.parametrize("lived_s", [0.0, LIVES_S])
def test_a_process_that_does_not_live_is_followed_ever_more_slowly(lived_s: float) -> None:
    absence = Absence()
    pauses = [absence.start(lived_s) for _ in range(9)]
    assert pauses == ([0.5, 1, 2, 4, 8, 16, 30, 30, 30] if lived_s == 0 else [0] * 9)
    assert (FIRST_PAUSE_S, LONGEST_PAUSE_S) == (0.5, 30)
    assert absence.is_on
    assert absence.is_over() == (lived_s > 0)


class Dead(Worker):
    """A process that has ended with that code, after so long."""

    def __init__(self, code: int) -> None:
        self.has_served, self._code, self._born_at = False, code, time.monotonic()

    @property
    def exitcode(self) -> int:
        return self._code

    @property
    def pid(self) -> int:
        return 1

    def kill(self) -> None:
        pass

    def retire(self) -> None:
        pass

    def join(self) -> None:
        pass


class Hanging(Dead):
    """One that hears no signal, and for which even being killed takes time."""

    def __init__(self, *, dies: bool) -> None:
        super().__init__(-9)
        self._dies, self.is_there = dies, True
        self.process: Any = SimpleNamespace(is_alive=lambda: self.is_there)

    def kill(self) -> None:
        self.is_there = not self._dies


@pytest.mark.usefixtures("kept_signals")
@pytest.mark.parametrize(
    ("code", "has_served", "stops"),
    [
        (STARTUP_FAILURE, False, True),
        (STARTUP_FAILURE, True, False),
        (1, False, True),
        (-9, False, False),
        (1, True, False),
    ],
)
def test_who_cannot_start_stops_the_others_only_where_none_ever_served(
    code: int, has_served: bool, stops: bool
) -> None:
    of_them = Workers(Config("gateway.app:from_environment", workers=1), [], 0)
    of_them._has_served = has_served
    absence = Absence()
    of_them._bury(Dead(code), absence)
    assert (of_them.should_exit.is_set(), of_them._has_failed, absence.is_on) == (stops, stops, not stops)


@pytest.mark.usefixtures("kept_signals")
def test_whoever_gets_the_place_of_one_that_is_given_up_is_no_successor() -> None:
    of_them = Workers(Config("gateway.app:from_environment", workers=2), [], 0)
    of_them.processes = [Dead(-9), Dead(-9)]
    of_them._absences[1] = Absence()
    of_them._absences[1].start(lived_s=0.0)
    of_them.handle_ttou()
    assert len(of_them.processes) == 1
    assert 1 not in of_them._absences


@pytest.mark.usefixtures("kept_signals")
def test_one_that_is_given_up_and_hangs_is_waited_for_by_nobody_and_is_killed_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [0.0]
    monkeypatch.setattr("gateway.cli.processes.workers.time", SimpleNamespace(monotonic=lambda: now[0]))
    of_them = Workers(Config("gateway.app:from_environment", workers=2, timeout_graceful_shutdown=20), [], 7)
    stays, hangs = Hanging(dies=True), Hanging(dies=True)
    of_them.processes = [stays, hangs]
    of_them.handle_ttou()
    now[0] = 27 + KILLED_S - 0.1
    of_them._see_off()
    assert (of_them.processes, [*of_them._retiring], hangs.is_there) == ([stays], [hangs], True)
    now[0] += 0.2
    of_them._see_off()
    assert ([*of_them._retiring], hangs.is_there, stays.is_there) == ([], False, True)
    of_them.handle_ttou()
    assert of_them.processes == [stays], "the last one stays"


@pytest.mark.usefixtures("kept_signals")
def test_one_that_not_even_being_killed_ends_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    ended_by = list[int]()
    monkeypatch.setattr("gateway.cli.processes.workers.end_at_once", ended_by.append)
    monkeypatch.setattr("gateway.cli.processes.workers.KILLED_S", 0)
    of_them = Workers(Config("gateway.app:from_environment", workers=1), [], 0)
    monkeypatch.setattr(of_them, "init_processes", lambda: of_them.processes.append(Hanging(dies=False)))
    monkeypatch.setattr(of_them, "terminate_all", lambda: None)
    monkeypatch.setattr("gateway.cli.processes.worker.connection", SimpleNamespace(wait=lambda *_: None))
    of_them.should_exit.set()
    of_them.run()
    assert ended_by == [signal.SIGTERM]


@pytest.mark.usefixtures("kept_signals")
@pytest.mark.parametrize("drain_s", [0.0, 7.0])
def test_a_process_is_killed_later_than_it_ends_itself(monkeypatch: pytest.MonkeyPatch, drain_s: float) -> None:
    alarms = list[float]()
    monkeypatch.setattr(signal, "setitimer", lambda _, in_s: alarms.append(in_s))
    config = Config("gateway.app:from_environment", workers=1, timeout_graceful_shutdown=20)
    config.loaded_app = SimpleNamespace(state=SimpleNamespace(leaving=LeavingInOrder(StreamLifetimes(), drain_s)))
    server = Server(config)
    server.started = True
    server.handle_exit(signal.SIGTERM, None)
    assert alarms == [20 + drain_s + ALARM_S], "it is set by the signal itself, whatever hangs then"
    assert Workers(config, [], drain_s)._ends_within_s > alarms[0]
    assert callers_gone_s(drain_s, 20) > Workers(config, [], drain_s)._ends_within_s


def test_none_that_can_start_is_exit_code_3_and_one_sentence_of_each(
    new_sqlite: Callable[[], str], tmp_path: Path
) -> None:
    missing = tmp_path / "documents.json"
    said = run("serve", "--port", "0", *TWO, env=environment(new_sqlite(), trusted_documents=str(missing)))
    assert said.returncode == STARTUP_FAILURE
    assert "Traceback" not in said.stderr
    assert 1 <= said.stderr.count(f"GATEWAY_TRUSTED_DOCUMENTS: {missing}") <= 2
    assert said.stderr.count("a process cannot start") == 1


@pytest.fixture
def kept_signals() -> Iterator[None]:
    """Afterwards this process hears its signals as before."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def is_over(poll: Callable[[], int | None], again: Callable[[], None]) -> bool:
    again()
    return poll() is not None


def test_an_order_wakes_who_waits_and_is_one_order_however_often_it_comes_at_once() -> None:
    order = Order()
    assert not order.wait(0)
    order.wake()
    assert not order.wait(TOO_LONG_S), "woken for something else"
    order.set()
    assert order.wait(TOO_LONG_S)
    assert (order.is_repeated(TOO_LONG_S), order.is_repeated(-1)) == (False, True)
