"""Rows by their keys for one request: what its fields ask for at one moment is read by one statement."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from gateway.services.core.model.jobs import Job
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.records import AuditEntry
from gateway.services.core.model.values import Course, Payment, Purchase, PurchaseStatus, Refund
from gateway.services.reading.filters import PaymentFilter, PurchaseFilter
from gateway.services.reading.lookups import Catalog

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST_KEYS = 500
"""Keys of one statement: far below what either database takes as parameters."""


class Loaders:
    """See `gateway.context.Loads`. Lives as long as its request, so that nothing stale outlives it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._payments = _by_key(catalog.payments)
        self._purchases = _by_key(catalog.purchases)
        self._purchases_of_payments = _by_key(catalog.purchases_of_payments)
        self._successors = _by_key(catalog.successors)
        self._held = _by_key(catalog.held)
        self._refunds = _by_key(catalog.refunds)
        self._refunds_of_payments = _by_key(catalog.refunds_of_payments)
        self._jobs = _by_key(catalog.jobs)
        self._courses = _by_key(catalog.courses)
        self._histories: DataLoader[tuple[UUID, Window], Page[AuditEntry]] = DataLoader(
            load_fn=self._load_histories, max_batch_size=MOST_KEYS
        )

    async def payment(self, payment_id: UUID) -> Payment | None:
        return await self._payments.load(payment_id)

    async def purchase(self, purchase_id: UUID) -> Purchase | None:
        return await self._purchases.load(purchase_id)

    async def purchase_of_payment(self, payment_id: UUID) -> Purchase | None:
        return await self._purchases_of_payments.load(payment_id)

    async def successor(self, purchase_id: UUID) -> Purchase | None:
        return await self._successors.load(purchase_id)

    async def held_purchase(self, student_id: str, course_id: UUID) -> Purchase | None:
        return await self._held.load((student_id, course_id))

    async def refund(self, refund_id: UUID) -> Refund | None:
        return await self._refunds.load(refund_id)

    async def refunds_of_payment(self, payment_id: UUID) -> list[Refund] | None:
        return await self._refunds_of_payments.load(payment_id)

    async def job(self, job_id: UUID) -> Job | None:
        return await self._jobs.load(job_id)

    async def course(self, course_id: UUID) -> Course | None:
        return await self._courses.load(course_id)

    async def history(self, subject_id: UUID, window: Window) -> Page[AuditEntry]:
        return await self._histories.load((subject_id, window))

    async def purchases_of_student(
        self, student_id: str | None, status: PurchaseStatus | None, window: Window
    ) -> Page[Purchase]:
        if student_id is None:
            return NOBODYS
        return await self._catalog.purchase_page(PurchaseFilter(student_id=student_id, status=status), window)

    async def payments_of_student(self, student_id: str | None, window: Window) -> Page[Payment]:
        if student_id is None:
            return NOBODYS
        return await self._catalog.payment_page(PaymentFilter(student_id=student_id), window)

    def forget(self) -> None:
        """Drop what was read: after a mutation it may have changed."""
        for loader in (
            self._payments,
            self._purchases,
            self._purchases_of_payments,
            self._successors,
            self._held,
            self._refunds,
            self._refunds_of_payments,
            self._jobs,
            self._courses,
            self._histories,
        ):
            loader.clear_all()

    async def _load_histories(self, keys: list[tuple[UUID, Window]]) -> list[Page[AuditEntry]]:
        """One read for each window: a document asks for few, however many payments and purchases it shows."""
        subjects: dict[Window, list[UUID]] = {}
        for subject_id, window in keys:
            subjects.setdefault(window, []).append(subject_id)
        found = {window: await self._catalog.histories(ids, window) for window, ids in subjects.items()}
        return [found[window][subject_id] for subject_id, window in keys]


def gathered(
    find: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Value]]],
) -> Callable[[UUID], Awaitable[Value | None]]:
    """A look-up by id, shared by all requests of a process: those that ask at one moment are read by one statement.

    It keeps nothing, so that each answer is as it was last committed.
    """
    return _by_key(find, is_cached=False).load


def _by_key(
    find: Callable[[Collection[Key]], Awaitable[Mapping[Key, Value]]], *, is_cached: bool = True
) -> DataLoader[Key, Value | None]:
    async def load(keys: list[Key]) -> list[Value | None]:
        found = await find(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load, cache=is_cached, max_batch_size=MOST_KEYS)


NOBODYS: Page[Any] = Page((), (), has_previous=False, has_next=False)
"""A list of what nobody has."""
