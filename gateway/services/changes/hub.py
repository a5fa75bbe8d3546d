"""Who waits for which change: the subscribers of this process, each with an inbox that is bounded."""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Hashable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from gateway.services.changes.commits import Commit
from gateway.services.core.model.overview.changed import ChangedKind

Key = TypeVar("Key", bound=Hashable)

MOST_WAITING = 1_000
"""Distinct ids in one inbox. A reader who is that far behind is better served by the present state."""

MOST_SUBSCRIBERS = 10_000
"""Of one process: each costs some kilobytes, and its connection."""

REMEMBERED = 4_096
"""Commits whose ids are remembered, so that none is published twice: more than a follower can be late by."""


class SubscriptionLost(Exception):
    """Changes were lost, or may have been; whoever waits begins again with the present state."""


class TooManySubscribers(Exception):
    """This process has as many as it can serve."""


@dataclass(frozen=True, slots=True)
class Topic:
    """What an inbox is for: one payment; or purchases, of one student or everybody, and of one course or all."""

    payment_id: UUID | None = None
    student_id: str | None = None
    course_id: UUID | None = None


class Inbox(Generic[Key]):
    """The ids, or kinds, of what changed and was not yet taken, each once however often it changed."""

    def __init__(self, most: int = MOST_WAITING) -> None:
        self._most = most
        self._ids: OrderedDict[Key, None] = OrderedDict()
        self._arrived = asyncio.Event()
        self._is_lost = False

    def put(self, changed_id: Key) -> None:
        """Note a change. Beyond what an inbox holds, the subscription is lost, and its inbox with it."""
        if self._is_lost:
            return
        self._ids[changed_id] = None
        self._arrived.set()
        if len(self._ids) > self._most:
            self.lose()

    def lose(self) -> None:
        self._is_lost = True
        self._ids.clear()
        self._arrived.set()

    async def take(self) -> Key:
        """The id that has waited longest, as soon as there is one.

        Raises:
            SubscriptionLost: too much was waiting, or the feed broke off.
        """
        await self._arrived.wait()
        if self._is_lost:
            raise SubscriptionLost
        changed_id, _ = self._ids.popitem(last=False)
        if not self._ids:
            self._arrived.clear()
        return changed_id

    async def take_all(self) -> list[Key]:
        """All that wait, as soon as there is one. Raises: as `take`."""
        taken = [await self.take()]
        taken += self._ids
        self._ids.clear()
        self._arrived.clear()
        return taken


class Hub:
    """Publishes each commit, once, to the inboxes that it concerns. It belongs to one event loop, and never waits."""

    def __init__(self, most_subscribers: int = MOST_SUBSCRIBERS, most_waiting: int = MOST_WAITING) -> None:
        self._most_subscribers, self._most_waiting = most_subscribers, most_waiting
        self._inboxes: dict[Topic | ChangedKind, set[Inbox[Any]]] = {}
        self._published: OrderedDict[UUID, None] = OrderedDict()
        self.is_wanted = asyncio.Event()
        """Set while there are subscribers."""
        self.subscribers = 0

    @contextmanager
    def inbox(self, topic: Topic) -> Iterator[Inbox[UUID]]:
        """An inbox for as long as somebody waits; what is committed from now on is in it.

        Raises:
            TooManySubscribers: there is no room for one more.
        """
        inbox: Inbox[UUID] = Inbox(self._most_waiting)
        with self._open(inbox, [topic]):
            yield inbox

    @contextmanager
    def inbox_of_kinds(self, kinds: Iterable[ChangedKind]) -> Iterator[Inbox[ChangedKind]]:
        """Likewise for whoever waits for anything of these kinds. At first all of them are in it, for nobody knows what
        changed before."""
        inbox: Inbox[ChangedKind] = Inbox(self._most_waiting)
        wanted = list(dict.fromkeys(kinds))
        with self._open(inbox, wanted):
            for kind in wanted:
                inbox.put(kind)
            yield inbox

    def publish(self, commit: Commit) -> None:
        """Put a commit into the inboxes. A second time, as when the feed brings this process its own, does nothing."""
        if commit.id in self._published:
            return
        self._published[commit.id] = None
        if len(self._published) > REMEMBERED:
            self._published.popitem(last=False)
        if not self._inboxes:  # as in most processes at most times
            return
        for payment_id in commit.payments:
            self._put(Topic(payment_id=payment_id), payment_id)
        for each in commit.purchases:
            for student_id in (each.student_id, None):
                for course_id in (each.course_id, None):
                    self._put(Topic(student_id=student_id, course_id=course_id), each.purchase_id)
        for kind in commit.kinds:
            self._put(kind, kind)

    def catch_up(self) -> None:
        """After the feed broke off: payments are read again, and all kinds may have changed; inboxes of purchases are
        lost, as any may have changed."""
        for topic, inboxes in self._inboxes.items():
            for inbox in inboxes:
                if isinstance(topic, ChangedKind):
                    inbox.put(topic)
                elif topic.payment_id is not None:
                    inbox.put(topic.payment_id)
                else:
                    inbox.lose()

    def _put(self, topic: Topic | ChangedKind, changed_id: UUID | ChangedKind) -> None:
        for inbox in self._inboxes.get(topic, ()):
            inbox.put(changed_id)

    @contextmanager
    def _open(self, inbox: Inbox[Any], topics: Collection[Topic | ChangedKind]) -> Iterator[None]:
        if self.subscribers >= self._most_subscribers:
            raise TooManySubscribers
        for topic in topics:
            self._inboxes.setdefault(topic, set()).add(inbox)
        self.subscribers += 1
        self.is_wanted.set()
        try:
            yield
        finally:
            for topic in topics:
                self._remove(topic, inbox)
            self.subscribers -= 1
            if not self.subscribers:
                self.is_wanted.clear()

    def _remove(self, topic: Topic | ChangedKind, inbox: Inbox[Any]) -> None:
        inboxes = self._inboxes[topic]
        inboxes.remove(inbox)
        if not inboxes:
            del self._inboxes[topic]
