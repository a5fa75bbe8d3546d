"""Outages of a served gateway's database, as they happen: servers that are stopped, killed and frozen, disks that are
full and hang; and what holds in each of them."""

import subprocess
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from db.files import log_of
from db.migrate import upgrade
from db.urls import file_of
from gateway.services.outages import BEGAN, ENDED
from tests.databases import postgresql
from tests.outages import OF_POSTGRESQL
from tests.served import disks, trials
from tests.served.doors import DOORS, READING
from tests.served.logged import logged
from tests.served.postgresql import OwnServer, frozen
from tests.served.subscriber import subscriber
from tests.served.trials import PATIENT, Commands, Seen, When

WRITING_COMMANDS: Commands = {"purchase create": ("purchase", "create"), "seed": ("seed",)}
ALL_COMMANDS: Commands = {
    **WRITING_COMMANDS,
    **{word: (word,) for word in ("verify", "migrate", "worker")},
    "serve": ("serve", "--port", "0"),
}

NO_STRIPE = "stripe did not answer"
"""There is none."""

HUNG = (
    "the writer hangs: commands are refused until its turn ends",
    "the writer goes on: the turn that hung has ended",
)

Had = Callable[["Place"], AbstractContextManager[object]]


@dataclass(frozen=True)
class Place:
    """Where a gateway's database is, and the gateway's first process."""

    url: str
    server: OwnServer | None
    pid: int

    @property
    def own(self) -> OwnServer:
        assert self.server is not None
        return self.server


@dataclass(frozen=True)
class Kind:
    """A kind of outage.

    Args:
        fails_reads: whether nothing can be read either.
        disk: makes the folder of an SQLite file; None: of a PostgreSQL server.
        commands: of the command line, those that cannot be done meanwhile.
        arguments: of `gateway serve`.
        is_brief: whether it may be over before all have noticed.
        may_be_unfollowed: whether subscriptions may be refused though what was committed can be read.
    """

    begin: Had
    fails_reads: bool
    disk: Callable[[Path], AbstractContextManager[Path]] | None = None
    commands: Commands | None = None
    arguments: tuple[str, ...] = ()
    is_brief: bool = False
    may_be_unfollowed: bool = False


@dataclass(frozen=True)
class Trial:
    """An outage that was had."""

    kind: Kind
    seen: Seen


@contextmanager
def stopped(place: Place) -> Iterator[None]:
    place.own.stop()
    try:
        yield
    finally:
        place.own.start()


@contextmanager
def killed(place: Place) -> Iterator[None]:
    place.own.kill()
    try:
        yield
    finally:
        place.own.start()


@contextmanager
def restarted(place: Place) -> Iterator[None]:
    """While all are asked."""

    def restart() -> None:
        place.own.stop()
        place.own.start()

    with ThreadPoolExecutor(1) as beside:
        restarting = beside.submit(restart)
        yield
        restarting.result()


@contextmanager
def standby(place: Place) -> Iterator[None]:
    """The server is one that only follows another, as after a failover that went to the wrong one."""
    place.own.stop()
    signal = place.own.folder / "standby.signal"
    signal.touch()
    place.own.start()
    try:
        yield
    finally:
        signal.unlink()
        place.own.stop()
        place.own.start()


@contextmanager
def short_files(place: Place) -> Iterator[None]:
    """No file may become longer than the database's log is."""
    with disks.no_file_longer(_family(place.pid), log_of(file_of(place.url)).stat().st_size):
        yield


def full(place: Place) -> AbstractContextManager[None]:
    return disks.full(file_of(place.url).parent)


def hanging(place: Place) -> AbstractContextManager[None]:
    return disks.hanging(file_of(place.url).parent)


@contextmanager
def folder_of(home: Path) -> Iterator[Path]:
    yield home


def disk_of(_: Path) -> AbstractContextManager[Path]:
    return disks.disk(8)


def disk_that_hangs(_: Path) -> AbstractContextManager[Path]:
    return disks.disk_that_hangs(16)


