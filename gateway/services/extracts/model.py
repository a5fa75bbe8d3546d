"""An extract: a table of records for others, with columns that are documented and do not change."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Table

Make = Callable[[Any], object]
Narrow = Callable[[Any], ColumnElement[bool]]


class Kind(StrEnum):
    """What the values of a column are, wherever they are not null."""

    TEXT = "text"
    WHOLE = "whole number"
    FLAG = "true or false"
    INSTANT = "instant, UTC"
    DAY = "day"
    JSON = "JSON"


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column of an extract.

    Args:
        name: as the API has it, where it has it.
        source: what is selected.
        make: makes the value of what is selected, where that is no null; None where it is the value.
        prefix: of an id of ours, as the API's text begins.
    """

    name: str
    kind: Kind
    meaning: str
    source: ColumnElement[Any]
    make: Make | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Extract:
    """Records of one kind.

    Args:
        table: whose rows they are; one row of it is one record.
        rows: the same with what else is selected.
        key: the columns that no two rows share, in whose order they come: an index has them.
        at: when a row was made, by which it lies in a span of time.
        of_student: the condition that a row is of this student; and the same of a course.
    """

    name: str
    columns: Sequence[Column]
    table: Table
    rows: FromClause
    key: Sequence[ColumnElement[Any]]
    at: ColumnElement[Any]
    of_student: Narrow
    of_course: Narrow


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which records: made from an instant on, and before another; of a student, and of a course."""

    begins: datetime | None = None
    ends: datetime | None = None
    student_id: str | None = None
    course_id: UUID | None = None


def id_column(name: str, prefix: str, source: ColumnElement[Any], meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning, source, prefix=prefix)


def whole(name: str, source: ColumnElement[Any], meaning: str) -> Column:
    return Column(name, Kind.WHOLE, meaning, source)


def instant(name: str, source: ColumnElement[Any], meaning: str) -> Column:
    return Column(name, Kind.INSTANT, meaning, source)


def text(name: str, source: ColumnElement[Any], meaning: str) -> Column:
    return Column(name, Kind.TEXT, meaning, source)
