"""The numbers of several processes: each leaves its own in a file of one folder, and whoever is asked adds them up.

A file is written each second by its process alone, and replaced whole. That of a process which is gone stays, so that
what was counted is not forgotten; what is so *now* counts only while the file is kept new.
"""

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.services.measures.catalogue import Measures
from gateway.services.measures.instruments import Counter, Gauge, Histogram, Labels, cells_of

WRITE_S = 1.0
"""Between two writes: how much is not counted of a process that is killed."""

LIVES_S = 15.0
"""A process whose file is older is gone, or hangs."""

KEPT_S = 60.0
"""From when on the file of one that is gone is added to that of all who are."""

GONE = "gone"

Numbers = dict[str, dict[Labels, Any]]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The numbers of one process, and whether it lives."""

    numbers: Numbers
    is_alive: bool = True


def taken(measures: Measures) -> Snapshot:
    """That of this process, now."""
    return Snapshot({each.about.name: cells_of(each) for each in measures.all()})


@dataclass(slots=True)
class SharedFolder:
    """Where the processes of one `serve` leave their snapshots.

    Args:
        path: a folder that only this user may look into.
    """

    path: Path
    name: str = field(default_factory=lambda: own_name())
    """Of this process's file."""

    def leave(self, measures: Measures) -> None:
        """Write this process's numbers. Raises: OSError."""
        self._write(self.name, taken(measures).numbers)

    def others(self) -> list[Snapshot]:
        """Those of all but this process. A file that goes or is unreadable meanwhile is left out."""
        return [each for _, each in self._read()]

    def gather_gone(self, but_for_s: float = KEPT_S) -> None:
        """Put together the files of those that are long gone: to be called by one process, which outlives them."""
        latest = time.time() - but_for_s
        gone = [
            (path, each)
            for path, each in self._read()
            if path.stem == GONE or (_written_at(path) < latest and not _runs(path))
        ]
        if len(gone) > 1:
            self._write(GONE, without_gauges(added(each for _, each in gone)))
            for path, _ in gone:
                if path.stem != GONE:
                    path.unlink(missing_ok=True)

    def _read(self) -> Iterable[tuple[Path, Snapshot]]:
        living = time.time() - LIVES_S
        for path in sorted(self.path.glob("*.json")):
            if path.stem == self.name:
                continue
            try:
                at, numbers = _written_at(path), _parsed(path.read_text())
            except (OSError, ValueError):
                continue
            yield path, Snapshot(numbers, path.stem != GONE and at >= living)

    def _write(self, name: str, numbers: Numbers) -> None:
        written = self.path / f"{name}.new"
        written.write_text(json.dumps({each: list(map(list, cells.items())) for each, cells in numbers.items()}))
        written.replace(self.path / f"{name}.json")


_own_names: dict[int, str] = {}


def own_name() -> str:
    """That of this process's file, whoever in it asks: no later process has it, and none that is forked from it."""
    return _own_names.setdefault(os.getpid(), f"{os.getpid()}-{time.monotonic_ns()}")


def added(snapshots: Iterable[Snapshot]) -> Numbers:
    """What they come to together; of those who are gone only what was counted."""
    declared = {each.about.name: each for each in Measures().all()}
    total: Numbers = {name: {} for name in declared}
    for snapshot in snapshots:
        for name, cells in snapshot.numbers.items():
            instrument = declared.get(name)
            if instrument is None or (isinstance(instrument, Gauge) and not snapshot.is_alive):
                continue
            for labels, value in cells.items():
                before = total[name].get(labels)
                total[name][labels] = value if before is None else _together(instrument, before, value)
    return total


def without_gauges(numbers: Mapping[str, dict[Labels, Any]]) -> Numbers:
    gauges = {each.about.name for each in Measures().all() if isinstance(each, Gauge)}
    return {name: cells for name, cells in numbers.items() if name not in gauges}


def _together(instrument: Counter | Gauge | Histogram, one: Any, other: Any) -> Any:
    match instrument:
        case Histogram():
            return [mine + theirs for mine, theirs in zip(one, other, strict=True)]
        case Gauge(merge="max"):
            return max(one, other)
        case Gauge(merge="min"):
            return min(one, other)
        case _:
            return one + other


def _written_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _runs(path: Path) -> bool:
    """Whether there is a process of the number that the file's name begins with: it might write it anew."""
    try:
        os.kill(int(path.stem.partition("-")[0]), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _parsed(text: str) -> Numbers:
    """Raises: ValueError, for what no process wrote."""
    return {name: {tuple(labels): value for labels, value in cells} for name, cells in json.loads(text).items()}
