"""One of several processes that serve: how it is started, asked, missed and ended."""

import gc
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import connection

import structlog
from uvicorn.config import Config
from uvicorn.supervisors.multiprocess import Process

from gateway.cli.orphans import end_with
from gateway.cli.processes.server import REPLACED, Server
from gateway.services.ends import KILL_S

log = structlog.get_logger(__name__)

LIVES_S = 10.0
"""A process that lived so long after its start has worked, and the next one comes at once."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
"""Before the next one where it has not: doubled each time, up to the longest. A start costs a second of a core, which
those who serve would lack."""

JOIN_S = 0.1
"""Between two looks whether there is an order meanwhile."""


class Worker(Process):
    """uvicorn's, with our server, and a life that ends with that of the process which started it."""

    def __init__(self, config: Config, sockets: list[socket.socket]) -> None:
        super().__init__(config, sockets)
        self.has_served = False
        self._born_at = time.monotonic()

    @property
    def lived_s(self) -> float:
        return time.monotonic() - self._born_at

    @property
    def server(self) -> Server:
        if not isinstance(self._server, Server):
            self._server = Server(self.config)
        return self._server

    def target(self, sockets: list[socket.socket] | None = None) -> None:
        gc.disable()  # until the application stands, as in `serve`
        parent = multiprocessing.parent_process()
        assert parent is not None
        assert parent.pid is not None
        end_with(parent.pid)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a closed terminal is for the one who started us
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
        super().target(sockets)

    def retire(self) -> None:
        """Have it stop, as another serves in its place."""
        if self.process.is_alive() and self.pid is not None:
            os.kill(self.pid, REPLACED)

    def join(self) -> None:
        """Of one that was killed: return when it is gone, or left behind, as one that waits for a disk may have to be.
        uvicorn would wait for ever."""
        self.process.join(KILL_S)

    def answers(self, within_s: float) -> bool:
        """Whether it answers, be it that it does not serve yet."""
        started = self._healthcheck(within_s)
        self.has_served = self.has_served or started is True
        return started is not None


@dataclass(slots=True)
class Absence:
    """The time in which a place has no process: how long, and since when."""

    pause_s: float = 0.0
    until: float | None = None
    """By the monotonic clock."""

    @property
    def is_on(self) -> bool:
        return self.until is not None

    def start(self, lived_s: float) -> float:
        """The place is empty, after a process that lived so long. Returns how long it stays so."""
        self.pause_s = 0.0 if lived_s >= LIVES_S else min(2 * self.pause_s or FIRST_PAUSE_S, LONGEST_PAUSE_S)
        self.until = time.monotonic() + self.pause_s
        return self.pause_s

    def is_over(self) -> bool:
        """Whether the next one is to come now; True once."""
        if self.until is None or time.monotonic() < self.until:
            return False
        self.until = None
        return True


def end_all(told: Sequence[Process], within_s: float, unless: threading.Event | None = None) -> None:
    """Return when all that were told to stop are gone; who is not by then is killed. Or when there is another order."""
    latest = time.monotonic() + within_s
    while running := [each for each in told if each.process.is_alive()]:
        if unless is not None and unless.is_set():
            return
        if time.monotonic() > latest:
            log.error("processes do not stop, and are killed", pids=[each.pid for each in running], waited_s=within_s)
            for each in running:
                each.kill()
            for each in running:
                each.join()
            return
        connection.wait([each.process.sentinel for each in running], JOIN_S)


def _end_with(parent: int) -> None:
    """For systems that do not tell of a parent's death: `parent` is readable from then on."""
    connection.wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
