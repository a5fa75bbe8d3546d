"""The servers that are measured: how each is started on its own books, watched and stopped."""

import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
from psycopg import sql

from bench.operations import JWT_SECRET, WEBHOOK_SECRET
from bench.usage import cpu_s, family_of
from db.urls import file_of, is_embedded

ROOT = Path(__file__).resolve().parents[1]
MERCURIUS = Path(__file__).resolve().parent / "peers" / "mercurius"

START_S = 90.0
"""How long a server may take until it answers, on a busy machine."""

STOP_S = 40.0
"""How long it may take to end what is under way."""

CALM_S = 0.25
CALM_SHARE = 0.1
"""A server is warm once it used less than this share of a core for so long."""

ADDRESS = re.compile(r"^Serving http://127\.0\.0\.1:(\d+)/graphql$", re.MULTILINE)
LOOK_S = 0.02

UNHURRIED = {
    f"{what}_{whose}_{when}": most
    for what, most in (("RATE", "1000000"), ("COST", "1000000000"))
    for whose in ("VIEWER", "ADDRESS")
    for when in ("BURST", "PER_S")
} | {
    **{f"LIMIT_{each}": "100000" for each in ("VIEWER_IN_FLIGHT", "ADDRESS_IN_FLIGHT", "SOCKETS", "ADDRESS_SOCKETS")},
    "LIMIT_ADDRESS_STRANGERS": "20000",
    "LIMIT_ADDRESS_SUBSCRIPTIONS": "10000",
}
"""All callers share one address, and admins call without end."""

NO_JOBS = {"WORKER": "false"}
"""Where what jobs find to do is not what is measured."""

STRIPE = {
    **NO_JOBS,
    "STRIPE_SECRET_KEY": "sk_test_of_the_bench",
    "STRIPE_WEBHOOK_SECRETS": WEBHOOK_SECRET,
    "STRIPE_API_BASE": "http://127.0.0.1:9",
    "DEFAULT_PROVIDER": "SANDBOX",
}
"""For webhooks. What follows from one is a job's, which would ask Stripe, and nothing listens there."""


class ServerFailed(Exception):
    """A server did not start, or did not stop. Its message ends with what it said."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A kind of server.

    Attributes:
        command: what starts it; it prints `Serving http://127.0.0.1:<port>/graphql`.
        environment: its settings.
        database_url: the database that it writes; None where it has none.
        pids: processes that work for it and are not its children: its database's.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    database_url: str | None = None
    pids: Sequence[int] = ()

    def count(self, table: str) -> int:
        """How many rows a table of its database has."""
        assert self.database_url is not None, "only a server with a database commits"
        if is_embedded(self.database_url):
            with closing(sqlite3.connect(f"file:{file_of(self.database_url)}?mode=ro", uri=True)) as database:
                [count] = database.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608  a name of ours
        else:
            with psycopg.connect(self.database_url) as connection:
                counting = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
                [count] = connection.execute(counting).fetchone() or (0,)
        return int(count)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started; it answers at its port, and is warm, once that was waited for."""

    peer: Peer
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pids(self) -> list[int]:
        return [self.process.pid, *self.peer.pids]

    @property
    def port(self) -> int:
        """Raises: ServerFailed, where it has not said which."""
        found = ADDRESS.search(self.log.read_text(errors="replace"))
        if found is None:
            raise ServerFailed(f"{self.peer.name} has no address{self._said()}")
        return int(found[1])

    def wait_until_warm(self) -> None:
        """Until it answers and its processes have imported, compiled and swept all that they do at first.

        Raises:
            ServerFailed
        """
        until = time.monotonic() + START_S
        while not (ADDRESS.search(self.log.read_text(errors="replace")) and _answers(self.port)):
            if time.monotonic() > until or self.process.poll() is not None:
                raise ServerFailed(f"{self.peer.name} did not start{self._said()}")
            time.sleep(LOOK_S)
        used = cpu_s(family_of(self.pids))
        while time.monotonic() < until:
            time.sleep(CALM_S)
            before, used = used, cpu_s(family_of(self.pids))
            if used - before < CALM_S * CALM_SHARE:
                return

    def stop(self) -> None:
        """Raises: ServerFailed, where it had to be killed."""
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerFailed(f"{self.peer.name} did not stop{self._said()}") from None

    def _said(self) -> str:
        text = self.log.read_text(errors="replace").strip()
        return f"; it said: {text[-1500:]}" if text else ""


def gateway(
    name: str, database_url: str, workers: int = 1, more: Mapping[str, str] | None = None, pids: Sequence[int] = ()
) -> Peer:
    """The gateway as an operator starts it, but with rates that no bench reaches, and logging nothing but faults.

    Args:
        more: other settings, such as `STRIPE`.
    """
    own = {"ENV_FILE": os.devnull, "DATABASE_URL": database_url, "JWT_SECRET": JWT_SECRET}
    settings = {**own, "LOG_LEVEL": "error", **UNHURRIED}
    chosen = {f"GATEWAY_{key}": value for key, value in {**settings, **(more or {})}.items()}
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GATEWAY_")}
    command = (sys.executable, "-m", "gateway", "serve", "--port", "0", "--workers", str(workers))
    return Peer(name, command, kept | chosen, ROOT, database_url, pids)


def starlette(name: str) -> Peer:
    return Peer(name, (sys.executable, "-m", "bench.peers.starlette_route"), os.environ, ROOT)


def mercurius(name: str, file: Path, *, is_batched: bool) -> Peer:
    """Fastify and Mercurius: a transaction for each command, or one for all that come at the same moment."""
    settings = {
        "DATABASE": str(file),
        "JWT_SECRET": JWT_SECRET,
        "WEBHOOK_SECRET": WEBHOOK_SECRET,
        "WRITER": "together" if is_batched else "one-by-one",
        "NODE_ENV": "production",
    }
    return Peer(name, ("node", "server.js"), os.environ | settings, MERCURIUS, f"sqlite:///{file}")


@contextmanager
def running(peer: Peer, log: Path) -> Iterator[Running]:
    """A server from its start to its end. What it prints goes to the log."""
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  every command is built from constants
            peer.command, cwd=peer.folder, env=peer.environment, stdout=output, stderr=output
        )
    server = Running(peer, process, log)
    try:
        yield server
    finally:
        server.stop()


def _answers(port: int) -> bool:
    """Whether it answers at all, whatever it says to somebody without a token."""
    try:
        httpx.post(f"http://127.0.0.1:{port}/graphql", json={"query": "{ __typename }"}, timeout=START_S)
    except httpx.TransportError:
        return False
    return True
