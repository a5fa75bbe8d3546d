"""The time that operations may take, watched by one timer for all of them."""

import asyncio
from collections import deque
from types import TracebackType


class Deadline:
    """Of one operation: within it, what takes too long is cancelled, and `has_passed` says so afterwards.

    As `asyncio.timeout` does it, but for what that costs: all of a process have the same time, so that they end in the
    order in which they began."""

    __slots__ = ("_cancelling", "at", "has_passed", "task")

    def __init__(self, task: "asyncio.Task[object]", at: float) -> None:
        self.task: asyncio.Task[object] | None = task
        self.at, self.has_passed = at, False
        self._cancelling = task.cancelling()

    def __enter__(self) -> "Deadline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _traceback: TracebackType | None
    ) -> bool:
        task, self.task = self.task, None
        if not self.has_passed or task is None:
            return False
        # Who else cancels the task meanwhile, means it.
        is_ours = task.uncancel() <= self._cancelling and kind is asyncio.CancelledError
        self.has_passed = is_ours
        return is_ours


class Deadlines:
    """Gives each operation so many seconds."""

    def __init__(self, most_s: float) -> None:
        self._most_s = most_s
        self._open: deque[Deadline] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> Deadline:
        """For what the present task does from here on."""
        loop, task = asyncio.get_running_loop(), asyncio.current_task()
        assert task is not None, "operations run in tasks"
        deadline, waiting = Deadline(task, loop.time() + self._most_s), self._open
        while waiting and waiting[0].task is None:
            waiting.popleft()
        waiting.append(deadline)
        if self._loop is not loop:
            self._loop = loop
            loop.call_at(deadline.at, self._look, loop)
        return deadline

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel what has had its time, and look again when the next one has."""
        if self._loop is not loop:
            return
        now, waiting = loop.time(), self._open
        while waiting and (waiting[0].task is None or waiting[0].at <= now):
            deadline = waiting.popleft()
            if deadline.task is not None:
                deadline.has_passed = True
                deadline.task.cancel()
        if waiting:
            loop.call_at(waiting[0].at, self._look, loop)
        else:
            self._loop = None


class Turn:
    """The time for the next result of a subscription, from when there is something to tell: what it waits for before
    that has no limit. Entered again and again; `has_passed` is of the last time."""

    def __init__(self, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._deadline: Deadline | None = None
        self.has_passed = False

    def begin(self) -> None:
        """From here on the time runs, where it does not already."""
        if self._deadline is None:
            self._deadline = self._deadlines.watch()

    def __enter__(self) -> "Turn":
        self.has_passed = False
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool:
        deadline, self._deadline = self._deadline, None
        self.has_passed = deadline is not None and deadline.__exit__(kind, error, traceback)
        return self.has_passed
