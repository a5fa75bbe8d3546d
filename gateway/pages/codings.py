"""Which compressed form of a file a browser gets: what RFC 9110 (12.5.3) makes of its Accept-Encoding."""

from __future__ import annotations

import re
from collections.abc import Sequence

IDENTITY = "identity"
"""The file as it is."""

SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""The codings in which files are installed, the smallest first, and what their files' names end in."""

_WEIGHT = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def chosen(accepted: str | None, there: Sequence[str]) -> str | None:
    """The coding to answer in.

    Args:
        accepted: the header's value; None where there is no such header, which asks for nothing in particular.
        there: the codings that the file is there in beside `identity`, the preferred first.

    Returns: one of `there`, `identity`, or None where the browser refuses all of them.
    """
    if accepted is None:
        return IDENTITY
    weights = _weights(accepted)
    others = weights.get("*", 0.0)
    # A file as it is needs no mention to be acceptable, but what is mentioned is preferred.
    plain = weights.get(IDENTITY, others if "*" in weights and others == 0 else None)
    weighed = [(weights.get(coding, others), coding) for coding in there]
    best = max((weight for weight, _ in weighed), default=0.0)
    if best > 0 and best >= (plain or 0.0):
        return next(coding for weight, coding in weighed if weight == best)
    return None if plain == 0 else IDENTITY


def _weights(accepted: str) -> dict[str, float]:
    """Each coding's weight by its name; what cannot be read counts as not being there."""
    weights = {}
    for part in accepted.lower().split(","):
        coding, *parameters = (each.strip() for each in part.split(";"))
        given = [
            value.strip() for name, _, value in (each.partition("=") for each in parameters) if name.strip() == "q"
        ]
        weight = given[0] if given else "1"
        if coding and _WEIGHT.fullmatch(weight):
            weights["gzip" if coding == "x-gzip" else coding] = float(weight)
    return weights
