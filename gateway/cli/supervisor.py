"""Several processes that serve, and the one that writes for them: started together, replaced, and stopped in order."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing import parent_process

import structlog
from starlette.applications import Starlette
from uvicorn.config import Config

from db.urls import is_embedded
from gateway.cli.orphans import end_with
from gateway.cli.processes.worker import Worker
from gateway.cli.processes.workers import Workers
from gateway.services.ends import KEEPER_S, KILL_S
from gateway.services.writer_process.sockets import listen_at, private_folder, socket_in
from gateway.settings.model import Settings, SettingsError

log = structlog.get_logger(__name__)

WRITER_SOCKET = "GATEWAY_WRITER_SOCKET"


def run(settings: Settings, config: Config, listening: socket.socket) -> None:
    """Serve by several processes until told to stop.

    Raises: SystemExit, where none of them could start.
    """
    kind = WorkersOfOneWriter if has_one_writer(settings) else Workers
    kind(config, [listening], settings.drain_s).run()


def has_one_writer(settings: Settings) -> bool:
    """Whether one process writes for all that serve: with an embedded database. On a server's each has a writer of its
    own, as the processes of other machines have; so it is on systems that cannot fork."""
    return is_embedded(settings.database_url) and hasattr(os, "fork")


def application() -> Starlette:
    """The application of one of several processes, which ends with the one that started it."""
    if (parent := parent_process()) is not None:
        assert parent.pid is not None
        end_with(parent.pid)
    from gateway.app import from_environment  # the process that starts this one does without

    try:
        return from_environment()
    except SettingsError as error:
        raise SystemExit(str(error)) from None


class Keeper:
    """The process that keeps the writer of one generation of workers, and their way to it.

    The socket is this process's own, so that it outlives both.
    """

    def __init__(self) -> None:
        self._folder = private_folder()
        self.path = socket_in(self._folder)
        self._listening = listen_at(self.path)
        self._process = self._started()
        self._told_at: float | None = None

    def start_again_if_dead(self) -> None:
        if (code := self._process.poll()) is not None:
            log.error("the writer's keeper died; the next one follows", code=code)
            self._process = self._started()

    def tell(self) -> None:
        """Have the writer finish what waits, for those who are still connected, and end."""
        if self._told_at is None:
            self._told_at = time.monotonic()
            self._process.terminate()

    def stop(self) -> None:
        """Return when it has done so; one that hangs is killed."""
        self.tell()
        assert self._told_at is not None
        try:
            self._process.wait(max(0.0, self._told_at + KEEPER_S - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.error("the writer does not end, and is killed", waited_s=KEEPER_S)  # noqa: TRY400
            self.kill()
        self._listening.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """End both at once."""
        for number in (signal.SIGQUIT, signal.SIGKILL):  # by the first it kills its writer
            self._process.send_signal(number)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(KILL_S)
                break
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self) -> "subprocess.Popen[bytes]":
        fd = self._listening.fileno()
        command = [sys.executable, "-m", "gateway.cli.writer", str(fd), str(self._folder), str(os.getpid())]
        return subprocess.Popen(command, pass_fds=[fd])  # noqa: S603  ourselves


class WorkersOfOneWriter(Workers):
    """The same, and the one that writes for them, which starts before them and ends after them.

    A reload (SIGHUP) makes a new writer, of new code, for the new processes; the old one ends with the last process
    that it writes for, however that ends.
    """

    def __init__(self, config: Config, sockets: list[socket.socket], drain_s: float) -> None:
        super().__init__(config, sockets, drain_s)
        self._keepers: dict[Worker, Keeper] = {}
        self._running: set[Keeper] = set()
        self._current = Keeper()
        self._use(self._current)

    def keep_subprocess_alive(self) -> None:
        for keeper in self._in_use():
            keeper.start_again_if_dead()
        super().keep_subprocess_alive()
        self._stop_unused()

    def restart_all(self) -> None:
        before = self._current
        new = self._use(Keeper())
        super().restart_all()
        if new not in self._keeper_of_each().values():
            self._use(before)  # no new process came to serve
        self._stop_unused()

    def join_all(self) -> None:
        super().join_all()
        for keeper in self._running:
            keeper.tell()
        for keeper in self._running:
            keeper.stop()

    def _end_at_once(self, number: int) -> None:
        for keeper in self._running:
            keeper.kill()
        super()._end_at_once(number)

    def _use(self, keeper: Keeper) -> Keeper:
        """Processes that are started from now on are written for by this one."""
        self._keeper_of_each()
        self._current = keeper
        self._running.add(keeper)
        os.environ[WRITER_SOCKET] = str(keeper.path)
        return keeper

    def _stop_unused(self) -> None:
        for keeper in self._running - self._in_use():
            self._running.discard(keeper)
            keeper.stop()

    def _in_use(self) -> set[Keeper]:
        return {self._current, *self._keeper_of_each().values()}

    def _keeper_of_each(self) -> dict[Worker, Keeper]:
        """Those who are new since the last look have the current one."""
        self._keepers = {each: self._keepers.get(each, self._current) for each in (*self.processes, *self._retiring)}
        return self._keepers
