"""Pages of lists: the place of an item, the part of a list that is asked for, and its items."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar, overload
from uuid import UUID

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an item in its list: by its instant and then its id, or only by its id where ids follow time.

    It never changes, so that the next page starts where the last one ended, whatever is added or removed meanwhile.
    """

    id: UUID
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list: at most `size` items after and before given places.

    `from_end` takes the last of them and not the first; `is_newest_first` is the order of the list itself.
    """

    size: int
    after: Place | None = None
    before: Place | None = None
    from_end: bool = False
    is_newest_first: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Places(Sequence[Place]):
    """The places of items, each told when it is asked for: a page shows two, unless its edges are asked for.

    Args:
        stored_of: the place of an item as microseconds since 1970, None without an instant, and the bytes of its id,
            where that is how it is stored.
    """

    items: Sequence[Any]
    place_of: Callable[[Any], Place]
    stored_of: Callable[[Any], tuple[int | None, bytes]] | None = None

    def stored(self, index: int) -> tuple[int | None, bytes] | None:
        """The place of an item as it is stored; None where only the place itself is there."""
        return self.stored_of(self.items[index]) if self.stored_of else None

    @overload
    def __getitem__(self, index: int) -> Place: ...

    @overload
    def __getitem__(self, index: slice) -> "Places": ...

    def __getitem__(self, index: int | slice) -> "Place | Places":
        found = self.items[index]
        return Places(found, self.place_of, self.stored_of) if isinstance(index, slice) else self.place_of(found)

    def __len__(self) -> int:
        return len(self.items)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]  # as of a list


@dataclass(frozen=True, slots=True)
class Count:
    """How many items a list has; where it is not exact, it has at least so many."""

    number: int
    is_exact: bool = True

    def __add__(self, other: "Count") -> "Count":
        return Count(self.number + other.number, self.is_exact and other.is_exact)


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """A window's items and their places in the order of the list, and whether the list goes on at either side.

    Args:
        counted_by: what finds how many items the list has, for whoever asks for that as well; the sum of several.
    """

    items: Sequence[Value]
    places: Sequence[Place]
    has_previous: bool
    has_next: bool
    counted_by: tuple[object, ...] = field(default=(), compare=False)
