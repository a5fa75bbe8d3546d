"""What the processes of a server use: their CPU time and their memory."""

from collections.abc import Iterable, Sequence
from contextlib import suppress

import psutil


def family_of(pids: Iterable[int]) -> list[psutil.Process]:
    """These processes and all below them. To find them takes milliseconds, as all of the machine are looked through."""
    found = []
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            found += [root, *root.children(recursive=True)]
    return found


def cpu_s(family: Sequence[psutil.Process]) -> float:
    """Seconds of CPU that they have used, those that have ended left out."""
    total = 0.0
    for process in family:
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system
    return total


def rss_mib(family: Sequence[psutil.Process]) -> float:
    """Mebibytes of memory that they hold; what several share counts for each."""
    total = 0
    for process in family:
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 2**20
