"""How a command ends that says by its exit code what it found: 2 where it could not look, whatever the reason."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

COULD_NOT_LOOK = 2


@contextmanager
def looked(in_a_sentence: Callable[[Exception], str | None]) -> Iterator[None]:
    """Whatever ends the look early is no finding, and must not end with the code of one.

    Args:
        in_a_sentence: what is wrong with the settings or the database; None for a bug, whose trace is printed.
    """
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # a scheduler's way to press Ctrl-C
    try:
        yield
        sys.stdout.flush()
    except KeyboardInterrupt:
        _leave("It was stopped before everything was looked at.")
    except BrokenPipeError:
        # Else the interpreter tries to flush it as it ends, and says that it cannot.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _leave("Whoever read what it prints has gone.")
    except Exception as error:  # noqa: BLE001  an error of ours is no broken invariant either
        if (sentence := in_a_sentence(error)) is None:
            traceback.print_exc()
            sentence = "It broke off by a fault of its own, shown above."
        _leave(sentence)
    finally:
        signal.signal(signal.SIGTERM, before)


def _leave(sentence: str) -> None:
    typer.secho(sentence, fg="red", err=True)
    raise SystemExit(COULD_NOT_LOOK)
