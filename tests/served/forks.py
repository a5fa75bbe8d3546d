"""Gateways as processes of their own that need not import anything: each is forked from one process that has.

What a command does is the same, and its process dies, is signalled and is waited for as any other; only the second of
CPU in which an interpreter imports a server's libraries is spent once. What a gateway starts by itself, its workers and
its writer, it starts as ever. By `python -m gateway` those are started that are about the command line itself.
"""

import atexit
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from typing import IO

MOST_BYTES = 1 << 20
"""Of one request: the arguments and the environment."""

IMPORTED = (
    "gateway.__main__",
    "gateway.app",
    "gateway.cli.serve",
    "gateway.cli.worker",
    "gateway.cli.demo",
    "gateway.cli.supervisor",
    "aiosqlite",
    "psycopg",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)


class Forked:
    """A process, with what the tests ask of a `subprocess.Popen`."""

    def __init__(self, stdout: int, status: int) -> None:
        self.stdout: IO[str] | None = os.fdopen(stdout)
        self._status = os.fdopen(status)
        self.pid = int(self._status.readline())
        self.returncode: int | None = None

    def send_signal(self, number: int) -> None:
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; that of a process which a signal ended is the signal's number, negative.

        Raises: subprocess.TimeoutExpired.
        """
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("a forked gateway", timeout or 0)
            self.returncode = int(self._status.readline())
            self._status.close()
        return self.returncode


def fork(*arguments: str, env: Mapping[str, str], stderr: int | None = None) -> Forked:
    """The command `gateway`, with those arguments, in a new process.

    Args:
        stderr: what it says there goes to this file; None drops it.
    """
    (printed, stdout), (told, status) = os.pipe(), os.pipe()
    nowhere = os.open(os.devnull, os.O_RDWR)
    request = json.dumps([arguments, dict(env)]).encode()
    socket.send_fds(_parent(), [request], [stdout, status, nowhere if stderr is None else stderr])
    for fd in (stdout, status, nowhere):
        os.close(fd)
    return Forked(printed, told)


@cache
def _parent() -> socket.socket:
    """The line to the process that all are forked from, which ends when the line does."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in (ours, its):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, MOST_BYTES)
    process = subprocess.Popen([sys.executable, "-m", "tests.served.forks", str(its.fileno())], pass_fds=[its.fileno()])
    its.close()

    def end_it() -> None:
        ours.close()
        process.wait()

    atexit.register(end_it)
    return ours


def _serve_forks(line: socket.socket) -> None:
    from gateway.execution.schema import build_schema

    for name in IMPORTED:
        importlib.import_module(name)
    build_schema()  # which each keeps once it is built
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those who wait
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        request, fds, _, _ = socket.recv_fds(line, MOST_BYTES, 3)
        if not request:
            return
        if os.fork() == 0:
            line.close()
            _watch(request, *fds)
        for fd in fds:
            os.close(fd)


def _watch(request: bytes, stdout: int, status: int, stderr: int) -> None:
    """Start the gateway, say which process it is, and say how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(status)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for each in (signal.SIGHUP, signal.SIGQUIT):  # which those that run tests in the background ignore
            signal.signal(each, signal.SIG_DFL)
        arguments, env = json.loads(request)
        _become(arguments, env, stdout, stderr)
    os.close(stdout)
    os.close(stderr)
    os.write(status, f"{pid}\n".encode())
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    with suppress(BrokenPipeError):
        os.write(status, f"{code}\n".encode())
    os._exit(0)


def _become(arguments: list[str], env: dict[str, str], stdout: int, stderr: int) -> None:
    from gateway import __main__ as command
    from gateway.cli.main import main

    sys.modules["__main__"] = command  # what the workers that it starts look for in theirs
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    for fd, its in ((stdout, 1), (stderr, 2)):
        os.dup2(fd, its)
        os.close(fd)
    os.environ.clear()
    os.environ.update(env)
    sys.argv = ["gateway", *arguments]
    main()
    sys.exit()


if __name__ == "__main__":
    _serve_forks(socket.socket(fileno=int(sys.argv[1])))
