"""The reads: payments, purchases and courses as they were last committed, many at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.tables import CourseRow, PaymentRow, PurchaseRow, RefundRow, StudentAccessRow, TierRow
from db.work import JobRow
from gateway.services import rows, work_rows
from gateway.services.core.values import Course, Origin, Payment, Purchase, PurchaseStatus, Refund
from gateway.services.core.work import Job, JobKind, JobState
from gateway.services.paging import Keys, Window, keys_of

Value = TypeVar("Value", Course, Purchase, Job)


@dataclass(frozen=True, slots=True)
class PurchaseFilter:
    """Which purchases; every condition that is given must hold."""

    student_id: str | None = None
    course_id: UUID | None = None
    tier: str | None = None
    status: PurchaseStatus | None = None
    origin: Origin | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class JobFilter:
    """Which jobs; every condition that is given must hold."""

    state: JobState | None = None
    kind: JobKind | None = None
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[Value]):
    """A window's items in the order of the list, and whether the list goes on at either side."""

    items: Sequence[Value]
    has_previous: bool
    has_next: bool


class Catalog:
    """Reads by SQLModel over the readers' engine; each call is a fixed number of statements."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def payments(self, ids: Collection[UUID]) -> dict[UUID, Payment]:
        async with AsyncSession(self._engine) as session:
            found = await session.exec(select(PaymentRow).where(col(PaymentRow.id).in_(ids)))
            return {row.id: rows.payment_from(row) for row in found}

    async def purchases(self, ids: Collection[UUID]) -> dict[UUID, Purchase]:
        return {found.id: found for found in await self._purchases(col(PurchaseRow.id).in_(ids))}

    async def purchases_of_payments(self, payment_ids: Collection[UUID]) -> dict[UUID, Purchase]:
        """The purchase that each payment led to, by the payment's id."""
        found = await self._purchases(col(PurchaseRow.payment_id).in_(payment_ids))
        return {purchase.payment_id: purchase for purchase in found if purchase.payment_id}

    async def successors(self, purchase_ids: Collection[UUID]) -> dict[UUID, Purchase]:
        """The purchase that superseded each one, by the superseded one's id; the latest where there were several."""
        found = await self._purchases(col(PurchaseRow.supersedes).in_(purchase_ids))
        return {purchase.supersedes: purchase for purchase in found if purchase.supersedes}

    async def refunds(self, ids: Collection[UUID]) -> dict[UUID, Refund]:
        async with AsyncSession(self._engine) as session:
            found = await session.exec(select(RefundRow).where(col(RefundRow.id).in_(ids)))
            return {row.id: rows.refund_from(row) for row in found}

    async def refunds_of_payments(self, payment_ids: Collection[UUID]) -> dict[UUID, list[Refund]]:
        """Each payment's refunds, the first one first; payments without any are left out."""
        statement = select(RefundRow).where(col(RefundRow.payment_id).in_(payment_ids)).order_by(col(RefundRow.id))
        found: dict[UUID, list[Refund]] = {}
        async with AsyncSession(self._engine) as session:
            for row in await session.exec(statement):
                found.setdefault(row.payment_id, []).append(rows.refund_from(row))
        return found

    async def jobs(self, ids: Collection[UUID]) -> dict[UUID, Job]:
        async with AsyncSession(self._engine) as session:
            found = await session.exec(select(JobRow).where(col(JobRow.id).in_(ids)))
            return {row.id: work_rows.job_from(row) for row in found}

    async def job_page(self, wanted: JobFilter, window: Window) -> Page[Job]:
        """Jobs by the time of their creation."""
        pairs: tuple[tuple[Any, object], ...] = (
            (col(JobRow.state), wanted.state and wanted.state.value),
            (col(JobRow.kind), wanted.kind and wanted.kind.value),
            (col(JobRow.subject_id), wanted.subject_id),
        )
        conditions: list[ColumnElement[bool]] = [column == value for column, value in pairs if value is not None]
        keys = await self._keys(col(JobRow.id), conditions, window)
        return _page(keys, await self.jobs(keys.ids))

    async def courses(self, ids: Collection[UUID]) -> dict[UUID, Course]:
        return {course.id: course for course in await self._courses(ids)}

    async def purchase_page(self, wanted: PurchaseFilter, window: Window) -> Page[Purchase]:
        """Purchases by the time of their creation."""
        keys = await self._keys(col(PurchaseRow.id), _conditions(wanted), window)
        return _page(keys, await self.purchases(keys.ids))

    async def course_page(self, window: Window) -> Page[Course]:
        """Courses by the time of their creation."""
        keys = await self._keys(col(CourseRow.id), [], window)
        return _page(keys, await self.courses(keys.ids))

    async def _keys(self, id_column: Any, conditions: Sequence[ColumnElement[bool]], window: Window) -> Keys:
        async with AsyncSession(self._engine) as session:
            return await keys_of(session, id_column, conditions, window)

    async def _purchases(self, condition: Any) -> list[Purchase]:
        statement = (
            select(PurchaseRow, StudentAccessRow)
            .join(StudentAccessRow, col(StudentAccessRow.purchase_id) == col(PurchaseRow.id))
            .where(condition)
            .order_by(col(PurchaseRow.id))
        )
        async with AsyncSession(self._engine) as session:
            return [
                rows.purchase_from(purchase, rows.access_from(access, access.status))
                for purchase, access in await session.exec(statement)
            ]

    async def _courses(self, ids: Collection[UUID]) -> list[Course]:
        statement = (
            select(CourseRow, TierRow)
            .join(TierRow, col(TierRow.course_id) == col(CourseRow.id))
            .where(col(CourseRow.id).in_(ids))
            .order_by(col(CourseRow.id), col(TierRow.rank))
        )
        courses: dict[UUID, Course] = {}
        async with AsyncSession(self._engine) as session:
            for course, tier in await session.exec(statement):
                before = courses[course.id].tiers if course.id in courses else ()
                tiers = (*before, rows.tier_from(tier))
                courses[course.id] = Course(course.id, course.title, tiers, course.created_at)
        return list(courses.values())


def _page(keys: Keys, found: dict[UUID, Value]) -> Page[Value]:
    # Rows are never deleted, so each key is found; were one gone between the two reads, the page is one shorter.
    items = [found[key] for key in keys.ids if key in found]
    return Page(items, keys.has_previous, keys.has_next)


def _conditions(wanted: PurchaseFilter) -> list[ColumnElement[bool]]:
    pairs: tuple[tuple[Any, object], ...] = (
        (col(PurchaseRow.student_id), wanted.student_id),
        (col(PurchaseRow.course_id), wanted.course_id),
        (col(PurchaseRow.tier), wanted.tier),
        (col(PurchaseRow.status), wanted.status and wanted.status.value),
        (col(PurchaseRow.origin), wanted.origin and wanted.origin.value),
    )
    conditions: list[ColumnElement[bool]] = [column == value for column, value in pairs if value is not None]
    if wanted.created_from is not None:
        conditions.append(col(PurchaseRow.created_at) >= wanted.created_from)
    if wanted.created_before is not None:
        conditions.append(col(PurchaseRow.created_at) < wanted.created_before)
    return conditions
