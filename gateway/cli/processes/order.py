"""The order to stop, which a signal gives between any two instructions, and whoever waits for it."""

import os
import select
import threading
import time
from contextlib import suppress


class Order(threading.Event):
    """An event that a handler of signals may set: the one of the standard library would wait for its own lock there,
    where the process was just looking at it."""

    def __init__(self) -> None:
        super().__init__()
        self._given_at: float | None = None
        self._ear, self._voice = os.pipe()
        for end in (self._ear, self._voice):
            os.set_blocking(end, False)

    def set(self) -> None:
        if self._given_at is None:
            self._given_at = time.monotonic()
        self.wake()

    def is_set(self) -> bool:
        return self._given_at is not None

    def is_repeated(self, after_s: float) -> bool:
        """Whether an order that comes now is a second one."""
        return self._given_at is not None and time.monotonic() - self._given_at > after_s

    def wake(self) -> None:
        """Whoever waits looks again: there is something else to do."""
        with suppress(BlockingIOError):  # there is more than enough to wake up for
            os.write(self._voice, b"!")

    def wait(self, timeout: float | None = None) -> bool:
        """Whether it was given; returns after that, after `wake`, or after so many seconds."""
        if not self.is_set() and select.select([self._ear], [], [], timeout)[0]:
            os.read(self._ear, 4096)
        return self.is_set()