TWO = ("--workers", "2")
KINDS = {
    "PostgreSQL stopped": Kind(stopped, True, commands=ALL_COMMANDS),
    "PostgreSQL killed": Kind(killed, True, commands=ALL_COMMANDS),
    "PostgreSQL restarted": Kind(restarted, True, is_brief=True),
    "PostgreSQL frozen": Kind(lambda place: frozen(place.url), True, commands=ALL_COMMANDS),
    "PostgreSQL read-only": Kind(
        lambda place: OF_POSTGRESQL["read-only"][2](place.url), False, commands=WRITING_COMMANDS
    ),
    "PostgreSQL a standby": Kind(standby, False, commands=WRITING_COMMANDS, may_be_unfollowed=True),
    "SQLite's disk full": Kind(full, False, disk_of, WRITING_COMMANDS),
    "SQLite's disk full, and its writer a process": Kind(full, False, disk_of, WRITING_COMMANDS, TWO),
    "SQLite's file as long as it may be": Kind(short_files, False, folder_of),
    "SQLite's disk hangs": Kind(hanging, False, disk_that_hangs, may_be_unfollowed=True),
    "SQLite's disk hangs, and its writer is a process": Kind(
        hanging, False, disk_that_hangs, None, TWO, may_be_unfollowed=True
    ),
}


def had(name: str, home: Path, *, but_for: Collection[str] = (), when: When = When.WHILE_ALL_ASK) -> Trial:
    """Have an outage of that name, with all doors but some."""
    kind = KINDS[name]
    doors = [door for door in DOORS if door not in but_for]
    with (
        _database(kind, home) as (url, server),
        subscriber() as slow,
        logged(url, home, *kind.arguments, **trials.settings(slow)) as gateway,
    ):
        place = Place(url, server, gateway.process.pid)
        when = When.NEVER if kind.is_brief else when
        seen = trials.tried(gateway, slow, lambda: kind.begin(place), doors=doors, commands=kind.commands, when=when)
    return Trial(kind, seen)


@contextmanager
def _database(kind: Kind, home: Path) -> Iterator[tuple[str, OwnServer | None]]:
    if kind.disk is None:
        with postgresql() as databases:
            yield databases.new(), OwnServer(databases.server)
        return
    with kind.disk(home) as folder:
        url = f"sqlite:///{folder / 'gateway.db'}"
        upgrade(url)
        yield url, None


def check_door(trial: Trial, door: str) -> None:
    """Each call was done, or told of the outage, and one of those that had to fail was; afterwards all are served."""
    told = trial.seen.told(door)
    fails = trial.kind.fails_reads or door not in READING
    if fails and not trial.kind.is_brief:
        assert not told[-1].is_done, told
    if not fails and not (trial.kind.may_be_unfollowed and door in PATIENT):
        assert all(each.is_done for each in told), told
    assert trial.seen.back_s[door] >= 0


def check_log(trial: Trial) -> None:
    """One line when an outage of a part begins, one when it ends, nothing else that is amiss, and no trace."""
    assert [line for line in trial.seen.log if {"exception", "exc_info"} & line.keys()] == []
    lines = [line for line in trial.seen.log if line["level"] != "info" and line["event"] != NO_STRIPE]
    told = Counter((line["event"], line.get("part")) for line in lines)
    parts = {part for event, part in told if event in (BEGAN, ENDED)}
    times = Counter(dict.fromkeys(parts, 1))
    if "changes" in parts:  # that are followed again at once, until who ends the outage breaks all lines off once more
        times["changes"] = min(told[BEGAN, "changes"], 2)
    expected = {(event, part): times[part] for part in parts for event in (BEGAN, ENDED)}
    if trial.kind.begin is hanging:
        expected |= {(event, None): 1 for event in HUNG}
    assert told == expected, lines
    assert trial.kind.is_brief or trial.kind.begin is hanging or "writes" in parts, lines
    assert trial.kind.is_brief or not trial.kind.fails_reads or "reads" in parts, lines


def check_commands(trial: Trial) -> None:
    """One line that says why, exit code 2, and nothing that a program would take for a result."""
    for name, said in trial.seen.said.items():
        assert (said.code, said.out) == (2, ""), (name, said)
        [line] = said.err.splitlines()
        assert line.startswith("The database cannot be used: "), (name, said)
    assert trial.seen.said.keys() == (trial.kind.commands or {}).keys()


def _family(pid: int) -> list[int]:
    """A process and all that it started, and they did."""
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [pid, *(each for child in found.stdout.split() for each in _family(int(child)))]
