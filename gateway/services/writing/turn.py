"""One turn of the writer: load what a batch touches, decide each command, save and commit once."""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import chain, islice
from time import monotonic
from uuid import UUID

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from db import feed
from db.errors import is_locked_out, is_lost_connection, is_lost_race, lost_file
from db.files import FileLost
from db.outages import Outage, in_a_line, may_be_committed, outage_of
from db.saves import saves_of
from db.writer import LOCK_WAIT_MS, Writer, guard_of, open_writer
from gateway.services.changes.commits import Commit, commit_of, note_of
from gateway.services.core.commands.every import Command
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Busy
from gateway.services.core.model.state import Changes, Moment, State
from gateway.services.outages import Damaged, Outages
from gateway.services.writing import bounds, loading, saving
from gateway.services.writing.deciding import Result, decide_all
from gateway.services.writing.locked import Group, LockedOut

log = structlog.get_logger(__name__)

MOST_RUNS = 5
"""How often a turn that lost a race is run before it is split. Each run sees the other writer's commit, so it fails
again only because of yet another commit, or of a row that no run gets past."""

DOWN = {
    "writer": "down until the file is put back",
    "to_do": "put the file back as it was; or stop every gateway, run `gateway restore BACKUP`, and start again",
}
LOST = {"last_commit": "is in the lost file alone, and gone with it; nobody was told that it was done", **DOWN}
"""What an operator is told of a lost file, if something was committed to it last or not."""
LOG_LOST = {
    "writer": "down until all who have the database open have let go of the lost file",
    "to_do": "nothing at once, it is copied from and made anew; find out who deletes files of a database in use",
}
"""The same of a log, or its index."""

NEXT_LOCK_WAIT_MS = 5
"""How long is waited for a lock while it is found out who needs it: it is there for longer, or is met no more."""

