"""The kinds of values that are read: their columns, and how rows become values."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Generic, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Dialect, Select, Table, select

from db.compiled import converters_of, key_of
from db.statements import (
    AUDIT,
    COURSE,
    COURSE_WITH_TIERS,
    EVENT,
    JOB,
    PAYMENT,
    PURCHASE,
    PURCHASE_WITH_ACCESS,
    RECORD,
    REFUND,
    SESSION,
    TIER,
)
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import Course
from gateway.services.rows import audit, courses, jobs, payments, purchases
from gateway.services.rows.courses import course_maker, course_view, rows_of_each
from gateway.services.rows.layouts import Layout
from gateway.services.rows.making import Converter, Row, maker
from gateway.services.rows.views import Note, view_of

Value = TypeVar("Value")
ValueOf = TypeVar("ValueOf")
Converters = Mapping[str, Converter]
Many = Callable[[Iterable[Row]], list[Value]]


@dataclass(frozen=True, slots=True, eq=False)
class Form(Generic[Value]):
    """How the rows that one database gives become values. A row may hold more behind the columns of its kind.

    Args:
        values: makes values, for whoever decides by them.
        views: shows values, for whoever reads some of their fields, see `gateway.services.rows.views`.
    """

    values: Many[Value]
    views: Many[Value]


class FormOf(Protocol[ValueOf]):
    """Makes a form for rows of columns, and what converts them. `note` is as in `gateway.services.rows.views`."""

    def __call__(self, columns: Sequence[str], converters: Converters, note: Note | None = None) -> Form[ValueOf]: ...


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Value]):
    """A kind of value.

    Args:
        select: its rows, without condition or order, with just the columns that values are made of.
        form: how they become values, by the names of the columns and by what converts them.
        order: in which rows are read, and locked.
        locks: the table whose rows the writer locks when it reads; None where it locks nothing.
        layout: how a value lies in one row; None where it lies in several.
        alone: of a value that lies in several rows, the first of which is its own: that row alone, for whoever reads
            nothing of the others.
    """

    select: Select[Any]
    form: FormOf[Value]
    order: Sequence[Column[Any]]
    locks: Table | None = None
    layout: Layout[Value] | None = None
    alone: "Kind[Value] | None" = None
    columns: Sequence[str] = field(init=False)
    """The names of a row's columns, in their order."""
    _forms: dict[object, Form[Value]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "columns", self.select.selected_columns.keys())

    def on(self, dialect: Dialect) -> Form[Value]:
        """How a driver's own rows become values."""
        key = key_of(dialect)
        if key not in self._forms:
            self._forms[key] = self.form(self.columns, converters_of(self.select, dialect))
        return self._forms[key]


@dataclass(frozen=True, slots=True)
class _Subject:
    kind: JobKind
    subject_id: UUID


def _one_each(layout: Layout[Value]) -> FormOf[Value]:
    """Of values that lie in one row each. Rows that lack columns have views alone."""

    def form(columns: Sequence[str], converters: Converters, note: Note | None = None) -> Form[Value]:
        make, view = cache(lambda: maker(layout, columns, converters)), view_of(layout, columns, converters, note)
        return Form(lambda rows: list(map(make(), rows)), lambda rows: list(map(view, rows)))

    return form


def _courses(columns: Sequence[str], converters: Converters, note: Note | None = None) -> Form[Course]:
    make, view = course_maker(columns, converters), course_view(columns, converters, note)
    id_at = columns.index("id")
    return Form(
        lambda rows: list(map(make, rows_of_each(rows, id_at))), lambda rows: list(map(view, rows_of_each(rows, id_at)))
    )


def _subjects(columns: Sequence[str], converters: Converters, note: Note | None = None) -> Form[tuple[JobKind, UUID]]:
    made = _one_each(_SUBJECT)(columns, converters).values

    def pairs(rows: Iterable[Row]) -> list[tuple[JobKind, UUID]]:
        return [(subject.kind, subject.subject_id) for subject in made(rows)]

    return Form(pairs, pairs)


def _kind(rows: Select[Any], layout: Layout[Value], *order: Column[Any], locks: Table | None = None) -> Kind[Value]:
    return Kind(_with_columns(rows, layout), _one_each(layout), order, locks, layout)


def _with_columns(rows: Select[Any], *layouts: Layout[Any]) -> Select[Any]:
    names = dict.fromkeys(name for layout in layouts for name in layout.columns())
    columns: list[ColumnElement[Any]] = [rows.selected_columns[name] for name in names]
    return rows.with_only_columns(*columns, maintain_column_froms=True)


_SUBJECT = Layout(_Subject)

PAYMENTS = _kind(select(PAYMENT), payments.PAYMENT, PAYMENT.c.id, locks=PAYMENT)
PURCHASES = _kind(PURCHASE_WITH_ACCESS, purchases.PURCHASE, PURCHASE.c.id, locks=PURCHASE)
COURSES = Kind(
    _with_columns(COURSE_WITH_TIERS, courses.COURSE, courses.TIER),
    _courses,
    (COURSE.c.id, TIER.c.rank),
    alone=Kind(select(COURSE), _one_each(courses.COURSE), (COURSE.c.id,), layout=courses.COURSE),
)
SESSIONS = _kind(select(SESSION), purchases.SESSION, SESSION.c.purchase_id, SESSION.c.number)
REFUNDS = _kind(select(REFUND), payments.REFUND, REFUND.c.id)
JOBS = _kind(select(JOB), jobs.JOB, JOB.c.id, locks=JOB)
SUBJECTS_OF_JOBS = Kind(_with_columns(select(JOB), _SUBJECT), _subjects, (JOB.c.id,))
EVENTS = _kind(select(EVENT), jobs.EVENT, EVENT.c.id)
RECORDS = _kind(select(RECORD), audit.RECORD, *RECORD.primary_key)
ENTRIES = _kind(select(AUDIT), audit.ENTRY, AUDIT.c.id)
