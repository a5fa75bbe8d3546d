"""Pages of lists: where an item lies, which part of a list is asked for, and what it shows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Place:
    """Where an item lies: by its instant and then its id, or by its id alone where ids are made in order of time.

    It never changes, so that a page goes on where it stopped whatever is added or taken away meanwhile.
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
