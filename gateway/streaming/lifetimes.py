"""The lifetimes of streams: a stream ends when its token expires, or when this process is told to stop."""

import asyncio
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from gateway.schema.conventions.errors import subscription_lost, token_expired
from gateway.streaming.results import Ending

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StreamLifetimes:
    """The streams that are open in this process, each with what may end it.

    Args:
        now: Unix seconds, as tokens count them.
    """

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._open: set[Ending] = set()
        self._is_stopping = False

    @property
    def open(self) -> int:
        """How many streams are open."""
        return len(self._open)

    @contextmanager
    def until(self, expires_at: float | None) -> Iterator[Ending]:
        """An ending for one stream: at `expires_at`, in Unix seconds, or when the process stops."""
        ending: Ending = asyncio.get_running_loop().create_future()
        timer = None if expires_at is None else _Timer(ending, expires_at, self._now)
        self._open.add(ending)
        if self._is_stopping:
            self._stop(ending)
        try:
            yield ending
        finally:
            self._open.discard(ending)
            if timer is not None:
                timer.cancel()
            ending.cancel()

    def stop(self) -> None:
        """End all streams, and from now on each new one at once: their subscribers reconnect to another process."""
        self._is_stopping = True
        for ending in self._open:
            self._stop(ending)

    @contextmanager
    def stopping_on_signals(self) -> Iterator[None]:
        """While this is entered, a signal to stop ends the streams first.

        A server tells its application that it stops only after the last answer is out, and a stream has no last one.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # only the main thread receives signals
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in STOP_SIGNALS}

        def on_signal(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(self.stop)
            if callable(handler := before[signal.Signals(number)]):
                handler(number, frame)

        for number in STOP_SIGNALS:
            signal.signal(number, on_signal)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _stop(self, ending: Ending) -> None:
        if not ending.done():
            ending.set_result(subscription_lost("This server stops."))


class _Timer:
    """Ends a stream at a time of the clock, which is checked again when the loop's timer fires: the two may drift."""

    def __init__(self, ending: Ending, expires_at: float, now: Callable[[], float]) -> None:
        self._ending, self._expires_at, self._now = ending, expires_at, now
        self._handle: asyncio.TimerHandle | None = None
        self._look()

    def cancel(self) -> None:
        if self._handle is not None:
            self._handle.cancel()

    def _look(self) -> None:
        left_s = self._expires_at - self._now()
        if left_s > 0:
            self._handle = asyncio.get_running_loop().call_later(left_s, self._look)
        elif not self._ending.done():
            self._ending.set_result(token_expired())
