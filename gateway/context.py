"""The context of a request in its resolvers: the viewer, the time, and the services."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.services.changes.follower import Live
from gateway.services.core.model.values import Actor
from gateway.services.purchases import Purchases
from gateway.services.reading.narrowing import Learnt
from gateway.services.reading.snapshot import Snapshot

__all__ = ["Context", "Learnt"]


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None without a token. A subscription is one request for as long as it lasts.

    `throttle` takes so many mutations from what the caller may make now; it gives 0, or the seconds to wait first.
    """

    viewer: Actor | None
    now: datetime
    purchases: Purchases
    reads: Snapshot
    throttle: Callable[[int], int]
    live: Live
    clock: Callable[[], datetime]

    def renew(self) -> None:
        """Forget what was read, and take the time anew: the next result of a subscription is of another time."""
        self.now = self.clock()
        self.reads.forget()
