"""Where an export goes: to standard output, or to a file that has its name only once it is whole."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from gateway.settings.model import SettingsError

READER_GONE = 128 + signal.SIGPIPE
"""The exit code of a program that writes to one that has ended, as `head` does: nothing is wrong."""


@contextmanager
def opened(target: Path | None, *, replaces: bool) -> Iterator[IO[bytes]]:
    """A stream for the whole of it.

    What is written goes beside the file, to the disk, and then to its name; where anything is wrong before, nothing is
    left of it. Where nobody reads standard output any more, the process ends, quietly.

    Args:
        target: None for standard output.
        replaces: whether a file of that name may be there.

    Raises: SettingsError, where there may be no such file.
    """
    if target is None:
        with _reader_may_go():
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        return
    _check(target, replaces=replaces)
    unfinished = target.with_name(f".{target.name}.unfinished-{os.getpid()}")
    try:
        with _terminable(), unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _check(target: Path, *, replaces: bool) -> None:
    if target.is_dir():
        raise SettingsError(f"{target} is a folder: name a file.")
    if not target.absolute().parent.is_dir():
        raise SettingsError(f"There is no folder {target.absolute().parent}: make it first, or name a file elsewhere.")
    if target.exists() and not target.is_file():
        raise SettingsError(f"{target} is no usual file: write to standard output, and direct that to it.")
    if target.exists() and not replaces:
        raise SettingsError(f"{target} exists already: choose another name, or replace it with --force.")


@contextmanager
def _reader_may_go() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        # Else the interpreter tries to flush it as it ends, and says that it cannot.
        with suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(READER_GONE) from None


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM, which is a scheduler's way to press Ctrl-C, leaves no file behind either."""

    def end(number: int, _frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
