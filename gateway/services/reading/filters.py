"""Which items of a list: conditions, each of which must hold where it is given."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, text
from sqlmodel import col

from db.job_tables import NO_EVENT, NOT_COMPLETED, JobRow
from db.tables import NOT_ACTIVE, NOT_FULFILLED, NOT_SUCCEEDED, OF_ADMINS, PaymentRow, PurchaseRow
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.values import Fulfilment, Origin, PaymentStatus, Provider, PurchaseStatus

Conditions = list[ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class PurchaseFilter:
    """Which purchases. Created from an instant on, and before another."""

    student_id: str | None = None
    course_id: UUID | None = None
    tier: str | None = None
    status: PurchaseStatus | None = None
    origin: Origin | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def conditions(self) -> Conditions:
        return [
            *_equal(col(PurchaseRow.student_id), self.student_id),
            *_equal(col(PurchaseRow.course_id), self.course_id),
            *_equal(col(PurchaseRow.tier), self.tier),
            *_equal(col(PurchaseRow.status), self.status, PurchaseStatus.ACTIVE, NOT_ACTIVE),
            *_equal(col(PurchaseRow.origin), self.origin, Origin.PAYMENT, OF_ADMINS),
            *_between(col(PurchaseRow.created_at), self.created_from, self.created_before),
        ]


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """Which payments. Created from an instant on, and before another."""

    student_id: str | None = None
    course_id: UUID | None = None
    tier: str | None = None
    provider: Provider | None = None
    status: PaymentStatus | None = None
    fulfilment: Fulfilment | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None

    def conditions(self) -> Conditions:
        return [
            *_equal(col(PaymentRow.student_id), self.student_id),
            *_equal(col(PaymentRow.course_id), self.course_id),
            *_equal(col(PaymentRow.tier), self.tier),
            *_equal(col(PaymentRow.provider), self.provider),
            *_equal(col(PaymentRow.status), self.status, PaymentStatus.SUCCEEDED, NOT_SUCCEEDED),
            *_equal(col(PaymentRow.fulfilment), self.fulfilment, Fulfilment.FULFILLED, NOT_FULFILLED),
            *_between(col(PaymentRow.created_at), self.created_from, self.created_before),
        ]


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs. `subject_ids` are those of what they are about: any of them."""

    state: JobState | None = None
    kind: JobKind | None = None
    subject_ids: frozenset[UUID] | None = None

    def conditions(self) -> Conditions:
        among = [] if self.subject_ids is None else [col(JobRow.subject_id).in_(sorted(self.subject_ids))]
        return [
            *_equal(col(JobRow.state), self.state, JobState.COMPLETED, NOT_COMPLETED),
            *_equal(col(JobRow.kind), self.kind, JobKind.EVENT_DELIVER, NO_EVENT),
            *among,
        ]


def _equal(column: Any, wanted: object, usual: object = None, unusual: str = "") -> Iterator[ColumnElement[bool]]:
    """The column's condition, where there is one.

    Args:
        usual: the value that most rows have. The others are in an index of their own, small and cheap to keep,
            which serves only a statement that says its condition too.
        unusual: that condition.
    """
    if wanted is not None:
        yield column == wanted
        if unusual and wanted is not usual:
            yield text(unusual)  # type: ignore[misc]  # a condition as well


def _between(column: Any, first: datetime | None, end: datetime | None) -> Iterator[ColumnElement[bool]]:
    if first is not None:
        yield column >= first
    if end is not None:
        yield column < end
