"""A PostgreSQL server of a test's own, which is stopped, killed and frozen."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

STOPPED_S = 30
"""What a stop does not take."""


class OwnServer:
    """Its databases are those of `databases.new`."""

    def __init__(self, server: Any) -> None:
        self._server = server

    @property
    def folder(self) -> Path:
        """Where its data lies."""
        return Path(self._server.pgdata)

    def stop(self) -> None:
        """Sessions are broken off, and all is written (the "fast" shutdown)."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """The server's first process; the others end by themselves, as they miss it."""
        self._end(signal.SIGKILL)

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def _end(self, number: int) -> None:
        pids = processes(self._server.get_pid())
        os.kill(pids[0], number)
        latest = time.monotonic() + STOPPED_S
        while any(_lives(pid) for pid in pids):
            assert time.monotonic() < latest
            time.sleep(0.01)


def processes(first: int) -> list[int]:
    """Those of a server, by the first of them."""
    children = Path(f"/proc/{first}/task/{first}/children").read_text().split()
    return [first, *map(int, children)]


@contextmanager
def frozen(database_url: str) -> Iterator[None]:
    """The processes of a database's server stand still."""
    folder = make_url(database_url).query["host"]
    assert isinstance(folder, str)
    pids = processes(int((Path(folder) / "postmaster.pid").read_text().split("\n", 1)[0]))
    for each in pids:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in pids:
            with suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)


def _lives(pid: int) -> bool:
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
