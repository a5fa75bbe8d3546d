"""Several looks at once that share the pages, each on a connection of its own: no check compares two pages."""

import os
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import SimpleQueue
from threading import Event, Thread

from sqlalchemy import Connection, Engine

from gateway.services.verification.looking import Look
from gateway.services.verification.model import Step
from gateway.services.verification.work import Work

MOST_AT_ONCE = 2
"""Cores that it takes from whoever serves beside it."""


def steps(engine: Engine) -> Generator[Step, None, None]:
    """As `work.verify` gives them. An error of any of the looks ends all of them."""
    with engine.connect() as connection:
        looks = _Looks(engine, Work(connection))
    threads = [Thread(target=looks.run, daemon=True) for _ in range(min(MOST_AT_ONCE, os.cpu_count() or 1))]
    for thread in threads:
        thread.start()
    try:
        yield from looks.heard(len(threads))
    finally:
        looks.stopped.set()
        for thread in threads:
            thread.join()


Heard = Step | BaseException | None
"""A step; what a look failed by; or that one of them has nothing more to do."""


@dataclass(slots=True)
class _Looks:
    """What is left to look at, and what was found."""

    engine: Engine
    work: Work
    stopped: Event = field(default_factory=Event)
    _said: "SimpleQueue[Heard]" = field(default_factory=SimpleQueue)

    def run(self) -> None:
        """Look at one page after the other, until there is none."""
        try:
            with self.engine.connect() as connection:
                look = Look(connection, _clock(connection))
                while not self.stopped.is_set() and (step := self.work.go_on(look)) is not None:
                    self._said.put(step)
            self._said.put(None)
        except BaseException as error:  # noqa: BLE001  it is raised where the steps are taken
            self._said.put(error)

    def heard(self, looks: int) -> Iterator[Step]:
        """All steps, until so many looks have ended."""
        while looks:
            match self._said.get():
                case None:
                    looks -= 1
                case BaseException() as error:
                    raise error
                case step:
                    yield step


def _clock(connection: Connection) -> Callable[[], datetime]:
    """The time; what is read after it was asked is of a new moment. So no old state is held for long: of SQLite, all
    that is written meanwhile would stay in its log, and of PostgreSQL no row could be cleared away."""

    def now() -> datetime:
        connection.rollback()
        return datetime.now(UTC)

    return now
