"""A story's rows as templates: what is each copy's own, and what all copies share."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Column, Table

from bench.seed.stage import NAME
from db.tables import Row
from db.types import Id, Instant

NOT_COPIED = frozenset({"installation", "schema_compatibility", "change"})
"""Tables whose rows are of no story: the first two come with the migrations, and notes of the feed are short-lived."""

MIXER = 2_654_435_761
"""An odd number: times it, the numbers below 2^32 are the same numbers in another order."""

INSTANT = r"(?<=\")\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00(?=\")"
"""One that a history tells, as JSON has it."""

MS = timedelta(milliseconds=1)

Stored = Sequence[Any]
"""A row as SQLite stores it."""

Picker = Callable[[Sequence[Any]], tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a story.

    Args:
        number: no other copy's, of whatever story, and below 2^32.
        later_by: by how much its instants come after the story's own, in whole milliseconds.
        name: whom it is about.
        course_id: the course that stands where the story's own was; None where the story is of a course.
    """

    number: int
    later_by: timedelta
    name: str
    course_id: int | None = None


class Form(Protocol):
    """How a database is given the values of its rows."""

    def stored(self, value: Any, column: Column[Any]) -> Any:
        """A value that SQLite stores in the column."""
        ...

    def id(self, number: int) -> Any: ...

    def instant(self, microseconds: int) -> Any:
        """An instant in microseconds since 1970."""
        ...

    def text(self, value: str) -> Any: ...


def tables() -> list[Table]:
    """Those of a story's rows."""
    return [table for table in Row.metadata.sorted_tables if table.name not in NOT_COPIED]


class Template:
    """A story's rows, from which copies are made.

    Each row of a copy is picked, by one call, from a pool of what is constant and what is this copy's: to go through
    the columns one by one would cost ten times as much.

    Args:
        rows: the story's rows, by table.
        minted: the ids that were minted for it.
        course_id: its course, where that is of another story.
    """

    def __init__(
        self, form: Form, rows: Mapping[str, Sequence[Stored]], minted: Sequence[UUID], course_id: UUID | None
    ) -> None:
        self._form = form
        self._course = [] if course_id is None else [course_id.int]
        self._minted = [each.int for each in minted]
        self._constants: list[Any] = []
        self._instants: list[int] = []
        self._texts: list[tuple[str, Callable[[Sequence[str]], Any]]] = []
        self._in_texts: dict[str, Callable[[Sequence[int], int], str]] = {}
        names = (name(each) for each in (*self._course, *self._minted) for name in (_hex, _dashed))
        self._named = re.compile(f"({'|'.join([NAME, INSTANT, *names])})")
        self._places: dict[object, tuple[int, int]] = {}
        cells = {
            table.name: [[self._cell(*pair) for pair in zip(row, table.c, strict=True)] for row in rows[table.name]]
            for table in tables()
        }
        sizes = (len(self._course) + len(self._minted), len(self._instants), len(self._texts))
        starts = (0, sizes[0], sizes[0] + sizes[1], sum(sizes))
        self.pickers: list[tuple[str, list[Picker]]] = [
            (name, [itemgetter(*(starts[part] + place for part, place in row)) for row in of_table])
            for name, of_table in cells.items()
        ]
        """For each row, by table, what makes it of a copy's pool."""

    def ids(self, copy: Copy) -> list[int]:
        """The ids of a copy, as numbers: those minted, in their order, after the course's if that is another story's.

        Their time is the copy's, and so is their end, which no other copy has."""
        later_ms, mixed = copy.later_by // MS, copy.number * MIXER % 2**32
        ids = [each + (later_ms << 80) | mixed for each in self._minted]
        return ids if copy.course_id is None else [copy.course_id, *ids]

    def pool(self, copy: Copy) -> list[Any]:
        """All values of a copy."""
        form, later_us, ids = self._form, copy.later_by // MS * 1_000, self.ids(copy)
        names = [copy.name, *[said(ids, later_us) for said in self._in_texts.values()]]
        return [
            *map(form.id, ids),
            *[form.instant(each + later_us) for each in self._instants],
            *[form.text(pattern % names_of(names)) for pattern, names_of in self._texts],
            *self._constants,
        ]

    def _cell(self, value: Any, column: Column[Any]) -> tuple[int, int]:
        """In which part of a copy's pool a value is, and at which place there."""
        known = (value, type(value), type(column.type))
        if known not in self._places:
            self._places[known] = self._new_cell(value, column)
        return self._places[known]

    def _new_cell(self, value: Any, column: Column[Any]) -> tuple[int, int]:
        own = [*self._course, *self._minted]
        match column.type:
            case Id() if value is not None and (number := int.from_bytes(value)) in own:
                return 0, own.index(number)
            case Instant() if value is not None:
                return 1, _place_in(self._instants, value)
        if isinstance(value, str) and (parts := self._named.split(value))[1:]:
            pattern = "%s".join(part.replace("%", "%%") for part in parts[::2])
            names_of = itemgetter(*(self._place_of_name(part, own) for part in parts[1::2]))
            return 2, _place_in(self._texts, (pattern, names_of))
        return 3, _place_in(self._constants, self._form.stored(value, column))

    def _place_of_name(self, name: str, own: Sequence[int]) -> int:
        """Where a copy's names have what stands for this one."""
        if name == NAME:
            return 0
        if name not in self._in_texts:
            self._in_texts[name] = _later(name) if "T" in name else _id_at(own.index(UUID(name).int), "-" in name)
        return 1 + list(self._in_texts).index(name)


def _later(told: str) -> Callable[[Sequence[int], int], str]:
    """An instant that a history tells, so many microseconds later."""
    instant = datetime.fromisoformat(told)
    return lambda _ids, later_us: (instant + timedelta(microseconds=later_us)).isoformat()


def _id_at(place: int, is_dashed: bool) -> Callable[[Sequence[int], int], str]:
    name_of = _dashed if is_dashed else _hex
    return lambda ids, _later_us: name_of(ids[place])


def _hex(number: int) -> str:
    return f"{number:032x}"


def _dashed(number: int) -> str:
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _place_in(values: list[Any], value: Any) -> int:
    values.append(value)
    return len(values) - 1
