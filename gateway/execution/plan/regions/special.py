"""Functions that write one object of an answer, each for one class of what the object wraps."""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from gateway.execution.plan.deviation import NotCovered
from gateway.execution.plan.regions.sources import Lying

WriteObject: TypeAlias = Callable[[Any, Any], dict[str, Any]]
"""Writes the part of an answer that is read of a value, in a run."""

MOST_KINDS = 4
"""Classes that are kept at a place: the value's own, that of views of whole rows, and those of the columns that were
learnt to be enough. When there is another, what was learnt has changed, and the older ones do not come again."""


class Special(dict[type, WriteObject]):
    """What writes an object, by the class of the value that it wraps: where that is a class of views that says how they
    lie in their rows, a function that reads the places of rows; for all others, one that reads attributes.

    Args:
        write: makes the function for values that lie so; for None, that which reads attributes. Raises: NotCovered.
    """

    def __init__(self, write: Callable[[Mapping[str, Lying] | None], WriteObject]) -> None:
        super().__init__()
        self._write, self._usual = write, write(None)

    def __missing__(self, kind: type) -> WriteObject:
        if len(self) >= MOST_KINDS:
            self.clear()
        function = self[kind] = self._made(getattr(kind, "lying", None))
        return function

    def _made(self, lying: Mapping[str, Lying] | None) -> WriteObject:
        try:
            return self._usual if lying is None else self._write(lying)
        except NotCovered:
            return self._usual
