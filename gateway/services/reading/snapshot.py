"""What one operation knows of the books: what it was told by an outcome, and what it has read."""

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
    """Each thing is one and the same throughout an operation, until that is to `forget`.

    Things that are read are as they were last committed when they were first asked for. Things that are learnt of an
    outcome are as that command committed them; another command, even one of the same commit, may have changed them
    since, as it may have whatever is read. It is no snapshot of the database: two things may be of two moments.
    """

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._known: dict[tuple[Finder[Any, Any], Any], Any] = {}
        self._asked: dict[tuple[Finder[Any, Any], Any], Future[Any]] = {}

    async def find(self, finder: Finder[Key, Found], key: Key) -> Found:
        """What is found by a key. Raises what the source raises, and again for as long as it remembers."""
        found = self.ask(finder, key)
        return await found if isinstance(found, Future) else cast(Found, found)

    def ask(self, finder: Finder[Key, Found], key: Key) -> Found | Awaitable[Found]:
        """The same: at once where it is known, else to be awaited."""
        place = (finder, key)
        if place in self._known:
            return cast(Found, self._known[place])
        asked = self._asked.get(place)
        if asked is None or asked.cancelled():
            asked = self._asked[place] = self.reader.ask(finder, key)
        # Several parts of an operation may wait for it, and where one of them fails, its siblings are cancelled.
        return shield(asked)

    async def page(self, listing: Listing[Value], window: Window, wanted: Filter | None = None) -> Page[Value]:
        """What a window shows of a list as it was last committed. It is not remembered. Raises as the source does."""
        return await page(self.reader.source, listing, window, wanted)

    def forget(self) -> None:
        """Drop all that is known: it may have changed."""
        self._known.clear()
        self._asked.clear()

    def learn(self, outcome: Outcome) -> None:
        """Know what a command came to as it committed it, so that an answer is not read back."""
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
