"""The reads: payments, purchases, courses and jobs as they were last committed, many at a time or a page of them."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from db.job_tables import JobRow
from db.tables import CourseRow, PaymentRow, PurchaseRow, RefundRow, StudentAccessRow, TierRow
from gateway.services import job_rows, rows
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Course, Payment, Purchase, PurchaseStatus, Refund
from gateway.services.reading.filters import JobFilter, PaymentFilter, PurchaseFilter
from gateway.services.reading.histories import histories
from gateway.services.reading.windows import Keys, Order, keys_of

Value = TypeVar("Value", Course, Payment, Purchase, Job)

COURSES = Order(col(CourseRow.id))
PAYMENTS = Order(col(PaymentRow.id), col(PaymentRow.created_at))
PURCHASES = Order(col(PurchaseRow.id), col(PurchaseRow.created_at))
JOBS = Order(col(JobRow.id))
"""How the lists are ordered: by the time of creation. Where that is asked for by itself, ids are not exact enough."""


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
            return {row.id: job_rows.job_from(row) for row in found}

    async def courses(self, ids: Collection[UUID]) -> dict[UUID, Course]:
        return {course.id: course for course in await self._courses(ids)}

    async def held(self, pairs: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Purchase]:
        """What counts for each student and course: the active purchase, or else the latest that there was."""
        pair = tuple_(col(PurchaseRow.student_id), col(PurchaseRow.course_id))
        found = await self._purchases(pair.in_(pairs))
        found.sort(key=lambda each: (each.status is PurchaseStatus.ACTIVE, each.created_at, each.id))
        return {(purchase.student_id, purchase.course_id): purchase for purchase in found}

    async def histories(self, subject_ids: Collection[UUID], window: Window) -> dict[UUID, Page[AuditEntry]]:
        """What was done to each payment or purchase, the same window of each."""
        return await histories(self._engine, subject_ids, window)

    async def payment_page(self, wanted: PaymentFilter, window: Window) -> Page[Payment]:
        keys = await self._keys(PAYMENTS, wanted.conditions(), window)
        return _page(keys, await self.payments(_ids(keys)))

    async def purchase_page(self, wanted: PurchaseFilter, window: Window) -> Page[Purchase]:
        keys = await self._keys(PURCHASES, wanted.conditions(), window)
        return _page(keys, await self.purchases(_ids(keys)))

    async def job_page(self, wanted: JobFilter, window: Window) -> Page[Job]:
        keys = await self._keys(JOBS, wanted.conditions(), window)
        return _page(keys, await self.jobs(_ids(keys)))

    async def course_page(self, window: Window) -> Page[Course]:
        keys = await self._keys(COURSES, [], window)
        return _page(keys, await self.courses(_ids(keys)))

    async def _keys(self, order: Order, conditions: Sequence[ColumnElement[bool]], window: Window) -> Keys:
        async with AsyncSession(self._engine) as session:
            return await keys_of(session, order, conditions, window)

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
            .join(TierRow, col(TierRow.course_id) == col(CourseRow.id), isouter=True)
            .where(col(CourseRow.id).in_(ids))
            .order_by(col(CourseRow.id), col(TierRow.rank))
        )
        courses: dict[UUID, Course] = {}
        async with AsyncSession(self._engine) as session:
            for course, tier in await session.exec(statement):
                before = courses[course.id].tiers if course.id in courses else ()
                found: TierRow | None = tier  # by the outer join
                tiers = before if found is None else (*before, rows.tier_from(found))
                courses[course.id] = Course(course.id, course.title, tiers, course.created_at)
        return list(courses.values())


def _ids(keys: Keys) -> list[UUID]:
    return [place.id for place in keys.places]


def _page(keys: Keys, found: dict[UUID, Value]) -> Page[Value]:
    # Rows are never deleted, so each key is found; were one gone between the two reads, the page is one shorter.
    places = [place for place in keys.places if place.id in found]
    return Page([found[place.id] for place in places], places, keys.has_previous, keys.has_next)
