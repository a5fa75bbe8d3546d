"""What a check finds: all is well, something to know, or a fault, each with what to do."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of it.

    Args:
        what: which thing was looked at.
        found: how it stands, and what to do where that is not well.
    """

    what: str
    verdict: Verdict
    found: str


def ok(what: str, found: str) -> Finding:
    return Finding(what, Verdict.OK, found)


def warning(what: str, found: str) -> Finding:
    return Finding(what, Verdict.WARNING, found)


def fault(what: str, found: str) -> Finding:
    return Finding(what, Verdict.FAULT, found)
