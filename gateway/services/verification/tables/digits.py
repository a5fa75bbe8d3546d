"""Counts of a history's entries as digits of a few numbers: a sum for each action takes four times as long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.services.verification.words import n, quoted

MOST_DIGITS = 18
"""Of a number: what the databases' integers hold."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many entries there are of some actions, as so many decimal digits.

    What is done only once has one. What may be done again has `OFTEN`: a program may do it every hour for years, and
    one time more than there are digits for would be counted as one of the next count."""

    actions: Sequence[str]
    digits: int = 1


OFTEN = 6
"""Digits of what may be done again and again."""


def gathered(action: str, counts: Mapping[str, Count]) -> dict[str, str]:
    """Each count of many entries, by its name, as SQL. The counts that are looked for first come first.

    The databases add each number up once, however many counts are read from it."""
    cases: dict[int, list[str]] = {}
    for name, number, place in _places(counts):
        cases.setdefault(number, []).extend(f"WHEN {quoted(each)} THEN {place}" for each in counts[name].actions)
    sums = {number: f"CAST(sum(CASE {action} {' '.join(some)} ELSE 0 END) AS BIGINT)" for number, some in cases.items()}
    return {name: f"{sums[number]} / {place} % {10 ** counts[name].digits}" for name, number, place in _places(counts)}


def counted(alias: str, counts: Mapping[str, Count]) -> dict[str, str]:
    """Each count as a condition may have it: none where nothing was gathered."""
    return {name: n(f"{alias}.{name}") for name in counts}


def _places(counts: Mapping[str, Count]) -> Iterator[tuple[str, int, int]]:
    """Where each count is: in which number, and from which digit on."""
    number, digits = 0, 0
    for name, count in counts.items():
        if digits + count.digits > MOST_DIGITS:
            number, digits = number + 1, 0
        yield name, number, 10**digits
        digits += count.digits
