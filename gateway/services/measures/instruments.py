"""What numbers are kept in: a step of a dictionary for each, with no lock, text or clock of its own.

One process, one event loop: only that loop adds. Who reads from another thread takes each cell as it stands.
"""

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Labels = tuple[str, ...]

Merge = Literal["sum", "max", "min"]
"""What the same number of several processes comes to."""


@dataclass(frozen=True, slots=True)
class About:
    """What a metric is: its name as Prometheus has it, what it tells, and the names of its labels."""

    name: str
    meaning: str
    labels: Sequence[str] = ()


@dataclass(slots=True, eq=False)
class Counter:
    """What only grows. Its name ends in `_total`."""

    about: About
    values: dict[Labels, float] = field(default_factory=dict)

    def add(self, *labels: str, by: float = 1) -> None:
        self.values[labels] = self.values.get(labels, 0) + by


@dataclass(slots=True, eq=False)
class Gauge:
    """What is so now. Of a process that is gone nothing is."""

    about: About
    merge: Merge = "sum"
    values: dict[Labels, float] = field(default_factory=dict)

    def add(self, by: float, *labels: str) -> None:
        self.values[labels] = self.values.get(labels, 0) + by

    def set(self, to: float, *labels: str) -> None:
        self.values[labels] = to


@dataclass(slots=True, eq=False)
class Histogram:
    """How often something took how long, or was how large: for each set of labels a cell for each bucket, one for what
    is above all, and the sum.

    Args:
        bounds: the upper end of each bucket, which belongs to it.
    """

    about: About
    bounds: Sequence[float]
    cells: dict[Labels, list[float]] = field(default_factory=dict)

    def observe(self, value: float, *labels: str) -> None:
        cells = self.cells.get(labels)
        if cells is None:
            cells = self.cells[labels] = [0.0] * (len(self.bounds) + 2)
        cells[bisect_left(self.bounds, value)] += 1
        cells[-1] += value


Instrument = Counter | Gauge | Histogram
Asked = Callable[[], None]
"""Brings a number up to date before it is read."""


def cells_of(instrument: Instrument) -> dict[Labels, Any]:
    """Its numbers by their labels, as they are now."""
    if isinstance(instrument, Histogram):
        return {labels: cells[:] for labels, cells in list(instrument.cells.items())}
    return dict(list(instrument.values.items()))
