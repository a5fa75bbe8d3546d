"""The one writer of a process: it gathers the commands that wait, and decides and commits them together."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from uuid import UUID

import structlog
from sqlalchemy import Engine

from gateway.services import ends, tracing
from gateway.services.background import BackgroundTask
from gateway.services.changes.commits import Commit
from gateway.services.core.commands.every import Command
from gateway.services.core.model.events import EventSubscriber
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.measures import recording
from gateway.services.measures.catalogue import Measures
from gateway.services.writing.answering import answer, are_in_doubt, ended
from gateway.services.writing.locked import LockedOut, Waiting
from gateway.services.writing.proof import Proof
from gateway.services.writing.standing import Standing
from gateway.services.writing.thread import OwnThread
from gateway.services.writing.turn import Turn
from gateway.services.writing.waiting import WaitingGroups
from gateway.services.writing.watch import TurnWatch

log = structlog.get_logger(__name__)

LOOK_S = 0.5
"""Between two looks at an embedded database's file while nothing is written."""


class WriterStopped(Exception):
    """The writer ended while this command waited; the command may or may not have been done."""


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
        on_standing: called with whether the database takes what is written, each time that this changes.
        watches_file: whether an embedded database is opened at once, and its file looked after from then on.
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
        on_standing: Callable[[bool], None] | None = None,
        watches_file: bool = False,
    ) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._on_jobs = on_jobs
        self._turn = Turn(engine, clock, new_id, subscribers)
        self._most_waiting = most_waiting
        self._waiting = WaitingGroups(most_in_turn)
        self._under_way: list[Waiting] = []
        self._in_doubt: set[asyncio.Future[list[Outcome]]] = set()
        """Of groups that wait for a lock, and may be done in part or whole."""
        self._watch = TurnWatch(self._tell_busy)
        self._is_closing = False
        # The connection belongs to this thread: a turn crosses over once and not once a statement.
        self._thread = OwnThread("writer")
        self._writing = BackgroundTask("writer", self._write, self._report_standing)
        self._looking = BackgroundTask("writer's watch", self._look, self._report_standing) if watches_file else None
        self._standing = Standing(self._turn.outages, self._try_to_write, self._is_well, on_standing)
        self._proof = Proof(self._prove)

    @property
    def is_alive(self) -> bool:
        """Whether commands can be committed now."""
        return self._writing.is_running and self._standing.is_writing

    @property
    def trouble(self) -> str | None:
        """Why nothing can be written now, in words of ours; None where it can, or nobody knows why."""
        return self._turn.outages.what

    async def look(self) -> bool:
        """The same, by a commit that was made just now: where there was none, that is tried."""
        if self._writing.is_running:
            await self._standing.look(self._waiting.arrived)
        if self.is_alive:
            await self._proof.renew()
        return self.is_alive

    @property
    def held_up_s(self) -> float:
        """How long the turn that is under way has taken."""
        return self._watch.held_up_s

    @property
    def turns(self) -> int:
        """How many turns were begun; fewer than commands, as commands share them."""
        return self._turn.count

    def start(self) -> None:
        if (measures := recording.measures) is not None:
            measures.asked.append(partial(self._measure_now, measures))
        self._writing.start()
        if self._looking is not None:
            self._looking.start()

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
        is_full = self._waiting.commands >= self._most_waiting
        if not commands or self._is_closing or not self._writing.is_running or self._watch.hangs or is_full:
            done.set_result(self._busy(commands))
        elif not self._waiting.put(waiting := Waiting(commands, done, _now_if_measured())):
            self._refuse([waiting])
        return done

    async def close(self) -> None:
        """Take no more commands, finish those that wait, and stop the writer. Those who wait for a lock, and all who
        wait for a turn that hangs, are told that it is busy."""
        self._is_closing = True
        self._waiting.arrived.set()
        self._proof.give_up()
        if self._looking is not None:
            self._looking.cancel()
        self._refuse(each for each in self._waiting.locked.give_up() if each not in self._under_way)
        if not self._writing.is_running:
            self._writing.cancel()  # it was not begun, or waits to begin again
        elif not await ended(self._writing.task, ends.TURN_S):
            log.error("writer left behind: its turn hangs", turn_s=round(self.held_up_s))
            self._tell_busy()
            self._writing.cancel()
            return
        # However the writer ended, its connection and its thread are released.
        if await ended(self._thread.call(self._turn.end), ends.RELEASE_S):
            self._thread.close()
            self._engine.dispose()

    async def _write(self) -> None:
        batch: list[Waiting] = []
        try:
            while self._waiting or not self._is_closing:
                await self._standing.arrived(self._waiting.arrived)
                batch = self._waiting.next_batch()
                if not self._waiting and not self._is_closing:
                    self._waiting.arrived.clear()
                if batch:
                    await self._serve(batch)
        finally:
            for each in (*batch, *self._waiting.give_up()):
                if not each.done.done():
                    each.done.set_exception(WriterStopped())
            self._standing.report()

    async def _try_to_write(self) -> None:
        with self._watch.turn():
            await self._thread.call(self._turn.try_to_write)

    async def _prove(self) -> None:
        try:
            await self._thread.call(self._turn.try_to_write)
        except Exception as error:  # noqa: BLE001  whatever it is, whoever asks hears that nothing is proven
            self._turn.outages.note_unexpected("whether anything can be written cannot be found out", error)
        self._standing.report()
        if self._turn.outages.is_on:
            self._waiting.arrived.set()  # from now on its end is looked for

    async def _look(self) -> None:
        while True:
            await self._thread.call(self._turn.look)
            await asyncio.sleep(LOOK_S)

    def _is_well(self) -> bool:
        return self._writing.is_well and (self._looking is None or self._looking.is_well)

    def _report_standing(self) -> None:
        self._standing.report()

    async def _serve(self, batch: list[Waiting]) -> None:
        self._under_way = batch
        try:
            with self._watch.turn(), tracing.root("turn", gateway__groups=len(batch)):
                groups = [each.group for each in batch]
                began = _now_if_measured()
                results = await self._thread.call(partial(self._turn.run, groups, is_again=self._waiting.is_again))
        finally:
            self._under_way = []
        self._measure(batch, began)
        self._report()
        for each, of_group in zip(batch, results, strict=True):
            is_locked_out = any(isinstance(result, LockedOut) for result in of_group)
            if is_locked_out and are_in_doubt(of_group):
                self._in_doubt.add(each.done)
                each.done.add_done_callback(self._in_doubt.discard)
            was_told = each.done.done() and not each.done.cancelled()
            if is_locked_out and not (self._is_closing or was_told) and self._waiting.put_aside(each):
                continue
            self._waiting.locked.forget(each)
            if is_locked_out:
                self._refuse([each])
            elif not each.done.done():  # for a caller that hung up, the command was done all the same
                answer(each.done, of_group)

    def _tell_busy(self) -> None:
        """The turn that is under way hangs."""
        self._refuse(self._under_way, may_be_done=True)
        self._refuse(self._waiting.give_up())

    def _refuse(self, waiting: Iterable[Waiting], *, may_be_done: bool = False) -> None:
        for each in waiting:
            if not each.done.done():
                busy = Busy(may_be_done=may_be_done or each.done in self._in_doubt)
                each.done.set_result([busy] * len(each.group))
                self._busy(each.group)

    def _busy(self, commands: Sequence[Command]) -> list[Outcome]:
        if (measures := recording.measures) is not None and commands:
            measures.busy.add(by=len(commands))
        return [Busy() for _ in commands]

    def _measure(self, batch: Sequence[Waiting], began: float) -> None:
        if (measures := recording.measures) is None:
            return
        measures.turn_s.observe(asyncio.get_running_loop().time() - began)
        measures.turn_commands.observe(sum(len(each.group) for each in batch))
        for each in batch:
            measures.wait_s.observe(began - each.since)

    def _measure_now(self, measures: Measures) -> None:
        measures.queue.set(self._waiting.commands)
        measures.writable.set(self.is_alive)

    def _report(self) -> None:
        self._standing.report()
        commits, self._turn.commits = self._turn.commits, []
        if commits:
            self._proof.note()
        for commit in commits:
            if self._on_commit is not None:
                self._on_commit(commit)
        waiting, self._turn.waiting = self._turn.waiting, []
        if waiting and self._on_jobs is not None:
            self._on_jobs(waiting)


def _now_if_measured() -> float:
    return 0.0 if recording.measures is None else asyncio.get_running_loop().time()