FIND_LOCKED_S = 0.5
"""How long a turn looks for those who need it. Those whom it has not come to wait with them, and are tried again."""


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
        self._has_row_locks = engine.dialect.name == "postgresql"
        self._writer: Writer | None = None
        self._lost: int | None = None
        """The backend of a connection that was lost: its transaction may live on, and hold its locks."""
        self._guard = guard_of(engine)
        self._down_for: str | None = None
        """Why the file is not written, as the log has it already."""
        self._lock_wait_ms = LOCK_WAIT_MS
        self._began = 0.0
        self._may_be_committed = False
        """Whether a COMMIT of what is run now got no answer that says no."""
        self.outages = Outages("writes")
        self.count = 0
        self.commits: list[Commit] = []
        """What was committed, until the writer takes it from here."""
        self.waiting: list[Job] = []
        """Jobs that were committed and wait for a runner; likewise."""

    def run(self, groups: Sequence[Group], *, is_again: bool = False) -> list[list[Result]]:
        """Each command's outcome, or its exception, in the order of the groups; what was decided is committed.

        A batch that fails as a whole is run in halves, until only the command that made it fail fails. A group is split
        only where it fails by itself. So it is with a row that somebody else holds locked: the groups that need it,
        found within a time, are `LockedOut`, and nobody else is. Where the database cannot be used, which no half could
        change, all are Busy.

        Args:
            is_again: whether the groups were locked out before, so that no lock is waited for.
        """
        self._began, self._may_be_committed = monotonic(), False
        self._lock_wait_ms = NEXT_LOCK_WAIT_MS if is_again else LOCK_WAIT_MS
        return self._run(groups)

    def _run(self, groups: Sequence[Group]) -> list[list[Result]]:
        try:
            results = iter(self._run_until_won([*chain.from_iterable(groups)]))
            return [list(islice(results, len(group))) for group in groups]
        except LockedOut:
            return self._run_around_locked(groups)
        except Exception as error:  # noqa: BLE001  whatever it is, it must reach the caller it belongs to
            self.close()
            if len(groups) > 1:
                if not isinstance(error, Damaged):  # which was told as an outage, once
                    log.warning("turn split", groups=len(groups), error=type(error).__name__)
                middle = len(groups) // 2
                return self._run(groups[:middle]) + self._run(groups[middle:])
            [group] = groups
            return [[error] if len(group) == 1 else self._run_parted(group, error)]

    def look(self) -> None:
        """Let go of an embedded database that is no longer at its path, also while there is no turn, and open the one
        that was put back: others wait for both."""
        if self._guard is None:
            return
        try:
            self._connect().look()
        except DBAPIError as error:
            self.close()
            if lost := lost_file(error):
                self._say_lost(lost)

    def try_to_write(self) -> None:
        """See whether anything can be written, in an outage whether it is over: by a commit that changes nothing."""
        was_connected = self._writer is not None
        try:
            writer = self._connect()
            writer.begin()
            feed.leave_nothing(writer)
            self._make_durable(writer)
        except DBAPIError as error:
            is_connected = self._writer is not None
            self.close()
            if lost := lost_file(error):
                self._say_lost(lost)
            elif was_connected and is_lost_connection(error):
                self.try_to_write()  # by a new one
            elif outage := outage_of(error) or (
                Outage.OUT_OF_REACH if self.outages.is_on or not is_connected else None
            ):
                self.outages.note(outage.value, in_a_line(error), 0)

    def close(self) -> None:
        """Close the connection; the next turn opens another."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def end(self) -> None:
        """Close it for good."""
        self.close()
        if self._guard is not None:
            self._guard.end()

    def _run_around_locked(self, groups: Sequence[Group]) -> list[list[Result]]:
        if len(groups) == 1 or monotonic() - self._began > FIND_LOCKED_S:
            return [[LockedOut(may_be_done=self._may_be_committed) for _ in group] for group in groups]
        self._lock_wait_ms = NEXT_LOCK_WAIT_MS
        middle = len(groups) // 2
        return self._run(groups[:middle]) + self._run(groups[middle:])

    def _run_parted(self, group: Group, error: Exception) -> list[Result]:
        """The results of a group that cannot be committed together."""
        if not isinstance(error, Damaged):
            log.warning("group split", commands=len(group), error=type(error).__name__)
        middle = len(group) // 2
        halves = (self._run([half]) for half in (group[:middle], group[middle:]))
        return [result for [results] in halves for result in results]

    def _run_until_won(self, commands: Sequence[Command]) -> list[Result]:
        """Raises: LockedOut, Damaged; or what no other run would change."""
        for run in range(1, MOST_RUNS + 1):
            try:
                return self._run_once(commands)
            except DBAPIError as error:
                if is_locked_out(error) and self._has_row_locks:
                    self._undo()
                    raise LockedOut from error
                was_connected, is_lost = self._writer is not None, is_lost_connection(error)
                if self._writer is not None and is_lost:
                    self._lost = self._writer.backend  # until a connection comes that can end it
                self.close()
                if lost := lost_file(error):
                    self._say_lost(lost)
                    return [Busy(may_be_done=lost.has_committed or self._may_be_committed) for _ in commands]
                # After a lost connection nobody knows whether the commit happened. Running again is right either
                # way: commands carry the ids of their rows, and find them if they were written.
                is_to_be_run_again = is_lost_race(error) or (was_connected and is_lost)
                is_in_time = monotonic() - self._began <= bounds.AGAIN_S
                if is_to_be_run_again and is_in_time and run < MOST_RUNS:
                    log.info("turn run again", run=run, error=type(error.orig).__name__)
                    continue
                if not self._is_outage(error, len(commands), was_connected=was_connected):
                    if is_in_time:
                        raise
                    log.exception("turn given up: there is no time to run it again")
                break
        return [Busy(may_be_done=self._may_be_committed) for _ in commands]

    def _is_outage(self, error: DBAPIError, commands: int, *, was_connected: bool) -> bool:
        """Whether the database cannot be used, which is noted. Raises: Damaged."""
        outage = outage_of(error) or (None if was_connected else Outage.OUT_OF_REACH)
        if outage is None:
            return False
        self.outages.note(outage.value, in_a_line(error), commands)
        if outage is Outage.DAMAGED:
            raise Damaged(in_a_line(error)) from error
        return True

    def _run_once(self, commands: Sequence[Command]) -> list[Result]:
        self.count += 1
        writer = self._connect()
        writer.begin()
        if self._lost is not None:
            writer.end(self._lost)
            self._lost = None
        if self._lock_wait_ms != LOCK_WAIT_MS:
            writer.wait_for_locks(self._lock_wait_ms)
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
        commit = commit_of(changes, self._new_id(), state.quiet)
        if commit is not None:
            feed.leave(writer, note_of(commit))
        self._make_durable(writer)
        if commit is not None:
            self.commits.append(commit)
        self.waiting += [job for job in changes.jobs if job.is_waiting]

    def _make_durable(self, writer: Writer) -> None:
        try:
            writer.commit()
        except DBAPIError as error:
            self._may_be_committed = self._may_be_committed or may_be_committed(error)
            raise
        if self.outages.is_on:
            self.outages.succeed()

    def _undo(self) -> None:
        """Give the transaction up, and keep the connection where that goes."""
        try:
            if self._writer is not None:
                self._writer.rollback()
        except DBAPIError:
            self.close()

    def _connect(self) -> Writer:
        """The kept connection, or a new one. Raises: DBAPIError, where the database cannot be reached."""
        if self._writer is None:
            self._writer = open_writer(self._engine, self._guard)
            self._say_found()
        return self._writer

    def _say_lost(self, lost: FileLost) -> None:
        if lost.reason != self._down_for:
            what = LOG_LOST if lost.is_of_log else LOST if lost.has_committed else DOWN
            log.error("database file lost", reason=lost.reason, **what)
            self._down_for = lost.reason

    def _say_found(self) -> None:
        if self._down_for is not None:
            log.warning("database file found again: writing goes on", lost=self._down_for)
            self._down_for = None
