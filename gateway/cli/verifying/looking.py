"""How a command ends that says by its exit code what it found: 2 where it could not look, whatever the reason."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.cli.commands.starting import fail

COULD_NOT_LOOK = 2
STOPPED = "It was stopped before everything was looked at."


@contextmanager
def looked(in_a_sentence: Callable[[Exception], str | None]) -> Iterator[None]:
    """Whatever ends the look early is no finding, and must not end with the code of one.

    Args:
        in_a_sentence: what is wrong with the settings or the database; None for a bug, whose trace is printed.
    """
    order = _Order()
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _leave(STOPPED)
    except BrokenPipeError:
        # Else the interpreter tries to flush it as it ends, and says that it cannot.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave("Whoever read what it prints has gone.")
    except Exception as error:  # noqa: BLE001  an error of ours is no broken invariant either
        if order.is_given:  # within a lock of the standard library, which then says something else
            _leave(STOPPED)
        if (sentence := in_a_sentence(error)) is None:
            traceback.print_exc()
            sentence = "It broke off by a fault of its own, shown above."
        _leave(sentence)
    order.forget()


class _Order:
    """To stop: SIGINT, or SIGTERM, which is a scheduler's way to press Ctrl-C. It is heard once: a second one would
    come into the words about the first."""

    def __init__(self) -> None:
        self.is_given = False
        self._before = {each: signal.signal(each, self._hear) for each in (signal.SIGINT, signal.SIGTERM)}

    def forget(self) -> None:
        """Everything was looked at, and signals are what they were."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _hear(self, _number: int, _frame: object) -> None:
        if not self.is_given:
            self.is_given = True
            raise KeyboardInterrupt


def _leave(sentence: str) -> None:
    fail(sentence, COULD_NOT_LOOK)
