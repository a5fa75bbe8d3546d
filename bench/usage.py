"""What the processes of a server use: their CPU time and their memory."""

from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil


def cpu_s(pids: Iterable[int]) -> float:
    """Seconds of CPU that these processes and all below them have used, those that ended as far as was counted."""
    total = 0.0
    for process in _trees(pids):
        with suppress(psutil.NoSuchProcess):
            used = process.cpu_times()
            total += used.user + used.system
    return total


def rss_mib(pids: Iterable[int]) -> float:
    """Mebibytes of memory that they hold; what several share counts for each."""
    total = 0
    for process in _trees(pids):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total / 2**20


def _trees(pids: Iterable[int]) -> Iterator[psutil.Process]:
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            yield root
            yield from root.children(recursive=True)
