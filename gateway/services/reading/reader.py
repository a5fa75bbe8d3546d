"""Look-ups of all requests, gathered: what is asked while one statement of a kind runs waits for the next."""

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
"""Keys of one statement; it bounds how long the first that asks waits for the last."""


class Finder(Hashable, Protocol[KeyOf, FoundOf]):
    """A kind of look-up, such as a Lookup: what is asked of equal ones is asked together."""

    @property
    def absent(self) -> FoundOf:
        """What is found for a key that nothing has."""
        ...

    @property
    def statement(self) -> Statement: ...

    def parameters(self, keys: Sequence[KeyOf], dialect: Dialect) -> Mapping[str, object]:
        """Keys that differ, as the statement takes them."""
        ...

    def found(self, rows: Sequence[Sequence[Any]]) -> Mapping[Any, FoundOf]:
        """What the statement's rows say of each key; one that nothing has may be left out."""
        ...


class Reader:
    """Finds values as they were last committed, and keeps nothing: each answer is of a statement that was begun after
    it was asked for. There is no timer, so that a lone look-up waits for nobody."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._waiting: dict[Finder[Any, Any], deque[tuple[Any, asyncio.Future[Any]]]] = {}
        self._serving: set[asyncio.Task[None]] = set()

    async def find(self, finder: Finder[Key, Found], key: Key) -> Found:
        """What is found by a key. Raises what the source raises, as do all others of the same statement; and for a key
        that no database takes, or whose rows no value can be made of, what is wrong with just that."""
        return await self.ask(finder, key)

    def ask(self, finder: Finder[Key, Found], key: Key) -> asyncio.Future[Found]:
        """The same, to be awaited by one. To cancel it harms nobody else."""
        loop = asyncio.get_running_loop()
        asked: asyncio.Future[Found] = loop.create_future()
        waiting = self._waiting.get(finder)
        if waiting is None:
            waiting = self._waiting[finder] = deque()
            # It begins once everything has had its turn that is ready now, and may ask as well.
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
                asked.cancel()  # where the process ends meanwhile; else each is done

    async def _answer_in_halves(
        self, finder: Finder[Key, Found], batch: Mapping[Key, Sequence[asyncio.Future[Found]]]
    ) -> None:
        """Until what is wrong stands alone, and fails alone: one row that a hand has spoilt is nobody else's."""
        keys = list(batch)
        middle = len(keys) // 2
        for half in (keys[:middle], keys[middle:]):
            await self._answer(finder, {key: batch[key] for key in half})
