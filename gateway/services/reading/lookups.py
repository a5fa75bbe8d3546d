"""The reads: payments, purchases, courses and jobs as they were last committed, many at a time or a page of them."""

from collections.abc import Collection, Sequence
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from db.job_tables import JobRow
from db.tables import CourseRow, PaymentRow, PurchaseRow
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Course, Payment, Purchase, Refund
from gateway.services.reading.filters import JobFilter, PaymentFilter, PurchaseFilter
from gateway.services.reading.histories import histories
from gateway.services.reading.windows import Keys, Order, keys_of
from gateway.services.rows import lookups
from gateway.services.rows.lookups import Lookup

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
        return await self._found(lookups.PAYMENT_BY_ID, ids)

    async def purchases(self, ids: Collection[UUID]) -> dict[UUID, Purchase]:
        return await self._found(lookups.PURCHASE_BY_ID, ids)

    async def purchases_of_payments(self, payment_ids: Collection[UUID]) -> dict[UUID, Purchase]:
        """The purchase that each payment led to, by the payment's id."""
        return await self._found(lookups.PURCHASE_OF_PAYMENT, payment_ids)

    async def successors(self, purchase_ids: Collection[UUID]) -> dict[UUID, Purchase]:
        """The purchase that superseded each one, by the superseded one's id; the latest where there were several."""
        return await self._found(lookups.SUCCESSOR, purchase_ids)

    async def refunds(self, ids: Collection[UUID]) -> dict[UUID, Refund]:
        return await self._found(lookups.REFUND_BY_ID, ids)

    async def refunds_of_payments(self, payment_ids: Collection[UUID]) -> dict[UUID, list[Refund]]:
        """Each payment's refunds, the first one first; payments without any are left out."""
        return await self._found(lookups.REFUNDS_OF_PAYMENT, payment_ids)

    async def jobs(self, ids: Collection[UUID]) -> dict[UUID, Job]:
        return await self._found(lookups.JOB_BY_ID, ids)

    async def courses(self, ids: Collection[UUID]) -> dict[UUID, Course]:
        return await self._found(lookups.COURSE_BY_ID, ids)

    async def held(self, pairs: Collection[tuple[str, UUID]]) -> dict[tuple[str, UUID], Purchase]:
        """What counts for each student and course: the active purchase, or else the latest that there was."""
        return await self._found(lookups.HELD_PURCHASE, pairs)

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

    async def _found(self, lookup: Lookup[Any, Any, Any], keys: Collection[Any]) -> dict[Any, Any]:
        async with self._engine.connect() as connection:
            parameters = lookup.among.parameters(list(keys), connection.dialect)
            found = (await connection.execute(lookup.statement.select, parameters)).all()
        return dict(lookup.gather(lookup.kind.values(found)))


def _ids(keys: Keys) -> list[UUID]:
    return [place.id for place in keys.places]


def _page(keys: Keys, found: dict[UUID, Value]) -> Page[Value]:
    # Rows are never deleted, so each key is found; were one gone between the two reads, the page is one shorter.
    places = [place for place in keys.places if place.id in found]
    return Page([found[place.id] for place in places], places, keys.has_previous, keys.has_next)
