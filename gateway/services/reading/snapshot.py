"""The values that one operation knows: those in its command's outcome, and those that it has read."""

from asyncio import Future, shield
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar, cast

from db.types import id_from_bytes
from gateway.services.core.model.jobs import Job
from gateway.services.core.model.outcomes import Confirmed, Created, Outcome
from gateway.services.core.model.pages import Page, Window
from gateway.services.core.model.values import Course, Fulfilment, Payment, Purchase, PurchaseStatus, Refund
from gateway.services.reading.filters import Filter
from gateway.services.reading.later import Later
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
from gateway.services.reading.narrowing import Learnt, narrowed
from gateway.services.reading.reader import CANNOT, MOST_KEYS, Cannot, Finder, Reader
from gateway.services.rows.lookups import OfLookup

Key = TypeVar("Key")
Found = TypeVar("Found")
Value = TypeVar("Value")


class Snapshot:
    """Each value stays the same throughout an operation, until `forget`.

    A value that is read is as it was last committed when it was first asked for. A value from an outcome is as that
    command committed it; another command, even one of the same commit, may have changed it since, as with any value
    that is read. It is no snapshot of the database: two values may be of two moments."""

    __slots__ = ("_asked", "_known", "_known_stored", "_learnt", "reader")

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self._known: dict[Finder[Any, Any], dict[Any, Any]] = {}
        self._asked: dict[Finder[Any, Any], dict[Any, Future[Any]]] = {}
        """What is asked for and not known: a future of what is found for the key, and for others with it."""
        self._known_stored: dict[Finder[Any, Any], dict[bytes, Any]] = {}
        """What is known by ids as SQLite stores them, as long as nobody asks by the ids themselves."""
        self._learnt: Learnt | None = None

    async def find(self, finder: Finder[Key, Found], key: Key) -> Found:
        """What is found by a key. Raises what the source raises; the same key raises it again until `forget`."""
        found = self.ask(finder, key)
        return await found if isinstance(found, Awaitable) else found

    async def find_alone(self, finder: Finder[Key, Found], key: Key) -> Found:
        """The same for who asks by itself: without waiting where that can be, and not together with others. What it
        raises is not remembered."""
        found = self.find_all(finder, (key,))
        [one] = await found if isinstance(found, Later) else found
        return one

    def ask(self, finder: Finder[Key, Found], key: Key) -> Found | Awaitable[Found]:
        """The same: the value itself where it is known, else an awaitable: keys that are asked for one after the other
        share a statement."""
        known = self._all_known(finder)
        if known and key in known:
            return known[key]
        asked = self._ask_for(finder, (key,))[key]
        return Later(lambda: self._found_for(finder, key, asked))

    def find_all(self, finder: Finder[Key, Found], keys: Sequence[Key]) -> Sequence[Found] | Later[Sequence[Found]]:
        """What each of the keys finds, in their order: the values at once where they are known or can be looked up
        without waiting, else one awaitable.

        It raises what the source raises. Where it fails for one key it fails for all, and this is not remembered: asked
        for by itself, each key finds what it finds.

        An id may be given as SQLite stores it: to make one of that takes about as long as to look it up.
        """
        if bytes in (types := {*map(type, keys)}):
            if len(types) == 1 and (found := self._found_stored(finder, cast(Any, keys))) is not None:
                return found
            keys = [cast(Key, id_from_bytes(key)) if isinstance(key, bytes) else key for key in keys]
        known = self._all_known(finder)
        if len(keys) == 1:
            [key] = keys
            one = known[key] if key in known else self._look_up_one(finder, key, known)
            if one is not CANNOT:
                return [one]
        unknown = list(dict.fromkeys(key for key in keys if key not in known) if known else dict.fromkeys(keys))
        if unknown and not self._look_up(finder, unknown, known):
            asked = self._ask_for(finder, unknown)
            have, futures = dict(known), dict.fromkeys(asked[key] for key in unknown)
            return Later(lambda: self._found_for_all(keys, have, futures))
        return [known[key] for key in keys]

    def _found_stored(self, finder: Finder[Any, Found], ids: Sequence[bytes]) -> Sequence[Found] | None:
        """What each of the ids finds; None where it has to be asked for by the ids themselves."""
        if not isinstance(finder, OfLookup) or not finder.lookup.is_by_id:
            return None
        if self._known.get(finder) or self._asked.get(finder):
            return None  # some may be known by the ids, and a value stays the same
        known = self._known_stored.setdefault(finder, {})
        if unknown := [key for key in dict.fromkeys(ids) if key not in known]:
            found = self.reader.find_stored_now(cast(OfLookup[Any, Any, Any], self._narrowed(finder)), unknown)
            if found is None:
                return None
            if len(found) < len(unknown):
                known.update(dict.fromkeys(unknown, finder.absent))
            known.update(found)
        return [known[key] for key in ids]

    def _all_known(self, finder: Finder[Key, Found]) -> dict[Key, Found]:
        """What is known by the keys themselves, among it what was found by ids as they are stored."""
        known = self._known.setdefault(finder, {})
        if stored := self._known_stored.pop(finder, None):
            known.update((id_from_bytes(key), found) for key, found in stored.items())
        return known

    def _look_up_one(self, finder: Finder[Key, Found], key: Key, known: dict[Key, Any]) -> Found | Cannot:
        """What the key finds, where it can be looked up without waiting: then it is known."""
        if (asked := self._asked.get(finder)) and key in asked:
            return CANNOT
        found = self.reader.find_one_now(self._narrowed(finder), key)
        if found is not CANNOT:
            known[key] = found
        return found

    def _look_up(self, finder: Finder[Key, Found], keys: Sequence[Key], known: dict[Key, Found]) -> bool:
        """Whether the keys, none of which is known, could be looked up without waiting: then all of them are known."""
        if (asked := self._asked.get(finder)) and any(key in asked for key in keys):
            return False
        found = self.reader.find_now(self._narrowed(finder), keys)
        if found is None:
            return False
        known.update(found)
        if len(found) < len(keys):
            absent = finder.absent
            for key in keys:
                known.setdefault(key, absent)
        return True

    def _ask_for(self, finder: Finder[Key, Any], keys: Iterable[Key]) -> dict[Key, Future[Mapping[Key, Any]]]:
        """Ask the reader for those of the keys that it was not asked for yet. Returns what all keys are asked by."""
        asked, reading = self._asked.setdefault(finder, {}), self._narrowed(finder)
        unasked = [key for key in keys if (found := asked.get(key)) is None or found.cancelled()]
        for start in range(0, len(unasked), MOST_KEYS):
            part = unasked[start : start + MOST_KEYS]
            found = self.reader.ask_all(reading, part)
            asked.update(dict.fromkeys(part, found))
            if len(part) > 1:
                found.add_done_callback(partial(_forget_failure, asked, part))
        return asked

    def _narrowed(self, finder: Finder[Key, Found]) -> Finder[Key, Found]:
        return finder if self._learnt is None else narrowed(self._learnt, finder)

    async def _found_for(self, finder: Finder[Key, Found], key: Key, asked: Future[Mapping[Key, Found]]) -> Found:
        try:
            # Several parts of an operation may wait for it, and where one of them fails, its siblings are cancelled.
            return (await shield(asked))[key]
        except Exception:
            if self._asked.get(finder, {}).get(key) is asked:
                raise
        return await self.find(finder, key)  # it failed for another key, perhaps

    async def _found_for_all(
        self, keys: Sequence[Key], found: dict[Key, Found], asked: Iterable[Future[Mapping[Key, Found]]]
    ) -> Sequence[Found]:
        for each in asked:
            found |= await shield(each)
        return [found[key] for key in keys]

    async def page(self, listing: Listing[Value], window: Window, wanted: Filter | None = None) -> Page[Value]:
        """A page of a list as it was last committed. It is not remembered. Raises as the source does."""
        return await page(self.reader.source, listing, window, wanted, self._learnt)

    def narrow(self, learnt: Learnt) -> None:
        """From now on, read no more of any rows than this operation read in its earlier runs, as far as it was
        learnt. Where it reads more all the same, that raises `NotRead`: `forget`, and all of it is read again."""
        self._learnt = learnt

    def settle(self) -> None:
        """The operation came to its end, and what it read is all that it reads."""
        for each in (self._learnt or {}).values():
            each.settle()

    def forget(self) -> None:
        """Drop all known values, because they may have changed, and read whole rows."""
        self._learnt = None
        self._known, self._asked, self._known_stored = {}, {}, {}

    def learn(self, outcome: Outcome) -> None:
        """Keep the values of an outcome, so that the answer need not read them."""
        names = _NAMES.get(type(outcome)) or _names_of(type(outcome))
        for name in names:
            value = getattr(outcome, name)
            if learn := _LEARN.get(type(value)):
                learn(self, value)
        if isinstance(outcome, Confirmed | Created) and not outcome.already_processed:
            begun = outcome.purchase
            if begun.status is PurchaseStatus.ACTIVE:
                self._know(SUCCESSOR, begun.id, None)
            if begun.supersedes is not None:  # perhaps one of the same commit, of which nothing came after it yet
                self._know(SUCCESSOR, begun.supersedes, begun)

    def _learn_payment(self, payment: Payment) -> None:
        self._know(PAYMENT_BY_ID, payment.id, payment)
        if payment.fulfilment is Fulfilment.PENDING:
            self._know(PURCHASE_OF_PAYMENT, payment.id, None)

    def _learn_purchase(self, purchase: Purchase) -> None:
        self._know(PURCHASE_BY_ID, purchase.id, purchase)
        if purchase.payment_id is not None:
            self._know(PURCHASE_OF_PAYMENT, purchase.payment_id, purchase)

    def _know(self, finder: Finder[Key, Found], key: Key, found: Found) -> None:
        known = self._all_known(finder) if self._known_stored else self._known.setdefault(finder, {})
        known[key] = found


_LEARN: Mapping[type, Callable[[Snapshot, Any], None]] = {
    Payment: Snapshot._learn_payment,
    Purchase: Snapshot._learn_purchase,
    Course: lambda reads, course: reads._know(COURSE_BY_ID, course.id, course),
    Refund: lambda reads, refund: reads._know(REFUND_BY_ID, refund.id, refund),
    Job: lambda reads, job: reads._know(JOB_BY_ID, job.id, job),
}
"""What is known by each value of an outcome."""


def _names_of(outcome: type[Any]) -> tuple[str, ...]:
    return _NAMES.setdefault(outcome, tuple(each.name for each in fields(outcome)))


_NAMES: dict[type, tuple[str, ...]] = {}


def _forget_failure(asked: dict[Any, Future[Any]], keys: Iterable[Any], failed: Future[Any]) -> None:
    """Whichever of several keys it failed for, the others find something when they are asked for again."""
    if not failed.cancelled() and failed.exception():
        for key in keys:
            asked.pop(key, None)
