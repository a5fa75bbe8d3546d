"""Several processes and the one that writes for them: whoever is killed, nothing that was answered is lost, callers
are served again at once, and nobody is left behind."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.cli import serve
from gateway.services.core.model.values import Role
from gateway.settings.loading import load_settings
from tests.cli.terminal import gateway as command
from tests.served.crowd import UNLIMITED, Call
from tests.served.gateway import Answer, Served, creating, served
from tests.served.inside import inside
from tests.served.operations import COURSE, CREATE_PURCHASE, SAVE_COURSE
from tests.served.server import environment

TOO_LONG_S = 60
"""What nothing takes, and no test waits for without end."""

AT_ONCE = 16
EACH_TIME = 40
"""Answers from one kill to the next."""


@dataclass
class Trial:
    """Grants of a course to one student after the other, by several callers at once, while writers are killed.

    A call that is answered with BUSY or an error is sent again as it was, as a client does.
    """

    gateway: Served
    course: str
    kills: int
    answered: dict[str, Answer] = field(default_factory=dict)
    asked_again: list[str] = field(default_factory=list)
    moments: list[float] = field(default_factory=list)

    @property
    def most(self) -> int:
        return (self.kills + 1) * EACH_TIME

    async def run(self) -> None:
        async with httpx.AsyncClient(timeout=TOO_LONG_S, limits=UNLIMITED) as client:
            students = iter([f"student-{number}" for number in range(self.most)])
            callers = [asyncio.create_task(self._call(client, students)) for _ in range(AT_ONCE)]
            for kill in range(1, self.kills + 1):
                async with asyncio.timeout(TOO_LONG_S):
                    while len(self.answered) < kill * EACH_TIME:  # noqa: ASYNC110  the callers count
                        await asyncio.sleep(0.001)
                os.kill(writer_of(self.gateway), signal.SIGKILL)
            await asyncio.gather(*callers)

    async def _call(self, client: httpx.AsyncClient, students: Iterator[str]) -> None:
        for student in students:
            call = Call(self.gateway.admin, CREATE_PURCHASE, creating(self.course, student))
            while True:
                body = {"query": call.operation, "variables": {"input": call.given}}
                response = await client.post(call.caller.url, json=body, headers=call.caller.headers())
                answer: dict[str, Any] = response.json()
                if "errors" not in answer and response.status_code == 200:
                    break
                self.asked_again.append(answer["errors"][0]["extensions"]["code"])
            self.moments.append(time.monotonic())
            self.answered[student] = answer["data"]["createPurchase"]

    def longest_pause_s(self) -> float:
        return max(later - earlier for earlier, later in zip(self.moments, self.moments[1:], strict=False))


def all_is_there(trial: Trial) -> None:
    """Each answered call has its one purchase, with all that was committed with it, and there is nothing else."""
    gateway = trial.gateway
    assert {answer["__typename"] for answer in trial.answered.values()} == {"CreatePurchaseSuccess"}
    rows = gateway.rows("SELECT student_id, count(*), max(status) FROM purchase GROUP BY student_id")
    assert sorted(rows) == sorted((student, 1, "ACTIVE") for student in trial.answered)
    assert gateway.rows("SELECT count(*) FROM audit_entry WHERE action = 'purchase.created'") == [(trial.most,)]
    assert command("verify", env=environment(gateway.database_url)).code == 0


@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.chaos)])
def test_whoever_is_killed_nothing_that_was_answered_is_lost_and_nobody_is_left_behind(
    new_sqlite: Callable[[], str], kills: int
) -> None:
    with served(new_sqlite(), "--workers", "2") as gateway:
        trial = Trial(gateway, gateway.course(), kills)
        asyncio.run(trial.run())
        print(f"\n{kills} writers killed, {len(trial.answered)} calls answered, sent again: {trial.asked_again}")
        print(f"the longest pause between two answers: {trial.longest_pause_s():.3f} s")
        all_is_there(trial)
        kill_keeper_and_writer(gateway)
        wait_until(lambda: is_granted(gateway, trial.course, "student-of-the-next"))
        kill_the_one_who_started_them(gateway)
        assert gateway.rows("SELECT count(*) FROM purchase") == [(trial.most + 1,)]


def kill_keeper_and_writer(gateway: Served) -> None:
    """Others take their place."""
    for pid in (keeper_of(gateway), writer_of(gateway)):
        os.kill(pid, signal.SIGKILL)


def kill_the_one_who_started_them(gateway: Served) -> None:
    """All others end by themselves, and clear up."""
    family = [*descendants(gateway.server.process.pid)]
    folder = Path(words_of(keeper_of(gateway))[-3])
    assert len(family) >= 4  # two that serve, the writer and its keeper
    assert folder.exists()
    gateway.server.kill()
    wait_until(lambda: not any(map(is_running, family)))
    assert not folder.exists()


@pytest.mark.anyio
async def test_without_its_writer_a_process_is_not_ready_and_answers_busy(
    new_sqlite: Callable[[], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.bootstrap.WRITER_READY_S", 0)
    monkeypatch.setattr("gateway.services.writer_process.remote.PATIENCE_S", 0.01)
    async with inside(new_sqlite(), writer_socket=str(tmp_path / "nobody"), worker="false") as app:
        answer = await app.client.get("/readyz")
        assert (answer.status_code, answer.json()["writer"], answer.json()["database"]) == (503, False, True)
        refused = (await app.ask(SAVE_COURSE, Role.ADMIN, input=COURSE)).json()
        assert [error["extensions"]["code"] for error in refused["errors"]] == ["BUSY"]


@pytest.mark.parametrize(
    ("env", "database", "cores", "quota", "workers"),
    [
        ("production", "sqlite:///g.db", 1, None, 1),
        ("production", "sqlite:///g.db", 2, None, 2),
        ("production", "sqlite:///g.db", 64, None, 4),
        ("production", "sqlite:///g.db", 64, "max 100000", 4),
        ("production", "sqlite:///g.db", 64, "250000 100000", 2),
        ("production", "sqlite:///g.db", 64, "50000 100000", 1),
        ("production", "postgresql://db/g", 64, None, 1),
        ("development", "sqlite:///g.db", 64, None, 1),
    ],
)
def test_where_nobody_says_how_many_serve_it_follows_the_cores(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    env: str,
    database: str,
    cores: int,
    quota: str | None,
    workers: int,
) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {*range(cores)}, raising=False)
    monkeypatch.setattr(serve, "QUOTA", tmp_path / "cpu.max")
    if quota is not None:
        (tmp_path / "cpu.max").write_text(f"{quota}\n")
    settings = load_settings({name: v for name, v in environment(database, env=env).items() if name[:8] == "GATEWAY_"})
    assert serve.default_workers(settings) == workers


def keeper_of(gateway: Served) -> int:
    [keeper] = (pid for pid in children(gateway.server.process.pid) if "gateway.cli.writer" in words_of(pid))
    return keeper


def writer_of(gateway: Served) -> int:
    """The writer's process: for a moment after the last one's death there is none."""
    keeper = keeper_of(gateway)
    wait_until(lambda: bool(children(keeper)))
    [writer] = children(keeper)
    return writer


def descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from descendants(child)


def children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def words_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")


def is_running(pid: int) -> bool:
    """A process that has ended, and that nobody has waited for yet, runs no more."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def is_granted(gateway: Served, course: str, student: str) -> bool:
    """Whether the call is answered, and not with BUSY."""
    answer = gateway.admin.post(CREATE_PURCHASE, {"input": creating(course, student)}).json()
    codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
    assert codes in ([], ["BUSY"])
    return not codes


def wait_until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + TOO_LONG_S
    while not is_so():
        assert time.monotonic() < latest, "it takes too long"
        time.sleep(0.01)
