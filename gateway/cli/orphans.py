"""A process that another one started ends when that one has died, however it died."""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2)."""


def end_with(parent: int) -> None:
    """Have this process told to stop, by SIGTERM, when its parent is gone. On Linux alone: elsewhere one has to stop
    by hand what a parent that was killed has left.

    Raises: SystemExit, where it is gone already.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        raise SystemExit(f"process {parent}, which started this one, is gone")
