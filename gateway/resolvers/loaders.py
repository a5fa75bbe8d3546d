"""Rows by id for one request: what its fields ask for at one moment is read by one statement."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import TypeVar
from uuid import UUID

from strawberry.dataloader import DataLoader

from gateway.services.catalog import Catalog
from gateway.services.core.values import Course, Payment, Purchase, Refund

Value = TypeVar("Value")


class Loaders:
    """See `gateway.schema.context.Loads`. Lives as long as its request, so that nothing stale outlives it."""

    def __init__(self, catalog: Catalog) -> None:
        self._payments = _by_id(catalog.payments)
        self._purchases = _by_id(catalog.purchases)
        self._purchases_of_payments = _by_id(catalog.purchases_of_payments)
        self._successors = _by_id(catalog.successors)
        self._refunds = _by_id(catalog.refunds)
        self._refunds_of_payments = _by_id(catalog.refunds_of_payments)
        self._courses = _by_id(catalog.courses)

    async def payment(self, payment_id: UUID) -> Payment | None:
        return await self._payments.load(payment_id)

    async def purchase(self, purchase_id: UUID) -> Purchase | None:
        return await self._purchases.load(purchase_id)

    async def purchase_of_payment(self, payment_id: UUID) -> Purchase | None:
        return await self._purchases_of_payments.load(payment_id)

    async def successor(self, purchase_id: UUID) -> Purchase | None:
        return await self._successors.load(purchase_id)

    async def refund(self, refund_id: UUID) -> Refund | None:
        return await self._refunds.load(refund_id)

    async def refunds_of_payment(self, payment_id: UUID) -> list[Refund] | None:
        return await self._refunds_of_payments.load(payment_id)

    async def course(self, course_id: UUID) -> Course | None:
        return await self._courses.load(course_id)

    def forget(self) -> None:
        """Drop what was read: after a mutation it may have changed."""
        for loader in (
            self._payments,
            self._purchases,
            self._purchases_of_payments,
            self._successors,
            self._refunds,
            self._refunds_of_payments,
            self._courses,
        ):
            loader.clear_all()


def gathered(
    find: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Value]]],
) -> Callable[[UUID], Awaitable[Value | None]]:
    """A look-up by id, shared by all requests of a process: those that ask at one moment are read by one statement.

    It keeps nothing, so that each answer is as it was last committed.
    """
    return _by_id(find, is_cached=False).load


def _by_id(
    find: Callable[[Collection[UUID]], Awaitable[Mapping[UUID, Value]]], *, is_cached: bool = True
) -> DataLoader[UUID, Value | None]:
    async def load(keys: list[UUID]) -> list[Value | None]:
        found = await find(keys)
        return [found.get(key) for key in keys]

    return DataLoader(load_fn=load, cache=is_cached, max_batch_size=MOST_KEYS)


MOST_KEYS = 500
"""Keys of one statement: far below what either database takes as parameters."""
