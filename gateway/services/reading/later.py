"""Awaitables that begin when they are awaited."""

from collections.abc import Callable, Coroutine, Generator
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


class Later(Generic[Value]):
    """What a call of a coroutine function gives, which is called when somebody awaits it.

    Where a field of an operation fails, the awaitables of its siblings may be dropped before anybody came to await
    them. A coroutine that nobody awaits is warned of; this is nothing yet.
    """

    __slots__ = ("_call",)

    def __init__(self, call: Callable[[], Coroutine[Any, Any, Value]]) -> None:
        self._call = call

    def __await__(self) -> Generator[Any, Any, Value]:
        return self._call().__await__()
