"""One turn of the writer: load what a batch touches, decide each command, save and commit once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain, islice
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, OperationalError

from db import feed
from db.errors import is_locked_out, is_lost_connection, is_lost_race
from db.saves import saves_of
from db.writer import Writer, open_writer
from gateway.services.changes.commits import Commit, commit_of, note_of
from gateway.services.core.commands.every import Command
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.rules.events import announced
from gateway.services.writing import loading, saving

log = structlog.get_logger(__name__)

MOST_RUNS = 5
"""How often a turn that lost a race is run before it is split. Each run sees the other writer's commit, so it fails
again only because of yet another commit, or of a row that no run gets past."""

Result = Outcome | Exception

Group = Sequence[Command]
"""Commands that are committed together, unless one of them cannot be committed at all."""


class Turn:
    """Runs batches on one connection that it keeps. Not thread-safe: it belongs to the writer's thread.

    Args:
        subscribers: where events are sent, by jobs of the same commit.
    """

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        subscribers: Sequence[EventSubscriber] = (),
    ) -> None:
        self._engine = engine
        self._saves = saves_of(engine.dialect)
        self._clock = clock
        self._new_id = new_id
        self._subscribers = subscribers
        self._writer: Writer | None = None
        self.count = 0
        self.commits: list[Commit] = []
        """What was committed, until the writer takes it from here."""
        self.waiting: list[Job] = []
        """Jobs that were committed and wait for a runner; likewise."""

    def run(self, groups: Sequence[Group]) -> list[list[Result]]:
        """Each command's outcome, or its exception, in the order of the groups; what was decided is committed.

        A batch that fails as a whole is run in halves, until only the command that made it fail fails. A group is split
        only where it fails by itself.
        """
        try:
            results = iter(self._run_until_won([*chain.from_iterable(groups)]))
            return [list(islice(results, len(group))) for group in groups]
        except Exception as error:  # noqa: BLE001  whatever it is, it must reach the caller it belongs to
            self.close()
            if len(groups) > 1:
                log.warning("turn split", groups=len(groups), error=type(error).__name__)
                middle = len(groups) // 2
                return self.run(groups[:middle]) + self.run(groups[middle:])
            [group] = groups
            return [[error] if len(group) == 1 else self._run_parted(group, error)]

    def close(self) -> None:
        """Close the connection; the next turn opens another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def _run_parted(self, group: Group, error: Exception) -> list[Result]:
        """The results of a group that cannot be committed together."""
        log.warning("group split", commands=len(group), error=type(error).__name__)
        middle = len(group) // 2
        halves = (self.run([half]) for half in (group[:middle], group[middle:]))
        return [result for [results] in halves for result in results]

    def _run_until_won(self, commands: Sequence[Command]) -> list[Result]:
        for run in range(1, MOST_RUNS):
            try:
                return self._run_once(commands)
            except DBAPIError as error:
                self.close()
                if is_locked_out(error):
                    return [Busy() for _ in commands]
                # After a lost connection nobody knows whether the commit happened. Running again is right either
                # way: commands carry the ids of their rows, and find them if they were written.
                if not (is_lost_race(error) or is_lost_connection(error)):
                    raise
                log.info("turn run again", run=run, error=type(error.orig).__name__)
        return self._run_once(commands)

    def _run_once(self, commands: Sequence[Command]) -> list[Result]:
        self.count += 1
        writer = self._connect()
        if writer is None:
            return [Busy() for _ in commands]
        writer.begin()
        state = loading.load(writer, commands)
        results = decide_all(commands, state, Moment(self._clock(), self._new_id), self._subscribers)
        if state.journal:
            self._commit(writer, state)
        else:
            writer.rollback()  # nothing to make durable
        return results

    def _commit(self, writer: Writer, state: State) -> None:
        changes = Changes.all_of(state.journal)
        state.journal = [changes]  # so that whoever saves need not sum it up again
        saving.save(writer, self._saves, state)
        commit = commit_of(changes, self._new_id())
        if commit is not None:
            feed.leave(writer, note_of(commit))
        writer.commit()
        if commit is not None:
            self.commits.append(commit)
        self.waiting += [job for job in changes.jobs if job.is_waiting]

    def _connect(self) -> Writer | None:
        """The kept connection, or a new one; None where the database cannot be reached."""
        if self._writer is None:
            try:
                self._writer = open_writer(self._engine)
            except OperationalError as error:
                log.warning("database unreachable", error=type(error.orig).__name__)
        return self._writer


def decide_all(
    commands: Sequence[Command], state: State, moment: Moment, subscribers: Sequence[EventSubscriber] = ()
) -> list[Result]:
    """The result of each command of a turn, in the order given; the decisions are applied to the state."""
    results: dict[int, Result] = {}
    for index in sorted(range(len(commands)), key=lambda index: commands[index].precedence):
        try:
            decision = commands[index].decide(state, moment)
        except Exception as error:  # noqa: BLE001  a command that raises fails alone
            results[index] = error
            continue
        results[index] = decision.outcome
        for step in decision.steps:
            if step != NOTHING:
                state.apply(step + announced(step, state, subscribers, moment))
    return [results[index] for index in range(len(commands))]
