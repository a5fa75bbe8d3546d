"""The hub of this process, fed with what every process commits."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

from db.feed import FeedLost, Note
from gateway.services.changes.commits import commit_from
from gateway.services.changes.hub import Hub
from gateway.services.core.model.values import Payment, Purchase
from gateway.services.outages import Outages

LOST = "the changes of other processes cannot be followed"

RETRY_S = 1.0
"""Between two tries to reach the database again."""

READY_S = 10.0
"""How long a new subscriber waits for the feed; reaching a database takes milliseconds."""

Follow = Callable[[], AsyncGenerator[Sequence[Note], None]]


class FeedUnavailable(Exception):
    """Changes of other processes cannot be followed now, so a subscriber would miss some."""


@dataclass(frozen=True, slots=True)
class Live:
    """The hub, the feed into it, and reads that all subscribers of the process share.

    Args:
        follow: starts a new feed of what is committed, see `db.feed.follow`.
        find_payment, find_purchase: read one as it was last committed.
    """

    hub: Hub
    follow: Follow
    find_payment: Callable[[UUID], Awaitable[Payment | None]]
    find_purchase: Callable[[UUID], Awaitable[Purchase | None]]
    outages: Outages = field(default_factory=lambda: Outages("changes"))
    _is_ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def ready(self) -> None:
        """Return once nothing that is committed from now on can be missed.

        Raises:
            FeedUnavailable: the database cannot be followed.
        """
        try:
            async with asyncio.timeout(READY_S):
                await self._is_ready.wait()
        except TimeoutError:
            raise FeedUnavailable from None

    async def run(self) -> None:
        """Follow the feed while there are subscribers, for ever. One follower, however many they are."""
        while True:
            if not self.outages.is_on:  # else its end is looked for, though nobody waits
                await self.hub.is_wanted.wait()
            try:
                await self._follow_while_wanted()
                continue
            except FeedLost as lost:
                self.outages.note(LOST, str(lost), 0)
            except Exception as error:  # noqa: BLE001  whatever it is, the next try may go well
                self.outages.note_unexpected(LOST, error)
            self._is_ready.clear()
            await asyncio.sleep(RETRY_S)

    async def _follow_while_wanted(self) -> None:
        async with aclosing(self.follow()) as looks:
            async for notes in looks:
                if self.outages.is_on:
                    self.hub.catch_up()
                    self.outages.end()
                self._is_ready.set()
                for note in notes:
                    self.hub.publish(commit_from(note))
                if not self.hub.is_wanted.is_set():
                    # At once: a subscriber that comes while the connection closes must wait for the next one.
                    self._is_ready.clear()
                    return
