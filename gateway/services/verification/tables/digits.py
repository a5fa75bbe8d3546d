"""Counts of a history's entries as digits of a few numbers: a sum for each action takes four times as long."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gateway.services.verification.words import quoted

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


def packed(action: str, counts: Mapping[str, Count]) -> dict[str, str]:
    """By their names, the numbers that an entry adds to. The first counts are looked for first."""
    cases: dict[str, list[str]] = {}
    for name, column, place in _places(counts):
        cases.setdefault(column, []).extend(f"WHEN {quoted(each)} THEN {place}" for each in counts[name].actions)
    return {column: f"CAST(sum(CASE {action} {' '.join(some)} ELSE 0 END) AS BIGINT)" for column, some in cases.items()}


def unpacked(alias: str, counts: Mapping[str, Count]) -> dict[str, str]:
    """Each count of those numbers, gathered under an alias, as SQL; none where there is no number."""
    return {
        name: f"(coalesce({alias}.{column}, 0) / {place} % {10 ** counts[name].digits})"
        for name, column, place in _places(counts)
    }


def _places(counts: Mapping[str, Count]) -> Iterator[tuple[str, str, int]]:
    """Where each count is: in which number, and from which digit on."""
    number, digits = 0, 0
    for name, count in counts.items():
        if digits + count.digits > MOST_DIGITS:
            number, digits = number + 1, 0
        yield name, f"packed_{number}", 10**digits
        digits += count.digits
