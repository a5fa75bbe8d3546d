"""Counts of a history's entries as digits of one number: a sum for each action takes four times as long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.services.verification.words import quoted


@dataclass(frozen=True, slots=True)
class Count:
    """How many entries there are of some actions, as so many decimal digits: no more than that are ever written."""

    actions: Sequence[str]
    digits: int = 1


def packed(action: str, counts: Mapping[str, Count]) -> str:
    """The number that an entry adds. The first counts are looked for first."""
    places = _places(counts)
    cases = " ".join(
        f"WHEN {quoted(each)} THEN {places[name]}" for name, count in counts.items() for each in count.actions
    )
    return f"CAST(sum(CASE {action} {cases} ELSE 0 END) AS BIGINT)"


def unpacked(number: str, counts: Mapping[str, Count]) -> dict[str, str]:
    """Each count of that number, as SQL; none where there is no number."""
    places = _places(counts)
    return {name: f"(coalesce({number}, 0) / {places[name]} % {10**count.digits})" for name, count in counts.items()}


def _places(counts: Mapping[str, Count]) -> dict[str, int]:
    places, place = {}, 1
    for name, count in counts.items():
        places[name] = place
        place *= 10**count.digits
    assert place < 10**18, "it is more than the databases' integers hold"
    return places
