"""A gateway whose log is kept, to see what it says and that it says nothing else."""

import json
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from gateway.settings.loading import load_settings
from tests.served.gateway import LIMITS, Served
from tests.served.server import Process, Server, environment, started

TOO_LONG_S = 120
"""What nothing takes, and no test waits for without end."""


@dataclass
class Logged:
    """A running gateway in production's mode, with the sandbox, and what it logs."""

    gateway: Served
    path: Path

    @property
    def process(self) -> Process:
        return self.gateway.server.process

    @property
    def port(self) -> int:
        return int(self.gateway.server.url.rpartition(":")[2].partition("/")[0])

    def lines(self) -> list[dict[str, Any]]:
        """Each is JSON: what a library would print by itself, as a trace, is none."""
        return [json.loads(line) for line in self.path.read_text().splitlines()]

    def said(self, *levels: str) -> list[str]:
        return [line["event"] for line in self.lines() if line["level"] in levels]

    def about_stopping(self) -> list[str]:
        """From the first word of it: all that is said but what was asked, and that the writer stopped as well."""
        events = [line["event"] for line in self.lines() if line.get("process") != "writer"]
        return [event for event in events[events.index("stopping") :] if event not in ("request", "operation")]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(TOO_LONG_S)


@contextmanager
def logged(
    database_url: str, folder: Path, *arguments: str, worker: str = "false", **settings: str
) -> Iterator[Logged]:
    """A gateway on the database, ready; killed at the end if it still runs."""
    chosen: Mapping[str, str] = {"env": "production", "sandbox": "true", "worker": worker, **settings}
    env = environment(database_url, **chosen)
    path = folder / "log"
    with path.open("w") as log:
        process = started("serve", "--port", "0", *arguments, env=env, stderr=log.fileno())  # of two, the last counts
    assert process.stdout is not None
    with process.stdout, httpx.Client(timeout=TOO_LONG_S, limits=LIMITS) as http:
        try:
            first = process.stdout.readline()
            assert first.startswith("Serving http://"), path.read_text()
            url = first.removeprefix("Serving ").strip()
            answer = http.get(url.replace("/graphql", "/readyz"))
            assert answer.status_code == 200, answer.text
            loaded = load_settings({n: v for n, v in env.items() if n.startswith("GATEWAY_")})
            yield Logged(Served(Server(process, url, loaded), database_url, http), path)
        finally:
            process.kill()
            process.wait()
