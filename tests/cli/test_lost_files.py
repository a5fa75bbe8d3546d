"""An SQLite database whose files are deleted, renamed or replaced while it is served: nothing that is answered as done
is lost, nothing old is shown, and what is put back is served again without a restart."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from db.files import index_of, log_of
from db.migrate import upgrade
from tests.cli.terminal import gateway as command
from tests.served.gateway import Served, creating, served
from tests.served.operations import CREATE_PURCHASE, PURCHASES
from tests.served.server import environment

TOO_LONG_S = 30
"""What nothing takes, and no test waits for without end."""

WAYS = ((), ("--workers", "2"))
"""The writer in the process that serves, and in one of its own."""


@dataclass
class Trial:
    """A served gateway on files in a folder of their own, with a course."""

    gateway: Served
    file: Path
    course: str

    @property
    def files(self) -> list[Path]:
        return [self.file, log_of(self.file), index_of(self.file)]

    def grant(self, student: str) -> bool:
        """Whether it was answered as done; the only other answer is BUSY."""
        answer = self.gateway.admin.post(CREATE_PURCHASE, {"input": creating(self.course, student)}).json()
        codes = [error["extensions"]["code"] for error in answer.get("errors", ())]
        assert codes in ([], ["BUSY"]), answer
        return not codes

    def is_seen(self, reason: str) -> bool:
        ready = self.ready()
        return ready.status_code == 503 and reason in ready.json().get("reason", "")

    def ready(self) -> httpx.Response:
        return self.gateway.http.get(self.gateway.server.url.replace("/graphql", "/readyz"))

    def students(self) -> set[str]:
        with closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)) as connection:
            return {student for (student,) in connection.execute("SELECT student_id FROM purchase")}


@pytest.fixture(scope="module", params=WAYS, ids=["own writer", "writer's process"])
def trial(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, process: None) -> Iterator[Trial]:
    """Served on through all losses, one after the other."""
    folder = tmp_path_factory.mktemp("lost") / "books"
    folder.mkdir()
    upgrade(url := f"sqlite:///{folder / 'gateway.db'}")
    with served(url, *request.param, worker="true") as gateway:
        yield Trial(gateway, folder / "gateway.db", gateway.course())


def until(is_so: Callable[[], bool]) -> None:
    latest = time.monotonic() + TOO_LONG_S
    while not is_so():
        assert time.monotonic() < latest
        time.sleep(0.01)


@contextmanager
def renamed(trial: Trial) -> Iterator[None]:
    aside = trial.file.rename(trial.file.with_name("aside.db"))
    yield
    aside.rename(trial.file)


@contextmanager
def deleted_with_all_beside_it(trial: Trial) -> Iterator[None]:
    """But for other names of the same files, by which they can be put back."""
    for path in trial.files:
        path.with_name(f"aside-{path.name}").hardlink_to(path)
        path.unlink()
    yield
    for path in trial.files:
        path.with_name(f"aside-{path.name}").rename(path)


@contextmanager
def moved_with_its_folder(trial: Trial) -> Iterator[None]:
    moved = trial.file.parent.rename(trial.file.parent.with_name("moved"))
    yield
    moved.rename(trial.file.parent)


@contextmanager
def replaced_by_another(trial: Trial) -> Iterator[None]:
    with deleted_with_all_beside_it(trial):
        upgrade(f"sqlite:///{trial.file}")
        yield
        for path in trial.files:
            path.unlink(missing_ok=True)


@contextmanager
def replaced_beside_its_log(trial: Trial) -> Iterator[None]:
    """What SQLite would read the old one's log into."""
    other = trial.file.with_name("other.db")
    upgrade(f"sqlite:///{other}")
    before = other.read_bytes()
    aside = trial.file.rename(trial.file.with_name("aside.db"))
    other.replace(trial.file)
    yield
    assert trial.file.read_bytes() == before
    aside.replace(trial.file)


@contextmanager
def replaced_by_an_older_state(trial: Trial) -> Iterator[None]:
    older = trial.file.with_name("older.db")
    with closing(sqlite3.connect(trial.file)) as source, closing(sqlite3.connect(older)) as copy:
        source.backup(copy)
    assert trial.grant("student-of-the-newer-state")
    with deleted_with_all_beside_it(trial):
        older.rename(trial.file)
        yield
        for path in trial.files:
            path.unlink(missing_ok=True)


@contextmanager
def replaced_by_a_link_to_another(trial: Trial) -> Iterator[None]:
    upgrade(f"sqlite:///{trial.file.with_name('other.db')}")
    with renamed(trial):
        trial.file.symlink_to(trial.file.with_name("other.db"))
        yield
        trial.file.unlink()


LOSSES = [
    (renamed, "no longer there"),
    (deleted_with_all_beside_it, "no longer there"),
    (moved_with_its_folder, "no longer there"),
    (replaced_by_another, "another"),
    (replaced_beside_its_log, "belongs to"),
    (replaced_by_an_older_state, "older state"),
    (replaced_by_a_link_to_another, "another"),
]


@pytest.mark.parametrize(("lost", "reason"), LOSSES, ids=[each.__name__ for each, _ in LOSSES])
def test_nothing_is_done_in_a_lost_file_or_read_from_it_and_one_that_is_put_back_is_served_again(
    trial: Trial,
    lost: Callable[[Trial], AbstractContextManager[None]],
    reason: str,
) -> None:
    before = f"student-before-{lost.__name__}"
    assert trial.grant(before)
    with lost(trial):
        files = sorted(trial.file.parent.glob("*")) if trial.file.parent.exists() else []
        assert [trial.grant(f"student-{number}") for number in range(5)] == [False] * 5
        until(lambda: trial.is_seen(reason))
        assert "errors" in trial.gateway.admin.post(PURCHASES).json()
        if not trial.file.exists():  # nobody makes an empty one in its place
            assert files == (sorted(trial.file.parent.glob("*")) if trial.file.parent.exists() else [])
    until(lambda: trial.grant(f"student-after-{lost.__name__}"))
    until(lambda: trial.ready().status_code == 200)
    assert {before, f"student-after-{lost.__name__}"} <= trial.students()


def test_a_log_or_its_index_that_is_deleted_under_everybody_takes_nothing_with_it(trial: Trial) -> None:
    for lost in trial.files[1:]:
        done = {student for number in range(5) if trial.grant(student := f"student-{lost.suffix}-{number}")}
        assert len(done) == 5
        lost.unlink()
        until(lambda last=f"student-after-{lost.suffix}": trial.grant(last))  # type: ignore[misc]  # bound at once
        until(lambda: trial.ready().status_code == 200)
        assert {*done, f"student-after-{lost.suffix}"} <= trial.students()
    verified = command("verify", env=environment(trial.gateway.database_url))
    assert verified.code == 0, verified.out


def test_a_file_that_was_cut_is_written_no_more(trial: Trial) -> None:
    with trial.file.open("r+b") as file:
        file.truncate(8192)
    assert [trial.grant(f"student-cut-{number}") for number in range(5)] == [False] * 5
    until(lambda: trial.is_seen("gateway.db"))
