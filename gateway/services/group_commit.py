"""The one writer of a process: it gathers the commands that wait, and decides and commits them together."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import Engine

from gateway.services.core.announcing import Listener
from gateway.services.core.commands import Command
from gateway.services.core.outcomes import Busy, Outcome
from gateway.services.feed import Commit
from gateway.services.turn import Turn

log = structlog.get_logger(__name__)


class WriterStopped(Exception):
    """The writer ended while this command waited; the command may or may not have been done."""


class GroupCommit:
    """Commands in, outcomes out, each outcome only after its commit is on disk.

    While one turn commits, what arrives waits for the next: there is no timer, so a lone command waits for nobody.
    Only `submit` knows that the writer lives in a thread of this process.

    Args:
        most_waiting: beyond so many waiting commands `submit` answers Busy; it bounds memory and waiting time.
        most_in_turn: commands in one commit; it bounds how long the first of them waits for the last.
        listeners: who is told of what was decided.
        on_commit: called after each commit that changed a payment or a purchase, before its callers are answered.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        most_waiting: int = 4096,
        most_in_turn: int = 512,
        listeners: Sequence[Listener] = (),
        on_commit: Callable[[Commit], None] | None = None,
    ) -> None:
        self._engine = engine
        self._on_commit = on_commit
        self._turn = Turn(engine, clock, new_id, listeners)
        self._most_waiting = most_waiting
        self._most_in_turn = most_in_turn
        self._waiting: deque[tuple[Command, asyncio.Future[Outcome]]] = deque()
        self._arrived = asyncio.Event()
        self._is_closing = False
        # The connection belongs to this thread: a turn crosses over once and not once a statement.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="writer")
        self._task: asyncio.Task[None] | None = None

    @property
    def is_alive(self) -> bool:
        return self._task is not None and not self._task.done()

    @property
    def turns(self) -> int:
        """How many turns were begun; fewer than commands where commands shared one."""
        return self._turn.count

    def start(self) -> None:
        self._task = asyncio.create_task(self._write(), name="writer")

    async def submit(self, command: Command) -> Outcome:
        """Have the command decided and committed.

        A caller that is cancelled while waiting gets no outcome, but its command is done all the same.

        Raises:
            WriterStopped: the writer died; nobody knows whether the command was done.
            Exception: what the command itself raised; nothing of it was written.
        """
        if self._is_closing or not self.is_alive or len(self._waiting) >= self._most_waiting:
            return Busy()
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append((command, done))
        self._arrived.set()
        return await done

    async def close(self) -> None:
        """Finish what waits, take nothing new, and end the writer."""
        self._is_closing = True
        self._arrived.set()
        if self._task is not None:
            # However the writer ended, its connection and its thread are given back.
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(self._thread, self._turn.close)
        self._thread.shutdown()
        self._engine.dispose()

    async def _write(self) -> None:
        batch: list[tuple[Command, asyncio.Future[Outcome]]] = []
        try:
            while self._waiting or not self._is_closing:
                await self._arrived.wait()
                batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), self._most_in_turn))]
                if not self._waiting and not self._is_closing:
                    self._arrived.clear()
                if batch:
                    await self._serve(batch)
        except Exception:
            log.exception("writer died")
            raise
        finally:
            for _, done in (*batch, *self._waiting):
                if not done.done():
                    done.set_exception(WriterStopped())
            self._waiting.clear()

    async def _serve(self, batch: Sequence[tuple[Command, asyncio.Future[Outcome]]]) -> None:
        commands = [command for command, _ in batch]
        results = await asyncio.get_running_loop().run_in_executor(self._thread, self._turn.run, commands)
        self._tell()
        for (_, done), result in zip(batch, results, strict=True):
            if done.cancelled():
                continue  # the caller hung up; what it asked for is done
            if isinstance(result, StopIteration):  # which no future takes, see PEP 479
                done.set_exception(RuntimeError(f"the command raised {result!r}"))
            elif isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)

    def _tell(self) -> None:
        commits, self._turn.commits = self._turn.commits, []
        for commit in commits:
            if self._on_commit is not None:
                self._on_commit(commit)
