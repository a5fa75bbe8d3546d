"""The values that one operation knows: those in its command's outcome, and those that it has read."""

from asyncio import Future, shield
from collections.abc import Awaitable
from dataclasses import fields
from typing import Any, TypeVar, cast

from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Confirmed, Created, Outcome
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.values import Course, Fulfilment, Payment, Purchase, PurchaseStatus, Refund
from gateway.services.reading.filters import Filter
from gateway.services.reading.lists import Listing, page
from gateway.services.reading.lookups import (
    COURSE_BY_ID,
    JOB_BY_ID,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    PURCHASE_OF_PAYMENT,
    REFUND_BY_ID,
    SUCCESSOR,
)
from gateway.services.reading.reader import Finder, Reader

Key = TypeVar("Key")
Found = TypeVar("Found")
Value = TypeVar("Value")


class Snapshot:
    """Each value stays the same throughout an operation, until `forget`.

    A value that is read is as it was last committed when it was first asked for. A value from an outcome is as that
    command committed it; another command, even one of the same commit, may have changed it since, as with any value
    that is read. It is no snapshot of the database: two values may be of two moments."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._known: dict[tuple[Finder[Any, Any], Any], Any] = {}
        self._asked: dict[tuple[Finder[Any, Any], Any], Future[Any]] = {}

    async def find(self, finder: Finder[Key, Found], key: Key) -> Found:
        """What is found by a key. Raises what the source raises; the same key raises it again until `forget`."""
        found = self.ask(finder, key)
        return await found if isinstance(found, Future) else cast(Found, found)

    def ask(self, finder: Finder[Key, Found], key: Key) -> Found | Awaitable[Found]:
        """The same: the value itself where it is known, else an awaitable."""
        place = (finder, key)
        if place in self._known:
            return cast(Found, self._known[place])
        asked = self._asked.get(place)
        if asked is None or asked.cancelled():
            asked = self._asked[place] = self.reader.ask(finder, key)
        # Several parts of an operation may wait for it, and where one of them fails, its siblings are cancelled.
        return shield(asked)

    async def page(self, listing: Listing[Value], window: Window, wanted: Filter | None = None) -> Page[Value]:
        """A page of a list as it was last committed. It is not remembered. Raises as the source does."""
        return await page(self.reader.source, listing, window, wanted)

    def forget(self) -> None:
        """Drop all known values, because they may have changed."""
        self._known.clear()
        self._asked.clear()

    def learn(self, outcome: Outcome) -> None:
        """Keep the values of an outcome, so that the answer need not read them."""
        for each in fields(outcome):
            match getattr(outcome, each.name):
                case Payment() as payment:
                    self._know(PAYMENT_BY_ID, payment.id, payment)
                    if payment.fulfilment is Fulfilment.PENDING:
                        self._know(PURCHASE_OF_PAYMENT, payment.id, None)
                case Purchase() as purchase:
                    self._know(PURCHASE_BY_ID, purchase.id, purchase)
                    if purchase.payment_id is not None:
                        self._know(PURCHASE_OF_PAYMENT, purchase.payment_id, purchase)
                case Course() as course:
                    self._know(COURSE_BY_ID, course.id, course)
                case Refund() as refund:
                    self._know(REFUND_BY_ID, refund.id, refund)
                case Job() as job:
                    self._know(JOB_BY_ID, job.id, job)
        match outcome:
            case Confirmed(purchase=begun, already_processed=False) | Created(purchase=begun, already_processed=False):
                if begun.status is PurchaseStatus.ACTIVE:
                    self._know(SUCCESSOR, begun.id, None)
                if begun.supersedes is not None:  # perhaps one of the same commit, of which nothing came after it yet
                    self._know(SUCCESSOR, begun.supersedes, begun)

    def _know(self, finder: Finder[Key, Found], key: Key, found: Found) -> None:
        self._known[finder, key] = found
