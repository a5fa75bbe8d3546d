"""Keyset windows over a list that is ordered by a time-ordered id: stable while rows are added."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession


@dataclass(frozen=True, slots=True)
class Window:
    """A part of a list: at most `size` items after and before given ids.

    `from_end` takes the last of them and not the first; `is_newest_first` is the order of the list itself.
    """

    size: int
    after: UUID | None = None
    before: UUID | None = None
    from_end: bool = False
    is_newest_first: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """The ids of a window in the order of the list, and whether the list goes on at either side."""

    ids: Sequence[UUID]
    has_previous: bool
    has_next: bool


async def keys_of(
    session: AsyncSession, id_column: Any, conditions: Sequence[ColumnElement[bool]], window: Window
) -> Keys:
    """The ids that the window shows, by at most three statements."""
    view = _View(session, id_column, conditions, window.is_newest_first)
    inside = [
        *([view.is_later(window.after)] if window.after else []),
        *([view.is_earlier(window.before)] if window.before else []),
    ]
    found = await view.first(inside, window.size + 1, backwards=window.from_end)
    goes_on, ids = len(found) > window.size, found[: window.size]
    if window.from_end:
        ids.reverse()
        return Keys(ids, goes_on, window.before is not None and await view.has_after(ids, window.before))
    return Keys(ids, window.after is not None and await view.has_before(ids, window.after), goes_on)


@dataclass(frozen=True, slots=True)
class _View:
    """The list as its reader sees it: earlier means nearer to its beginning, whichever way its ids run."""

    session: AsyncSession
    id_column: Any
    conditions: Sequence[ColumnElement[bool]]
    is_descending: bool

    def is_later(self, key: UUID) -> ColumnElement[bool]:
        return self.id_column < key if self.is_descending else self.id_column > key  # type: ignore[no-any-return]

    def is_earlier(self, key: UUID) -> ColumnElement[bool]:
        return self.id_column > key if self.is_descending else self.id_column < key  # type: ignore[no-any-return]

    async def first(self, inside: Sequence[ColumnElement[bool]], size: int, *, backwards: bool) -> list[UUID]:
        order = self.id_column.desc() if self.is_descending != backwards else self.id_column.asc()
        statement = select(self.id_column).where(*self.conditions, *inside).order_by(order).limit(size)
        return list(await self.session.exec(statement))

    async def has_before(self, ids: Sequence[UUID], cursor: UUID) -> bool:
        """Whether anything comes before the window; before an empty one, up to its cursor itself."""
        beyond = self.is_earlier(ids[0]) if ids else ~self.is_later(cursor)
        return bool(await self.first([beyond], 1, backwards=True))

    async def has_after(self, ids: Sequence[UUID], cursor: UUID) -> bool:
        """Whether anything comes after the window; after an empty one, from its cursor itself on."""
        beyond = self.is_later(ids[-1]) if ids else ~self.is_earlier(cursor)
        return bool(await self.first([beyond], 1, backwards=False))
