"""The gateway as a process of its own, spoken to over real HTTP."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile
from threading import Timer
from typing import Any

import httpx

from gateway.auth.minting import mint_token
from gateway.services.core.model.values import Role
from gateway.settings.loading import load_settings
from gateway.settings.model import Settings
from tests.served.forks import Forked, fork

SECRET = "a-secret-of-the-tests-of-at-least-32-bytes"

UNHURRIED = {
    f"{what}_{whose}_{when}": most
    for what, most in (("rate", "1000000"), ("cost", "1000000000"))
    for whose in ("viewer", "address")
    for when in ("burst", "per_s")
} | {f"limit_{whose}_{what}": "100000" for whose in ("viewer", "address") for what in ("in_flight", "sockets")}
"""Tests send crowds from one address, and as few people."""


Process = subprocess.Popen[str] | Forked

PATH = "PYTHONPATH"
OUR_PATH = os.environ.get(PATH)
"""Whose processes look for modules elsewhere than this run cannot be forked from one that found them already."""

TOO_LONG_S = 120
"""What no command and no start takes, on a machine that has much else to do."""


def environment(database_url: str, **settings: str) -> dict[str, str]:
    """The process environment of a gateway: this one's, without settings of its own, and with those given; and without
    what a developer has in `.env`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    ours = {"database_url": database_url, "jwt_secret": SECRET, "env_file": os.devnull, **UNHURRIED, **settings}
    return kept | {f"GATEWAY_{name.upper()}": value for name, value in ours.items()}


def run(*arguments: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """The command line, to its end."""
    with TemporaryFile("w+") as errors:
        process = _begun(*arguments, env=env, stderr=errors.fileno())
        assert process.stdout is not None
        with process.stdout:
            killing = Timer(TOO_LONG_S, process.kill)
            killing.start()
            printed = process.stdout.read()
            code = process.wait()
            killing.cancel()
        errors.seek(0)
        return subprocess.CompletedProcess(arguments, code, printed, errors.read())


def started(*arguments: str, env: Mapping[str, str], stderr: int | None = None) -> Process:
    """The command line, running; what it prints can be read.

    Args:
        stderr: what it says there goes to this file; None drops it.
    """
    alone = ("--workers", "1") if arguments[0] == "serve" else ()  # in production too; of two, the last one counts
    return _begun(arguments[0], *alone, *arguments[1:], env=env, stderr=stderr)


def _begun(*arguments: str, env: Mapping[str, str], stderr: int | None) -> Process:
    if env.get(PATH) == OUR_PATH:
        return fork(*arguments, env=env, stderr=stderr)
    command = [sys.executable, "-m", "gateway", *arguments]
    where = subprocess.DEVNULL if stderr is None else stderr
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=where, text=True)


@dataclass
class Server:
    """A running gateway. `url` is that of /graphql."""

    process: Process
    url: str
    settings: Settings

    def token(self, role: Role, subject: str, ttl_s: int = 3600) -> str:
        return mint_token(self.settings, role=role, subject=subject, ttl_s=ttl_s)

    def student(self, subject: str = "student-1") -> "Caller":
        return Caller(self.url, self.token(Role.STUDENT, subject))

    def admin(self, subject: str = "admin-1") -> "Caller":
        return Caller(self.url, self.token(Role.ADMIN, subject))

    def service(self, subject: str = "service-1") -> "Caller":
        return Caller(self.url, self.token(Role.SERVICE, subject))

    def nobody(self) -> "Caller":
        return Caller(self.url, None)

    def kill(self) -> None:
        """As a power cut would: no warning, no clean-up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(database_url: str, *arguments: str, **settings: str) -> Iterator[Server]:
    """A gateway on a free port, ready; stopped at the end if it still runs."""
    env = environment(database_url, **settings)
    process = started("serve", "--port", "0", *arguments, env=env)
    try:
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first.startswith("Serving http://"), f"the server said {first!r}"
        url = first.removeprefix("Serving ").strip()
        _wait_until_ready(url)
        yield Server(process, url, load_settings({n: v for n, v in env.items() if n.startswith("GATEWAY_")}))
    finally:
        process.terminate()
        process.wait(timeout=40)
        if process.stdout is not None:
            process.stdout.close()


def _wait_until_ready(url: str) -> None:
    """The socket listens before the application runs, so one request waits for it; a server that died refuses."""
    answer = httpx.get(url.replace("/graphql", "/readyz"), timeout=TOO_LONG_S)
    assert answer.status_code == 200, answer.text


@dataclass
class Caller:
    """Somebody with a token, or without one."""

    url: str
    token: str | None

    def client(self) -> httpx.Client:
        return httpx.Client(headers=self.headers(), timeout=30)

    def headers(self) -> dict[str, str]:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def post(self, query: str, variables: Mapping[str, object] | None = None) -> httpx.Response:
        body = {"query": query, "variables": variables or {}}
        return httpx.post(self.url, json=body, headers=self.headers(), timeout=30)

    def ask(self, query: str, **variables: object) -> dict[str, Any]:
        """The whole GraphQL answer: data, errors."""
        answer: dict[str, Any] = self.post(query, variables).json()
        return answer

    def data(self, query: str, **variables: object) -> dict[str, Any]:
        """The data of an answer that has no errors."""
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def codes(self, query: str, **variables: object) -> list[str]:
        """The codes of an answer's errors."""
        return [error["extensions"]["code"] for error in self.ask(query, **variables).get("errors", [])]
