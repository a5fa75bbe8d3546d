"""The one writer of a process: it gathers the commands that wait, and decides and commits them together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import Engine

from gateway.services.changes.commits import Commit
from gateway.services.core.commands.every import Command
from gateway.services.core.frozen import quick
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.writing.thread import OwnThread, for_a_future
from gateway.services.writing.turn import Group, Result, Turn

log = structlog.get_logger(__name__)

MOST_PASSED_OVER = 8
"""Turns of callers that go before the background while it waits: it gets one in so many, however busy the writer is."""

MOST_OF_BACKGROUND = 64
"""Commands in one of its turns, a page of a sweep: it bounds how long a caller waits for them."""


class WriterStopped(Exception):
    """The writer ended while this command waited; the command may or may not have been done."""


@quick
@dataclass(frozen=True, slots=True)
class _Waiting:
    """Commands that are to be decided in one turn, and the future of their outcomes."""

    group: Group
    done: asyncio.Future[list[Outcome]]


class GroupCommit:
    """Commands in, outcomes out, each outcome only after its commit is on disk.

    While one turn commits, new commands wait for the next: there is no timer, so a single command never waits for
    others. Only this class knows that the writer runs in a thread of this process.

    Args:
        most_waiting: once so many commands wait, `submit` answers Busy; it bounds memory and waiting time.
        most_in_turn: commands in one commit; it bounds how long the first of them waits for the last. Commands that
            were submitted together stay together, so a larger group makes a turn of its own.
        subscribers: where events are sent, by jobs of the same commit.
        on_commit: called after each commit that changed a payment or a purchase, before its callers are answered.
        on_jobs: called, likewise, with jobs that were committed and wait for a runner.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        most_waiting: int = 4096,
        most_in_turn: int = 512,
        subscribers: Sequence[EventSubscriber] = (),
        on_commit: Callable[[Commit], None] | None = None,
        on_jobs: Callable[[Sequence[Job]], None] | None = None,
    ) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._on_jobs = on_jobs
        self._turn = Turn(engine, clock, new_id, subscribers)
        self._most_waiting = most_waiting
        self._most_in_turn = most_in_turn
        self._waiting: deque[_Waiting] = deque()
        self._background: deque[_Waiting] = deque()
        """Groups of which nobody waits for an outcome, see `BaseCommand.is_background`."""
        self._passed_over = 0
        """How many turns the background has waited for."""
        self._commands_waiting = 0
        self._arrived = asyncio.Event()
        self._is_closing = False
        # The connection belongs to this thread: a turn crosses over once and not once a statement.
        self._thread = OwnThread("writer")
        self._task: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def turns(self) -> int:
        """How many turns were begun; fewer than commands, as commands share them."""
        return self._turn.count

    def start(self) -> None:
        self._task = asyncio.create_task(self._write(), name="writer")

    async def submit(self, command: Command) -> Outcome:
        """Have the command decided and committed.

        A caller that is cancelled while waiting gets no outcome, but its command is done all the same.

        Raises:
            WriterStopped: the writer died; nobody knows whether the command was done.
            Exception: the command's own; nothing of it was written.
        """
        [outcome] = await self.put((command,))
        return outcome

    async def submit_all(self, commands: Sequence[Command]) -> list[Outcome]:
        """Have commands decided in one turn, in the order given, and committed together.

        They share one commit, unless the database refuses one of them: then the others are committed without it.

        Raises:
            WriterStopped: the writer died; nobody knows whether the commands were done.
            Exception: that of the first command that raised; nothing of that one was written.
        """
        return await self.put(commands)

    def put(self, commands: Sequence[Command]) -> asyncio.Future[list[Outcome]]:
        """The same for those who need not wait: what comes of the commands, once it has."""
        done: asyncio.Future[list[Outcome]] = asyncio.get_running_loop().create_future()
        is_full = self._commands_waiting >= self._most_waiting
        if not commands or self._is_closing or not self.is_alive or is_full:
            done.set_result([Busy() for _ in commands])
            return done
        is_background = all(command.is_background for command in commands)
        (self._background if is_background else self._waiting).append(_Waiting(commands, done))
        self._commands_waiting += len(commands)
        self._arrived.set()
        return done

    async def close(self) -> None:
        """Take no more commands, finish those that wait, and stop the writer."""
        self._is_closing = True
        self._arrived.set()
        if self._task is not None:
            # However the writer ended, its connection and its thread are released.
            await asyncio.gather(self._task, return_exceptions=True)
        await self._thread.call(self._turn.close)
        self._thread.close()
        self._engine.dispose()

    async def _write(self) -> None:
        batch: list[_Waiting] = []
        try:
            while self._has_work or not self._is_closing:
                await self._arrived.wait()
                batch = self._next_batch()
                if not self._has_work and not self._is_closing:
                    self._arrived.clear()
                if batch:
                    await self._serve(batch)
        except Exception:
            log.exception("writer died")
            raise
        finally:
            for each in (*batch, *self._waiting, *self._background):
                if not each.done.done():
                    each.done.set_exception(WriterStopped())
            self._waiting.clear()
            self._background.clear()

    @property
    def _has_work(self) -> bool:
        return bool(self._waiting or self._background)

    def _next_batch(self) -> list[_Waiting]:
        """The groups that have waited longest: as many as fit into one turn, and at least one.

        The background has turns of its own, while no caller waits or once it was passed over often: so a caller waits
        for one of them at most."""
        if self._background and (not self._waiting or self._passed_over >= MOST_PASSED_OVER):
            self._passed_over = 0
            return self._taken_from(self._background, MOST_OF_BACKGROUND)
        self._passed_over += bool(self._background)
        return self._taken_from(self._waiting, self._most_in_turn)

    def _taken_from(self, waiting: deque[_Waiting], most: int) -> list[_Waiting]:
        batch: list[_Waiting] = []
        room = most
        while waiting and (not batch or len(waiting[0].group) <= room):
            batch.append(waiting.popleft())
            room -= len(batch[-1].group)
        self._commands_waiting -= most - room
        return batch

    async def _serve(self, batch: Sequence[_Waiting]) -> None:
        results = await self._thread.call(partial(self._turn.run, [each.group for each in batch]))
        self._report()
        for each, of_group in zip(batch, results, strict=True):
            if not each.done.cancelled():  # for a caller that hung up, the command was done all the same
                _answer(each.done, of_group)

    def _report(self) -> None:
        commits, self._turn.commits = self._turn.commits, []
        for commit in commits:
            if self._on_commit is not None:
                self._on_commit(commit)
        waiting, self._turn.waiting = self._turn.waiting, []
        if waiting and self._on_jobs is not None:
            self._on_jobs(waiting)


def _answer(done: asyncio.Future[list[Outcome]], results: Sequence[Result]) -> None:
    outcomes: list[Outcome] = []
    for result in results:
        if isinstance(result, Exception):
            done.set_exception(for_a_future(result))
            return
        outcomes.append(result)
    done.set_result(outcomes)
