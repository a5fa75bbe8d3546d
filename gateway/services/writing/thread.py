"""The writer's own thread: what is called on it, one call after the other, and the futures of what that gives."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

Result = TypeVar("Result")


class OwnThread:
    """A thread that begins with the first call. It belongs to one event loop.

    An executor of the standard library does the same by two futures and their locks for each call, at two and a half
    times the cost.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def call(self, function: Callable[[], Result]) -> asyncio.Future[Result]:
        """What the function gives, or raises, once it has."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        if self._thread is None:
            # A process that ends without `close` does not wait for it: as after any death, a commit is whole or none.
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()
        self._calls.put((function, done))
        return done

    def close(self) -> None:
        """End the thread once what was called is done; to be called when that has been waited for."""
        if self._thread is not None:
            self._calls.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            function, done = call
            settle, given = _called(function)
            with suppress(RuntimeError):  # the loop is closed: whoever left this call behind has ended meanwhile
                done.get_loop().call_soon_threadsafe(settle, done, given)


def _called(function: Callable[[], Any]) -> tuple[Callable[[asyncio.Future[Any], Any], None], Any]:
    try:
        return _give, function()
    except BaseException as error:  # noqa: BLE001  whatever it is, it must reach who called
        return _fail, error


def _give(done: asyncio.Future[Result], result: Result) -> None:
    if not done.cancelled():
        done.set_result(result)


def _fail(done: asyncio.Future[Result], error: BaseException) -> None:
    if not done.cancelled():
        done.set_exception(for_a_future(error))


def for_a_future(raised: BaseException) -> BaseException:
    """What a call raised, as a future takes it: a StopIteration, see PEP 479, it would refuse, and whoever waits for it
    would wait for ever."""
    return RuntimeError(f"the call raised {raised!r}") if isinstance(raised, StopIteration) else raised
