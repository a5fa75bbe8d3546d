"""Several processes that serve, and the one that keeps them alive and stops them, hearing signals whatever it does."""

import os
import signal
import socket
import time

import structlog
from uvicorn.config import STARTUP_FAILURE, Config
from uvicorn.supervisors import Multiprocess

from gateway.cli.metrics import gather_gone
from gateway.cli.processes.order import Order
from gateway.cli.processes.server import SAME_ORDER_S, end_at_once
from gateway.cli.processes.worker import Absence, Worker, end_all
from gateway.cli.server.sharing import SharedConfig
from gateway.services.ends import KILLED_S
from gateway.services.measures import recording

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""Between two looks whether all live; a signal is heard at once."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Workers(Multiprocess):
    """uvicorn's processes, under a supervisor that hears a signal whatever it is waiting for.

    SIGTERM and SIGINT stop all, within the time that requests have to end and a few seconds; SIGQUIT, or a second
    signal, ends all at once. A process that dies is followed by the next one: at once where it had worked, else after
    pauses that grow. Where none ever served, nothing is tried again.
    """

    processes: list[Worker]  # type: ignore[assignment]  # uvicorn's, made here

    def __init__(self, config: Config, sockets: list[socket.socket], drain_s: float) -> None:
        super().__init__(config, sockets)  # which takes these signals
        self._order = Order()
        self.should_exit = self._order
        for number in (*STOP_SIGNALS, signal.SIGQUIT, signal.SIGHUP, signal.SIGTTIN, signal.SIGTTOU):
            signal.signal(number, lambda sig, _frame: self._hear(sig))
        self._ends_within_s = drain_s + (config.timeout_graceful_shutdown or 0) + KILLED_S
        self._absences: dict[int, Absence] = {}
        self._retiring: dict[Worker, float] = {}
        """Those that were told to stop while others serve, and by when each is killed, by the monotonic clock."""
        self._has_served = self._has_failed = False
        self._had_terminal = _has_terminal()

    def run(self) -> None:
        self.init_processes()
        while not self.should_exit.wait(LOOK_S):
            self.handle_signals()
            self.keep_subprocess_alive()
        log.info("stopping", processes=len(self.processes), within_s=self._ends_within_s)
        began = time.monotonic()
        for each in self.sockets:
            each.close()  # those who serve have it as well, and close it in their time
        self.terminate_all()
        self.join_all()
        log.info("stopped", took_s=round(time.monotonic() - began, 2))
        if left := [each.pid for each in (*self._retiring, *self.processes) if each.process.is_alive()]:
            log.error("processes that were killed are left behind: a disk keeps them", pids=left)
            end_at_once(signal.SIGTERM)  # the end of an interpreter waits for all that it started
        if self._has_failed:
            raise SystemExit(STARTUP_FAILURE)

    def init_processes(self) -> None:
        self.processes = [self._started() for _ in range(self.processes_num)]

    def join_all(self) -> None:
        end_all([*self._retiring, *self.processes], self._ends_within_s)

    def restart_all(self) -> None:
        """Replace each by a new one that serves already; where one does not come to serve, the others stay."""
        for place, old in enumerate(self.processes):
            new = self._started()
            if not new.wait_until_ready(self.config.timeout_worker_healthcheck, self.should_exit):
                new.kill()
                new.join()
                if not self.should_exit.is_set():
                    log.error("a new process does not serve; the old ones go on", pid=new.pid, code=new.exitcode)
                return
            self.processes[place] = new
            self._absences.pop(place, None)
            self._let_go(old)
            end_all([old], self._ends_within_s, unless=self.should_exit)

    def keep_subprocess_alive(self) -> None:
        self._see_off()
        for place, process in enumerate(self.processes):
            if self.should_exit.is_set():
                return
            absence = self._absences.setdefault(place, Absence())
            if absence.is_over():
                self.processes[place] = self._started()
            elif not absence.is_on and not self._lives(process):
                self._bury(process, absence)

    def handle_hup(self) -> None:
        if self._had_terminal and not _has_terminal():
            self.should_exit.set()  # it was closed
        else:
            log.info("processes are replaced, one after the other")
            self.restart_all()

    def handle_ttin(self) -> None:
        self.processes_num += 1
        self.processes.append(self._started())

    def handle_ttou(self) -> None:
        if len(self.processes) > 1:
            self.processes_num -= 1
            self._let_go(self.processes.pop())
            self._absences.pop(len(self.processes), None)  # whoever comes to that place next is no successor

    def _started(self) -> Worker:
        gather_gone()
        worker = Worker(self.config, self.sockets)
        worker.start()
        return worker

    def _let_go(self, worker: Worker) -> None:
        """Tell it to stop, as others serve; see `_see_off`."""
        worker.retire()
        self._retiring[worker] = time.monotonic() + self._ends_within_s

    def _see_off(self) -> None:
        """Forget those that were let go and are gone; one that hangs is killed."""
        for worker, latest in [*self._retiring.items()]:
            if worker.process.is_alive():
                if time.monotonic() < latest:
                    continue
                log.error("a process does not stop, and is killed", pid=worker.pid, waited_s=self._ends_within_s)
            self._remove(worker)
            del self._retiring[worker]

    def _remove(self, worker: Worker) -> None:
        worker.kill()  # where it hangs
        worker.join()
        if isinstance(self.config, SharedConfig) and worker.pid is not None:
            self.config.shares.forget(worker.pid)

    def _lives(self, process: Worker) -> bool:
        """Whether it runs, and answers within the time that a start may take."""
        latest = time.monotonic() + self.config.timeout_worker_healthcheck
        while not self.should_exit.is_set() and time.monotonic() < latest:
            if not process.process.is_alive():
                return False
            if process.answers(within_s=LOOK_S):
                self._has_served = self._has_served or process.has_served
                return True
        return self.should_exit.is_set()

    def _bury(self, process: Worker, absence: Absence) -> None:
        self._remove(process)
        if (process.exitcode or 0) > 0 and not self._has_served:  # no signal's: by itself
            log.error("a process cannot start; it would fail again, and all stop", pid=process.pid)
            self._has_failed = True
            self.should_exit.set()
            return
        if (measures := recording.measures) is not None:
            measures.deaths.add("serve")
        pause_s = absence.start(process.lived_s)
        log.error("a process died; the next one follows", pid=process.pid, code=process.exitcode, in_s=pause_s)

    def _hear(self, number: int) -> None:
        """A signal, between any two instructions of this process."""
        if number == signal.SIGQUIT or (number in STOP_SIGNALS and self._order.is_repeated(SAME_ORDER_S)):
            self._end_at_once(number)
        elif number in STOP_SIGNALS:
            self._order.set()
        else:
            self.signal_queue.append(number)
            self._order.wake()

    def _end_at_once(self, number: int) -> None:
        for process in (*self._retiring, *self.processes):
            if process.process.is_alive():
                process.kill()
        end_at_once(number)


def _has_terminal() -> bool:
    """Whether this process has one that is open."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True
