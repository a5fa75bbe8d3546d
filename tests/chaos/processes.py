"""The gateway under trial: a server without a worker and some workers, each killed without warning and started anew."""

import asyncio
import select
import signal
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx

from tests.served.server import Process, environment, run, started

READY_S, STOP_S = 120, 40
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
ERRORS = ('"level": "error"', '"level": "critical"', "Traceback")


@dataclass
class Gateway:
    """The processes on one database.

    Args:
        home: where their logs go.
    """

    database_url: str
    home: Path
    workers: int
    happened: Counter[str]
    settings: dict[str, str] = field(default_factory=dict)
    workers_died_at: datetime = NEVER
    _server: Process | None = None
    _workers: list[Process] = field(default_factory=list)
    _url: str = ""
    _start_failed: BaseException | None = None
    _is_up: asyncio.Event = field(default_factory=asyncio.Event)
    _restarts: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        # Production: nothing is offered but the two providers, and the log is JSON.
        ours = {"env": "production", "worker": "false", "log_level": "warning", **self.settings}
        return environment(self.database_url, **ours)

    async def start(self) -> None:
        await self._start_server()
        await self._start_workers()

    async def address(self) -> str:
        """Where /graphql is; waited for while the server is down. It moves with each start, as behind a balancer."""
        await self._is_up.wait()
        if self._start_failed is not None:
            raise self._start_failed
        return self._url

    def kill_server(self) -> bool:
        """As a power cut would. The next one starts at once. False while it is down already."""
        if self._server is None or not self._is_up.is_set():
            return False
        self._is_up.clear()
        self._server.send_signal(signal.SIGKILL)
        self.happened["kill -9 of the server"] += 1
        restart = asyncio.create_task(self._restart_server())
        restart.add_done_callback(self._note_start)
        self._restarts.append(restart)
        return True

    def kill_workers(self) -> bool:
        """All of them, as a power cut would. The next ones start at once. False while they are down already."""
        killed, self._workers = self._workers, []
        for worker in killed:
            worker.send_signal(signal.SIGKILL)
            self.happened["kill -9 of a worker"] += 1
        if killed:
            self.workers_died_at = datetime.now(UTC)
            self._restarts.append(asyncio.create_task(self._restart_workers(killed)))
        return bool(killed)

    async def restarted(self) -> None:
        """Once everything that was killed runs again."""
        while self._restarts:
            await self._restarts.pop()

    async def stop(self) -> None:
        await self.restarted()
        running: list[Process] = [*self._workers, *([self._server] if self._server else [])]
        await asyncio.gather(*(_stop(process) for process in running))

    async def verdict(self) -> tuple[int | None, str]:
        """Exit code and words of `gateway verify`."""
        ended = await asyncio.to_thread(run, "verify", env=self.env)
        with self._log() as log:
            log.write(ended.stderr.encode())
        return ended.returncode, ended.stdout

    def errors(self) -> list[str]:
        """What was logged as an error: nothing that providers, networks and kills do is one."""
        return [line for line in self.logged().splitlines() if any(word in line for word in ERRORS)]

    def logged(self) -> str:
        path = self.home / "gateway.log"
        return path.read_text() if path.exists() else ""

    def _note_start(self, restart: asyncio.Task[None]) -> None:
        """Nobody waits for ever for a server that did not start."""
        if not restart.cancelled() and (failed := restart.exception()) is not None:
            self._start_failed = failed
            self._is_up.set()

    async def _restart_server(self) -> None:
        assert self._server is not None
        await _ended(self._server)
        await self._start_server()

    async def _restart_workers(self, killed: list[Process]) -> None:
        for worker in killed:
            await _ended(worker)
        await self._start_workers()

    async def _start_server(self) -> None:
        self._server = await self._started("Serving", "serve", "--port", "0", "--workers", "1")
        await _wait_until_ready(self._url.replace("/graphql", "/readyz"))
        self._is_up.set()

    async def _start_workers(self) -> None:
        self._workers = [await self._started("Running jobs", "worker") for _ in range(self.workers)]

    async def _started(self, word: str, *arguments: str) -> Process:
        with self._log() as log:
            process = started(*arguments, env=self.env, stderr=log.fileno())
        first = await asyncio.to_thread(_first_line, process)
        assert first.startswith(word), f"{arguments} said {first!r}\n{self.logged()}"
        if word == "Serving":
            self._url = first.removeprefix("Serving ")
        return process

    def _log(self) -> IO[bytes]:
        return (self.home / "gateway.log").open("ab")


def _first_line(process: Process) -> str:
    """What it says first; nothing, if that takes too long."""
    assert process.stdout is not None
    has_said = select.select([process.stdout], [], [], READY_S)[0]
    return process.stdout.readline().strip() if has_said else ""


async def _stop(process: Process) -> None:
    process.terminate()
    await _ended(process)


async def _ended(process: Process) -> None:
    await asyncio.to_thread(process.wait, STOP_S)
    assert process.stdout is not None
    process.stdout.close()


async def _wait_until_ready(url: str) -> None:
    """The socket listens before the application runs, so one request waits for it; a server that died refuses."""
    async with httpx.AsyncClient(timeout=READY_S) as client:
        answer = await client.get(url)
    assert answer.status_code == 200, answer.text
