"""The reads: payments, purchases, courses and jobs as they were last committed, many at a time or a page of them."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from gateway.services.core.model.jobs import Job
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Course, Payment, Purchase, Refund
from gateway.services.reading import lists
from gateway.services.reading.filters import JobFilter, PaymentFilter, PurchaseFilter
from gateway.services.reading.histories import histories
from gateway.services.reading.source import Source
from gateway.services.rows import lookups
from gateway.services.rows.lookups import Lookup


class Catalog:
    """Reads of the books as they were last committed; each call is one statement."""

    def __init__(self, source: Source) -> None:
        self._source = source

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
        return await histories(self._source, subject_ids, window)

    async def payment_page(self, wanted: PaymentFilter, window: Window) -> Page[Payment]:
        return await lists.page(self._source, lists.PAYMENTS, window, wanted)

    async def purchase_page(self, wanted: PurchaseFilter, window: Window) -> Page[Purchase]:
        return await lists.page(self._source, lists.PURCHASES, window, wanted)

    async def job_page(self, wanted: JobFilter, window: Window) -> Page[Job]:
        return await lists.page(self._source, lists.JOBS, window, wanted)

    async def course_page(self, window: Window) -> Page[Course]:
        return await lists.page(self._source, lists.COURSES, window)

    async def _found(self, lookup: Lookup[Any, Any, Any], keys: Collection[Any]) -> dict[Any, Any]:
        among = lookup.among.parameters(list(keys), self._source.dialect)
        found = await self._source.rows(lookup.statement, **among)
        return dict(lookup.gather(lookup.kind.values(found)))
