"""What happened, counted, and what was planned for a count: a kill comes after so many events, not after a time."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Milestones:
    """Counts events by their name."""

    happened: Counter[str]
    _plans: list[tuple[str, int, Callable[[], bool]]] = field(default_factory=list)

    def plan(self, event: str, count: int, act: Callable[[], bool]) -> None:
        """`act` is called at that event, in its very moment, once so many of the kind have happened. Where it says
        that it cannot now, it is called at the next one."""
        self._plans.append((event, count, act))

    def reached(self, event: str) -> None:
        self.happened[event] += 1
        due = [plan for plan in self._plans if plan[0] == event and self.happened[event] >= plan[1]]
        done = [plan for plan in due if plan[2]()]
        self._plans = [plan for plan in self._plans if plan not in done]

    def left(self) -> list[Callable[[], bool]]:
        """What no event has brought about."""
        plans, self._plans = self._plans, []
        return [act for _, _, act in plans]
