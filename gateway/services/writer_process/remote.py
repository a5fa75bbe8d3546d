"""A process's end of the line: a writer as any other to those who submit, which speaks to the one in another process.

When the writer's process dies, whoever waits goes on waiting for a moment: the next writer is asked the same. Commands
carry the ids of their rows, so that one which was done already is found done, as after a lost database.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import structlog

from gateway.services import ends
from gateway.services.background import BackgroundTask
from gateway.services.changes.commits import Commit
from gateway.services.core.commands.every import Command
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Busy, Outcome
from gateway.services.outages import Outages
from gateway.services.writer_process.frames import (
    VERSION,
    Answer,
    Committed,
    Due,
    Failed,
    Hello,
    News,
    Standing,
    Unreadable,
    check_size,
    packed_call,
)
from gateway.services.writer_process.line import Line, Waiting, failure_of
from gateway.services.writing import bounds
from gateway.services.writing.group_commit import WriterStopped

log = structlog.get_logger(__name__)

PATIENCE_S = 2.0
"""How long callers wait for a writer that is away: the next one is there in milliseconds where its keeper lives, and
in a second where that has to start again."""

RETRY_S = 0.02
"""Between two tries to reach a writer that nobody keeps."""

RETRY_UNREADABLE_S = 1.0
"""The same, where it is of another release, which takes a person to change."""

GREETING_S = 10.0
"""How long a writer that takes a connection may take to greet, on a busy machine."""

LOOK_S = 1.0
"""Between two looks for calls that have waited for longer than any writer takes, see `bounds.ANSWERS_S`. Who has no
time limit of its own, such as a job and a process that ends, would else wait for ever."""

MOST_SENDS = 3
"""How many writers are asked the same: a command by which they die must not go through them all."""


class RemoteWriter:
    """What `GroupCommit` is to those who submit.

    Args:
        path: the socket of the writer's process.
        runs_jobs: whether this process runs jobs, and so wants to know when there are some.
        most_waiting: once so many commands wait, `submit` answers Busy; the writer has a bound for all its callers.
        is_watched: whether anybody waits for commits.
        on_commit: called with each commit of whichever process, while somebody does.
        on_jobs: called with jobs that wait for a runner, when it is this process's turn to run them.
    """

    def __init__(
        self,
        path: Path,
        *,
        runs_jobs: bool = False,
        most_waiting: int = 4096,
        is_watched: Callable[[], bool] = lambda: True,
        on_commit: Callable[[Commit], None] | None = None,
        on_jobs: Callable[[Sequence[Job]], None] | None = None,
    ) -> None:
        self._path, self._runs_jobs, self._most_waiting = path, runs_jobs, most_waiting
        self._is_watched, self._on_commit, self._on_jobs = is_watched, on_commit, on_jobs
        self._waiting: dict[int, Waiting] = {}
        self._commands_waiting = 0
        self._last_number = 0
        self._line: Line | None = None
        self._is_closing = False
        self._is_given_up = False
        self._is_writing = True
        """Whether the database takes what is written, as the writer says."""
        self._outages = Outages("writes")
        self._asked: asyncio.Future[list[Outcome]] | None = None
        """How the writer looks whether it can write, for all who ask meanwhile."""
        self._all_answered = asyncio.Event()
        self._connected_once = asyncio.Event()
        self._giving_up: asyncio.TimerHandle | None = None
        self._looking: asyncio.TimerHandle | None = None
        self._connecting = BackgroundTask("writer", self._stay_connected)
        self._has_begun = False

    @property
    def is_alive(self) -> bool:
        """Whether the writer can be reached now, and can commit."""
        return self._line is not None and self._is_writing

    async def look(self) -> bool:
        """See `GroupCommit.look`."""
        if self.is_alive:
            if self._asked is None or self._asked.done():
                self._asked = self._send([])
            await asyncio.shield(self._asked)
        return self.is_alive

    @property
    def held_up_s(self) -> float:
        """How long the call that waits longest has waited."""
        first = next(iter(self._waiting.values()), None)
        return 0.0 if first is None else asyncio.get_running_loop().time() - first.since

    def start(self) -> None:
        self._be_patient()
        self._look_later()
        self._connecting.start()
        self._has_begun = True

    async def ready(self, within_s: float) -> None:
        """Return once the writer can be reached, or when so long has passed."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._connected_once.wait()

    async def submit(self, command: Command) -> Outcome:
        """See `GroupCommit.submit`. Raises: likewise, but CommandFailed for a command's own exception."""
        [outcome] = await self.submit_all([command])
        return outcome

    async def submit_all(self, commands: Sequence[Command]) -> list[Outcome]:
        """See `GroupCommit.submit_all`. They are Busy as well where the writer died and none took its place in time,
        or where it hangs.

        Raises:
            WriterStopped: they were done, but their outcomes are too large to be sent.
            CommandFailed: one of them raised.
            TooLarge: no frame holds them.
            TypeError: one holds a text that cannot be written.
        """
        if not commands:
            return []
        is_full = self._commands_waiting >= self._most_waiting
        if self._is_given_up:
            self._outages.refuse(len(commands))
        if self._is_closing or self._is_given_up or not self._has_begun or is_full:
            return [Busy() for _ in commands]
        return await self._send(commands)

    async def close(self) -> None:
        """Take no more commands, wait for the answers of those that were taken, and hang up. Those that a writer which
        hangs does not answer are Busy."""
        self._is_closing = True
        for number in [number for number, waiting in self._waiting.items() if not waiting.commands]:
            self._stop_waiting(number)  # nobody asks any more
        if self._waiting and self._has_begun:
            with suppress(TimeoutError):
                async with asyncio.timeout(ends.TURN_S):
                    await self._all_answered.wait()
            for number in [*self._waiting]:
                self._stop_waiting(number)
        await self._connecting.stop()
        for timer in (self._giving_up, self._looking):
            if timer is not None:
                timer.cancel()

    def _send(self, commands: Sequence[Command]) -> asyncio.Future[list[Outcome]]:
        """Call the writer: without any commands it only looks whether it can write. Raises as `submit_all` does."""
        self._last_number += 1
        check_size(packed := packed_call(self._last_number, commands))
        loop = asyncio.get_running_loop()
        waiting = Waiting(packed, len(commands), loop.create_future(), loop.time())
        self._waiting[self._last_number] = waiting
        self._commands_waiting += waiting.commands
        if self._line is not None:
            self._line.send(waiting)
        return waiting.done

    def _take(self, news: News) -> None:
        """What the writer says."""
        match news:
            case Answer(number, outcomes):
                if self._outages.is_on:  # it did hang
                    self._outages.end()
                if (waiting := self._no_longer_waiting(number)) and not waiting.done.cancelled():
                    waiting.done.set_result(outcomes)
            case Failed(number, kind):
                if (waiting := self._no_longer_waiting(number)) and not waiting.done.cancelled():
                    waiting.done.set_exception(failure_of(kind))
            case Committed() if self._on_commit is not None and self._is_watched():
                self._on_commit(news.read())
            case Due(jobs) if self._on_jobs is not None:
                self._on_jobs(jobs)
            case Standing(is_writing):
                self._is_writing = is_writing

    async def _stay_connected(self) -> None:
        while True:
            line = await self._connected()
            if self._outages.is_on:
                self._outages.end()
            self._line, self._is_given_up = line, False
            self._connected_once.set()
            if self._giving_up is not None:
                self._giving_up.cancel()
            try:
                self._send_again(line)
                await line.lost.wait()
                log.warning("writer lost", waiting=len(self._waiting))
            finally:
                self._line, self._is_writing = None, True  # the next one says otherwise
                self._be_patient()
                line.hang_up()

    async def _connected(self) -> Line:
        """A line to a writer of the same words, waited for as long as it takes."""
        said = ""
        while True:
            line, wait_s = Line(self._take), RETRY_S
            try:
                await asyncio.get_running_loop().create_unix_connection(lambda line=line: line, str(self._path))  # type: ignore[misc]  # it takes none
                async with asyncio.timeout(GREETING_S):
                    await line.greet(Hello(VERSION, self._runs_jobs))
            except (OSError, TimeoutError, WriterStopped):
                line.hang_up()
            except Unreadable as error:
                line.hang_up()
                if said != str(error):
                    log.error("the writer cannot be used", reason=str(error))  # noqa: TRY400  no bug
                said, wait_s = str(error), RETRY_UNREADABLE_S
            except asyncio.CancelledError:
                line.hang_up()
                raise
            else:
                return line
            await asyncio.sleep(wait_s)

    def _send_again(self, line: Line) -> None:
        for number, waiting in [*self._waiting.items()]:
            if waiting.sends < MOST_SENDS:
                line.send(waiting)
            else:
                self._stop_waiting(number)

    def _be_patient(self) -> None:
        self._giving_up = asyncio.get_running_loop().call_later(PATIENCE_S, self._give_up)

    def _give_up(self) -> None:
        """No writer came: who waits is told, and until one comes everybody is at once."""
        self._outages.note("no writer's process is in reach", str(self._path), 0)
        self._is_given_up = True
        for number in [*self._waiting]:
            self._stop_waiting(number)

    def _look_later(self) -> None:
        self._looking = asyncio.get_running_loop().call_later(LOOK_S, self._look)

    def _look(self) -> None:
        """A writer that hangs answers nobody: who has waited for long is told."""
        self._look_later()
        latest = asyncio.get_running_loop().time() - bounds.ANSWERS_S
        waited = takewhile(lambda number: self._waiting[number].since < latest, self._waiting)
        late = [number for number in waited if self._waiting[number].commands]  # who only looks may wait
        if late:
            self._outages.note(
                "the writer's process does not answer", f"{len(late)} calls wait for {bounds.ANSWERS_S:g} s", 0
            )
        for number in late:
            self._stop_waiting(number)

    def _stop_waiting(self, number: int) -> None:
        waiting = self._no_longer_waiting(number)
        if waiting is None or waiting.done.done():
            return
        self._outages.refuse(waiting.commands)
        waiting.done.set_result([Busy(may_be_done=waiting.sends > 0) for _ in range(waiting.commands)])

    def _no_longer_waiting(self, number: int) -> Waiting | None:
        waiting = self._waiting.pop(number, None)
        if waiting is not None:
            self._commands_waiting -= waiting.commands
        if not self._waiting and self._is_closing:
            self._all_answered.set()
        return waiting
