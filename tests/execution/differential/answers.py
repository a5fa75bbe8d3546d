"""Answers as their callers read them, and when two of them say the same."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.execution.operations import Result

CHANGING = re.compile(r"\b[0-9a-f]{32}\b|\b0x[0-9a-f]+\b")
"""The ids of errors, and the addresses of objects that their messages name."""

Place = tuple[str | int, ...]


@dataclass(frozen=True)
class Answered:
    """One answer. `errors` are in the order of their texts, since theirs is that in which things happened to end."""

    data: str | None
    errors: tuple[str, ...] = ()
    is_refusal: bool = False
    extensions: str = ""
    content: Any = field(default=None, compare=False)

    def agrees_with(self, other: "Answered") -> bool:
        """Whether both are answers to the same operation by the specification.

        Where null propagates, it leaves open which of the errors below that place are told, as long as one is.
        """
        if (self.data, self.extensions) != (other.data, other.extensions) or self.is_refusal or other.is_refusal:
            return False
        lost = [self._lost_with(error) for error in {*self.errors} ^ {*other.errors}]
        mine, theirs = set(self._lost()), set(other._lost())
        return None not in lost and {*lost} <= mine & theirs

    def _lost(self) -> Iterator[Place | None]:
        return map(self._lost_with, self.errors)

    def _lost_with(self, error: str) -> Place | None:
        """The place above an error's own to which null propagated; None where it did not."""
        path, at = json.loads(error).get("path"), self.content
        for depth, step in enumerate(path or ()):
            if at is None:
                return tuple(path[:depth])
            at = at[step]
        return None


def answered(result: Result) -> Answered:
    payload = dict(result.payload)
    data, errors = payload.pop("data"), payload.pop("errors", ())
    texts = sorted(CHANGING.sub("(…)", _written(each)) for each in errors)
    return Answered(_written(data), tuple(texts), result.is_refusal, _written(payload), data)


def _written(content: object) -> str:
    """As JSON, where what is none is seen as what it is."""
    return json.dumps(content, default=repr, ensure_ascii=False)
