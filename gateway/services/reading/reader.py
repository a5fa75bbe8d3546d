"""Gathers the look-ups of all requests: those that arrive while a statement of their kind runs share the next one."""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from sqlalchemy import Dialect

from db.compiled import Statement
from db.errors import is_of_a_value
from gateway.services.reading.source import Source

Key = TypeVar("Key")
KeyOf = TypeVar("KeyOf", contravariant=True)
Found = TypeVar("Found")
FoundOf = TypeVar("FoundOf", covariant=True)

MOST_KEYS = 500
"""Keys of one statement; it bounds how long the first caller waits for the last."""


class Finder(Hashable, Protocol[KeyOf, FoundOf]):
    """A kind of look-up, such as a `Lookup`: the keys asked of equal finders share a statement."""

    @property
    def absent(self) -> FoundOf:
        """What is found for a key that nothing has."""
        ...

    @property
    def statement(self) -> Statement: ...

    def parameters(self, keys: Sequence[KeyOf], dialect: Dialect) -> Mapping[str, object]:
        """The parameters of the statement for distinct keys."""
        ...

    def found(self, rows: Sequence[Sequence[Any]]) -> Mapping[Any, FoundOf]:
        """What was found for each key, from the statement's rows; keys without anything may be left out."""
        ...


class Reader:
    """Finds values as they were last committed, without a cache: each answer is from a statement that was started after
    the call. There is no timer, so a single look-up never waits for others."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._waiting: dict[Finder[Any, Any], deque[tuple[Any, asyncio.Future[Any]]]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    async def find(self, finder: Finder[Key, Found], key: Key) -> Found:
        """What is found by a key. Raises what the source raises, as do all others of the same statement; and for a key
        that no database takes, or whose rows no value can be made of, what is wrong with just that."""
        return await self.ask(finder, key)

    def ask(self, finder: Finder[Key, Found], key: Key) -> asyncio.Future[Found]:
        """The same, as a future for one caller. Cancelling it does not affect others."""
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[Found] = loop.create_future()
        waiting = self._waiting.get(finder)
        if waiting is None:
            waiting = self._waiting[finder] = deque()
            # It starts after all tasks that are ready now have run, so that they can ask as well.
            serving = loop.create_task(self._serve(finder, waiting), name="reader")
            self._serving.add(serving)
            serving.add_done_callback(self._serving.discard)
        waiting.append((key, asked))
        return asked

    async def _serve(self, finder: Finder[Key, Found], waiting: deque[tuple[Key, asyncio.Future[Found]]]) -> None:
        try:
            while waiting:
                batch: dict[Key, list[asyncio.Future[Found]]] = {}
                while waiting and (waiting[0][0] in batch or len(batch) < MOST_KEYS):
                    key, asked = waiting.popleft()
                    if not asked.done():
                        batch.setdefault(key, []).append(asked)
                if batch:
                    await self._answer(finder, batch)
        finally:
            del self._waiting[finder]
            for _, asked in waiting:
                asked.cancel()

    async def _answer(self, finder: Finder[Key, Found], batch: Mapping[Key, Sequence[asyncio.Future[Found]]]) -> None:
        everybody = [asked for of_key in batch.values() for asked in of_key]
        try:
            parameters = finder.parameters(list(batch), self.source.dialect)
            found = finder.found(await self.source.rows(finder.statement, **parameters))
        except Exception as error:  # noqa: BLE001  whatever it is, it must reach those who wait
            if len(batch) > 1 and is_of_a_value(error):
                await self._answer_in_halves(finder, batch)
            for asked in everybody:
                if not asked.done():
                    asked.set_exception(error)
        else:
            for key, of_key in batch.items():
                for asked in of_key:
                    if not asked.done():
                        asked.set_result(found.get(key, finder.absent))
        finally:
            for asked in everybody:
                asked.cancel()  # only where the process stops meanwhile; else each is done already

    async def _answer_in_halves(
        self, finder: Finder[Key, Found], batch: Mapping[Key, Sequence[asyncio.Future[Found]]]
    ) -> None:
        """Until what is wrong stands alone, and fails alone: one row that a hand has spoilt is nobody else's."""
        keys = list(batch)
        middle = len(keys) // 2
        for half in (keys[:middle], keys[middle:]):
            await self._answer(finder, {key: batch[key] for key in half})
