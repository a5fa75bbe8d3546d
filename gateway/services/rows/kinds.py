"""The kinds of values that are read: their columns, and how rows become values."""

import inspect
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import starmap
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Column, ColumnElement, Select, Table, select

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
    TIER,
)
from gateway.services.core.model.jobs import JobKind
from gateway.services.rows.audit import entry_from, record_from
from gateway.services.rows.courses import course_from, courses_from, tier_from
from gateway.services.rows.jobs import event_from, job_from
from gateway.services.rows.payments import payment_from, refund_from
from gateway.services.rows.purchases import purchase_from

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, eq=False)
class Kind(Generic[Value]):
    """A kind of value.

    Args:
        select: its rows, without condition or order, with just the columns that `values` takes, as it takes them.
        values: makes values of rows.
        order: in which rows are read, and locked.
        locks: the table whose rows the writer locks when it reads; None where it locks nothing.
    """

    select: Select[Any]
    values: Callable[[Iterable[Sequence[Any]]], list[Value]]
    order: Sequence[Column[Any]]
    locks: Table | None = None

    def position(self, name: str) -> int:
        """The index of a column in each row."""
        return list(self.select.selected_columns.keys()).index(name)


def _made_of_rows(
    rows: Select[Any], make: Callable[..., Value], *order: Column[Any], locks: Table | None = None
) -> Kind[Value]:
    """Values that are made of one row each, by a function whose parameters are named as the columns are."""
    return Kind(_with_columns(rows, make), lambda found: list(starmap(make, found)), order, locks)


def _with_columns(rows: Select[Any], *makers: Callable[..., Any]) -> Select[Any]:
    names = [
        name
        for make in makers
        for name, parameter in inspect.signature(make).parameters.items()
        if parameter.kind is parameter.POSITIONAL_OR_KEYWORD
    ]
    columns: list[ColumnElement[Any]] = [rows.selected_columns[name] for name in names]
    return rows.with_only_columns(*columns, maintain_column_froms=True)


def _subject_from(kind: str, subject_id: UUID) -> tuple[JobKind, UUID]:
    return JobKind(kind), subject_id


PAYMENTS = _made_of_rows(select(PAYMENT), payment_from, PAYMENT.c.id, locks=PAYMENT)
PURCHASES = _made_of_rows(PURCHASE_WITH_ACCESS, purchase_from, PURCHASE.c.id, locks=PURCHASE)
COURSES = Kind(_with_columns(COURSE_WITH_TIERS, course_from, tier_from), courses_from, (COURSE.c.id, TIER.c.rank))
REFUNDS = _made_of_rows(select(REFUND), refund_from, REFUND.c.id)
JOBS = _made_of_rows(select(JOB), job_from, JOB.c.id, locks=JOB)
SUBJECTS_OF_JOBS = _made_of_rows(select(JOB), _subject_from, JOB.c.id)
EVENTS = _made_of_rows(select(EVENT), event_from, EVENT.c.id)
RECORDS = _made_of_rows(select(RECORD), record_from, *RECORD.primary_key)
ENTRIES = _made_of_rows(select(AUDIT), entry_from, AUDIT.c.id)
