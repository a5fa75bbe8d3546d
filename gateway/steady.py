"""The machine's steady clock, which nobody can set, and a name for the start that it counts from."""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def _steady_clock() -> Callable[[], float]:
    """One that counts sleep, where the system has it."""
    which: int | None = getattr(time, "CLOCK_BOOTTIME", None)
    if which is None:
        return time.monotonic
    try:
        time.clock_gettime(which)
    except OSError:  # a kernel that does not know it
        return time.monotonic
    return partial(time.clock_gettime, which)


STEADY = _steady_clock()


def boot() -> str | None:
    """A name for this start of this machine, from which on `STEADY` counts; None where the system has none."""
    try:
        return BOOT_ID.read_text("ascii").strip() if STEADY is not time.monotonic else None
    except OSError:
        return None
