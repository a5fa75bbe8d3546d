"""Several processes that serve, and the one that writes for them: started together, replaced, and stopped in order."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from multiprocessing import parent_process

import structlog
from starlette.applications import Starlette
from uvicorn.config import Config

from db.urls import is_embedded
from gateway.cli.orphans import end_with
from gateway.cli.processes.worker import Worker
from gateway.cli.processes.workers import Workers
from gateway.services.writer_process.sockets import listen_at, private_folder, socket_in
from gateway.settings.model import Settings, SettingsError

log = structlog.get_logger(__name__)

WRITER_SOCKET = "GATEWAY_WRITER_SOCKET"

KEEPER_S = 4.0
"""How long a writer that nobody needs any more may take to end."""

KILLED_S = 0.5
"""How long one that is killed may take for that."""


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

    def start_again_if_dead(self) -> None:
        if (code := self._process.poll()) is not None:
            log.error("the writer's keeper died; the next one follows", code=code)
            self._process = self._started()

    def stop(self) -> None:
        """Have the writer finish what waits, for those who are still connected, and end."""
        self._process.terminate()
        try:
            self._process.wait(KEEPER_S)
        except subprocess.TimeoutExpired:
            log.error("the writer does not end, and is killed", waited_s=KEEPER_S)  # noqa: TRY400
            self.kill()
        self._listening.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def kill(self) -> None:
        """End both at once."""
        self._process.send_signal(signal.SIGQUIT)  # by which it kills its writer
        try:
            self._process.wait(KILLED_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _started(self) -> "subprocess.Popen[bytes]":
        fd = self._listening.fileno()
        command = [sys.executable, "-m", "gateway.cli.writer", str(fd), str(self._folder), str(os.getpid())]
        return subprocess.Popen(command, pass_fds=[fd])  # noqa: S603  ourselves


class WorkersOfOneWriter(Workers):
    """The same, and the one that writes for them, which starts before them and ends after them.

    A reload (SIGHUP) makes a new writer, of new code, for the new processes; the old one ends with the last process
    that it writes for.
    """

    def __init__(self, config: Config, sockets: list[socket.socket], drain_s: float) -> None:
        super().__init__(config, sockets, drain_s)
        self._keepers: dict[Worker, Keeper] = {}
        self._current = Keeper()
        self._use(self._current)

    def keep_subprocess_alive(self) -> None:
        for keeper in self._in_use():
            keeper.start_again_if_dead()
        super().keep_subprocess_alive()

    def restart_all(self) -> None:
        before, old = self._current, self._in_use()
        new = self._use(Keeper())
        super().restart_all()
        if new not in self._keeper_of_each().values():
            self._use(before)  # no new process came to serve
        for keeper in {new, *old} - self._in_use():
            keeper.stop()

    def join_all(self) -> None:
        super().join_all()
        for keeper in self._in_use():
            keeper.stop()

    def _end_at_once(self, number: int) -> None:
        for keeper in self._in_use():
            keeper.kill()
        super()._end_at_once(number)

    def _use(self, keeper: Keeper) -> Keeper:
        """Processes that are started from now on are written for by this one."""
        self._keeper_of_each()
        self._current = keeper
        os.environ[WRITER_SOCKET] = str(keeper.path)
        return keeper

    def _in_use(self) -> set[Keeper]:
        return {self._current, *self._keeper_of_each().values()}

    def _keeper_of_each(self) -> dict[Worker, Keeper]:
        """Those who are new since the last look have the current one."""
        self._keepers = {each: self._keepers.get(each, self._current) for each in self.processes}
        return self._keepers
