"""Gathers the look-ups of all requests: those that arrive while a statement of their kind runs share the next one."""

import asyncio
from collections import deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Generic, Literal, Protocol, TypeAlias, TypeVar

from sqlalchemy import Dialect

from db.compiled import Raw
from db.errors import is_of_a_value
from gateway.services.measures import recording
from gateway.services.outages import Unavailable
from gateway.services.reading.source import Source
from gateway.services.rows.lookups import OfLookup, Single

Key = TypeVar("Key")
KeyOf = TypeVar("KeyOf", contravariant=True)
Found = TypeVar("Found")
FoundOf = TypeVar("FoundOf", covariant=True)

MOST_KEYS = 500
"""Keys of one statement; it bounds how long the first caller waits for the last."""


MOST_NOW = 128
"""Keys that are looked up at once: at 5 µs each, they hold the event loop up no longer than one answer does."""


AT_ONCE, GATHERED = "at once", "gathered"
"""The ways of a statement, for whoever counts them."""


class Now(Enum):
    """Which answers there are at once beside what is found, which may be anything."""

    CANNOT = "it can only be asked for"


CANNOT: Final = Now.CANNOT
Cannot: TypeAlias = Literal[Now.CANNOT]


class Finder(Hashable, Protocol[KeyOf, FoundOf]):
    """A kind of look-up, such as a `Lookup`: the keys asked of equal finders share a statement."""

    @property
    def absent(self) -> FoundOf:
        """What is found for a key that nothing has."""
        ...

    @property
    def is_brief(self) -> bool:
        """Whether its statements take microseconds, so that they may be asked between two steps of the event loop."""
        ...

    def asked(self, keys: Sequence[KeyOf], dialect: Dialect) -> tuple[str, Sequence[object]]:
        """The driver's statement for distinct keys, and its parameters."""
        ...

    def single(self, dialect: Dialect) -> Single[Any, FoundOf] | None:
        """The same for one key; None where its statements are not brief."""
        ...

    def found(self, rows: Sequence[Raw], dialect: Dialect) -> Mapping[Any, FoundOf]:
        """What was found for each key, from the statement's rows as the driver gives them; keys without anything may
        be left out."""
        ...


