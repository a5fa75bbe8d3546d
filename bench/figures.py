"""What a measurement comes to: one cell for each operation, server and number of connections, and how cells compare."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Subject:
    """What was measured: an operation, at a server, by so many connections that each wait for their answer."""

    operation: str
    peer: str
    connections: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One measurement, or the middle of several.

    Attributes:
        cpu_us: microseconds of CPU an answer, of all the server's processes, its database's too.
        own_cpu_us: the same of the load generator, which tells whether it was in the way.
        answered: every right answer, those before and after the measured window too.
        committed: rows that the server's database got meanwhile; None where nothing was to be committed.
        wrong: what was not as it should be; empty where all was.
    """

    per_s: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    own_cpu_us: float
    answered: int
    committed: int | None
    wrong: str = ""


def percentile(ordered: Sequence[int], share: float) -> int:
    """The smallest of these ordered values that this share of them does not exceed (the nearest rank)."""
    return ordered[max(0, -int(-share * len(ordered) // 1) - 1)]


def middle(cells: Iterable[Cell]) -> Cell:
    """The median of each figure of several rounds; what was wrong in any of them stays."""
    rounds = list(cells)
    committed = [each.committed for each in rounds if each.committed is not None]
    return Cell(
        per_s=statistics.median(each.per_s for each in rounds),
        p50_ms=statistics.median(each.p50_ms for each in rounds),
        p99_ms=statistics.median(each.p99_ms for each in rounds),
        cpu_us=statistics.median(each.cpu_us for each in rounds),
        own_cpu_us=statistics.median(each.own_cpu_us for each in rounds),
        answered=sum(each.answered for each in rounds),
        committed=sum(committed) if committed else None,
        wrong="; ".join(each.wrong for each in rounds if each.wrong),
    )


Figures = dict[Subject, Cell]


def ratio(figures: Figures, subject: Subject, to: Subject) -> float | None:
    """How many times the one rate the other is; None where either was not measured, or answered nothing."""
    mine, theirs = figures.get(subject), figures.get(to)
    return mine.per_s / theirs.per_s if mine and theirs and theirs.per_s else None


def slope(points: Sequence[tuple[float, float]]) -> float:
    """How fast the second value grows with the first, by least squares."""
    middle_x = statistics.fmean(x for x, _ in points)
    middle_y = statistics.fmean(y for _, y in points)
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0
