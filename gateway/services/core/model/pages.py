"""Pages of lists: the place of an item, the part of a list that is asked for, and its items."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
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


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """A window's items and their places in the order of the list, and whether the list goes on at either side."""

    items: Sequence[Value]
    places: Sequence[Place]
    has_previous: bool
    has_next: bool