class Reader:
    """Finds values as they were last committed, without a cache: each answer is from a statement that was started after
    the call. There is no timer, so a single look-up never waits for others."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._waiting: dict[Finder[Any, Any], deque[_Question[Any, Any]]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    async def find(self, finder: Finder[Key, Found], key: Key) -> Found:
        """What is found by a key. Raises what the source raises, as do all others of the same statement; and for a key
        that no database takes, or whose rows no value can be made of, what is wrong with just that."""
        return await self.ask(finder, key)

    async def find_alone(self, finder: Finder[Key, Found], key: Key) -> Found:
        """The same for who asks by itself: without waiting where that can be, and not together with others."""
        found = self.find_one_now(finder, key)
        return await self.ask(finder, key) if found is CANNOT else found

    def ask(self, finder: Finder[Key, Found], key: Key) -> asyncio.Future[Found]:
        """The same, as a future for one caller. Cancelling it does not affect others."""
        future: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._ask(finder, _Question((key,), future, lambda found: found.get(key, finder.absent)))
        return future

    def ask_all(self, finder: Finder[Key, Found], keys: Sequence[Key]) -> asyncio.Future[Mapping[Key, Found]]:
        """What each of the keys finds, as one future for one caller: it fails where any of them does.

        Args:
            keys: at most `MOST_KEYS`.
        """
        future: asyncio.Future[Mapping[Key, Found]] = asyncio.get_running_loop().create_future()
        self._ask(finder, _Question(keys, future, lambda found: {key: found.get(key, finder.absent) for key in keys}))
        return future

    def find_now(self, finder: Finder[Key, Found], keys: Sequence[Key]) -> Mapping[Key, Found] | None:
        """What was found for distinct keys, without waiting; keys without anything may be left out. None where they can
        only be asked for: of a server, of a database that is busy or refuses the statement, or many at once.

        It raises what is wrong with a key that no database takes, or with a row that no value can be made of."""
        if not finder.is_brief or len(keys) > MOST_NOW:
            return None
        rows = self.source.fetch_now(*finder.asked(keys, self.source.dialect))
        if rows is None:
            return None
        _count(finder, AT_ONCE)
        return finder.found(rows, self.source.dialect)

    def find_one_now(self, finder: Finder[Key, Found], key: Key) -> Found | Cannot:
        """The same for one key, as most are asked for; `CANNOT` where it can only be asked for. Raises as that does."""
        single = finder.single(self.source.dialect)
        rows = None if single is None else self.source.fetch_now(single.sql, single.bound(key))
        if single is None or rows is None:
            return CANNOT
        if recording.measures is not None:
            _count(finder, AT_ONCE)
        return single.found(rows)

    def find_stored_now(self, finder: OfLookup[Any, Any, Found], ids: Sequence[bytes]) -> Mapping[bytes, Found] | None:
        """The same of a look-up by ids, for ids as SQLite stores them, and found by them. Raises as `find_now` does."""
        lookup, dialect = finder.lookup, self.source.dialect
        if not lookup.is_brief or len(ids) > MOST_NOW:
            return None
        rows = self.source.fetch_now(*lookup.asked_stored(ids, dialect))
        if rows is None:
            return None
        _count(finder, AT_ONCE)
        return lookup.gather_stored(finder.views(rows, dialect))

    def _ask(self, finder: Finder[Key, Found], question: "_Question[Key, Found]") -> None:
        waiting = self._waiting.get(finder)
        if waiting is None:
            waiting = self._waiting[finder] = deque()
            # It starts after all tasks that are ready now have run, so that they can ask as well.
            serving = asyncio.get_running_loop().create_task(self._serve(finder, waiting), name="reader")
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        waiting.append(question)

    async def _serve(self, finder: Finder[Key, Found], waiting: "deque[_Question[Key, Found]]") -> None:
        try:
            while waiting:
                if batch := _next_batch(waiting):
                    await self._answer(finder, batch)
        finally:
            del self._waiting[finder]
            for question in waiting:
                question.future.cancel()

    async def _answer(self, finder: Finder[Key, Found], batch: "Sequence[_Question[Key, Found]]") -> None:
        keys = list(dict.fromkeys(key for question in batch for key in question.keys))
        try:
            found = self.find_now(finder, keys)
            if found is None:
                rows = await self.source.fetch(*finder.asked(keys, self.source.dialect))
                _count(finder, GATHERED)
                found = finder.found(rows, self.source.dialect)
        except Exception as error:  # noqa: BLE001  whatever it is, it must reach those who wait
            may_differ = not isinstance(error, Unavailable) and is_of_a_value(error)
            if len(keys) > 1 and len(batch) > 1 and may_differ:
                await self._answer_in_halves(finder, batch, keys)
            for question in batch:
                if not question.future.done():
                    question.future.set_exception(error)
        else:
            for question in batch:
                if not question.future.done():
                    question.future.set_result(question.answer(found))
        finally:
            for question in batch:
                question.future.cancel()  # only where the process stops meanwhile; else each is done already

    async def _answer_in_halves(
        self, finder: Finder[Key, Found], batch: "Sequence[_Question[Key, Found]]", keys: Sequence[Key]
    ) -> None:
        """Until what is wrong stands alone, and fails alone: one row that a hand has spoilt is nobody else's."""
        places = {key: place for place, key in enumerate(keys)}
        together = sorted(batch, key=lambda question: places[question.keys[0]])  # the same key in the same half
        middle = len(together) // 2
        for half in (together[:middle], together[middle:]):
            await self._answer(finder, half)


@dataclass(frozen=True, slots=True, eq=False)
class _Question(Generic[Key, Found]):
    """What one caller asked.

    Args:
        answer: makes what the caller waits for of what was found for the keys that anything has.
    """

    keys: Sequence[Key]
    future: asyncio.Future[Any]
    answer: Callable[[Mapping[Key, Found]], object]


def _next_batch(waiting: deque[_Question[Key, Found]]) -> list[_Question[Key, Found]]:
    """The questions that share the next statement; those that were given up meanwhile are left out."""
    batch: list[_Question[Key, Found]] = []
    keys = set[Key]()
    while waiting and len(keys) + sum(key not in keys for key in waiting[0].keys) <= MOST_KEYS:
        question = waiting.popleft()
        if not question.future.done():
            batch.append(question)
            keys.update(question.keys)
    return batch


def _count(finder: Finder[Any, Any], way: str) -> None:
    if (measures := recording.measures) is not None:
        measures.reads.add(getattr(finder, "name", None) or type(finder).__name__, way)
