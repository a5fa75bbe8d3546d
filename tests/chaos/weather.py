"""What goes wrong on the way to a provider, drawn from a seed."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random


class Fault(StrEnum):
    """What goes wrong with one call; `before` and `after` the provider acted on it."""

    RESET_BEFORE = "connection reset before it acted"
    RESET_AFTER = "connection reset after it acted"
    HANG_BEFORE = "no answer for a while, then cut, before it acted"
    HANG_AFTER = "no answer for a while, then cut, after it acted"
    SILENCE_AFTER = "no answer until the gateway's own time-out, after it acted"
    HALF_AFTER = "half of an answer, then cut, after it acted"
    TOO_MANY = "429"
    TOO_MANY_WAIT = "429 with Retry-After"
    BROKEN_BEFORE = "500 before it acted"
    BROKEN_AFTER = "502 after it acted"


ODDS = {
    Fault.RESET_BEFORE: 18,
    Fault.RESET_AFTER: 22,
    Fault.HANG_BEFORE: 2,
    Fault.HANG_AFTER: 3,
    Fault.HALF_AFTER: 10,
    Fault.TOO_MANY: 10,
    Fault.TOO_MANY_WAIT: 8,
    Fault.BROKEN_BEFORE: 15,
    Fault.BROKEN_AFTER: 12,
}
"""How many in a hundred faults are of a kind; what hangs is rare, for it takes time and shows little more."""


@dataclass
class Weather:
    """The fate of each call, in the order in which calls arrive: the seed fixes the series of fates, and the timing
    of the processes decides which call meets which.

    Args:
        silences: so many of the first calls that fail hang until the gateway itself gives up.
    """

    random: Random
    rate: float
    silences: int = 0
    calls: int = 0
    calls_in_trouble: int = 0
    met: Counter[Fault] = field(default_factory=Counter)

    def next(self) -> Fault | None:
        self.calls += 1
        self.calls_in_trouble += self.rate > 0
        if self.random.random() >= self.rate:
            return None
        fault = self._drawn()
        self.met[fault] += 1
        return fault

    def clear(self) -> None:
        """Nothing fails any more."""
        self.rate = 0.0

    def _drawn(self) -> Fault:
        if self.met[Fault.SILENCE_AFTER] < self.silences and self.random.random() < 0.1:
            return Fault.SILENCE_AFTER
        [fault] = self.random.choices(list(ODDS), list(ODDS.values()))
        return fault
