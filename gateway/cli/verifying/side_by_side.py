"""Several tables looked at at once, each on a connection of its own: no check compares what two tables' looks found."""

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event, Thread

from sqlalchemy import Connection, Engine

from gateway.services.verification.looking import row_counts
from gateway.services.verification.looking import verify as look
from gateway.services.verification.model import SCHEMA, Step

MOST_AT_ONCE = 2
"""Cores that it takes from whoever serves beside it."""


def steps(engine: Engine) -> Generator[Step, None, None]:
    """As `looking.verify` gives them, of all tables. An error of any of the looks ends all of them."""
    with engine.connect() as connection:
        counts = row_counts(connection)
    largest_first = sorted(counts, key=lambda name: -counts[name])
    looks = _Looks(engine, [SCHEMA, *largest_first])
    threads = [Thread(target=looks.run, daemon=True) for _ in range(min(MOST_AT_ONCE, os.cpu_count() or 1))]
    for thread in threads:
        thread.start()
    done, of = dict.fromkeys(counts, 0), sum(counts.values())
    try:
        for name, step in looks.heard(len(threads)):
            done[name] = step.done
            yield Step(min(sum(done.values()), of), of, step.findings)
    finally:
        looks.stopped.set()
        for thread in threads:
            thread.join()


Heard = tuple[str, Step] | BaseException | None
"""A table's step; what a look failed by; or that one of them has nothing more to do."""


@dataclass(slots=True)
class _Looks:
    """What is left to look at, and what was found."""

    engine: Engine
    names: list[str]
    stopped: Event = field(default_factory=Event)
    _said: "SimpleQueue[Heard]" = field(default_factory=SimpleQueue)

    def run(self) -> None:
        """Look at one table after the other, until there is none."""
        try:
            with self.engine.connect() as connection:
                while self.names and not self.stopped.is_set():
                    self._look_at(self.names.pop(0), connection)
            self._said.put(None)
        except BaseException as error:  # noqa: BLE001  it is raised where the steps are taken
            self._said.put(error)

    def heard(self, looks: int) -> Iterator[tuple[str, Step]]:
        """All steps, until so many looks have ended."""
        while looks:
            match self._said.get():
                case None:
                    looks -= 1
                case BaseException() as error:
                    raise error
                case (name, step):
                    yield name, step

    def _look_at(self, name: str, connection: Connection) -> None:
        for step in look(connection, _clock(connection), {name}):
            self._said.put((name, step))
            if self.stopped.is_set():
                return


def _clock(connection: Connection) -> Callable[[], datetime]:
    """The time; what is read after it was asked is of a new moment. So no old state is held for long: of SQLite, all
    that is written meanwhile would stay in its log, and of PostgreSQL no row could be cleared away."""

    def now() -> datetime:
        connection.rollback()
        return datetime.now(UTC)

    return now
