"""The context of a request in its resolvers: the viewer, the time, and the services."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from graphql import GraphQLError

from gateway.services.changes.follower import Live
from gateway.services.core.model.values import Actor
from gateway.services.purchases import Purchases
from gateway.services.reading.narrowing import Learnt
from gateway.services.reading.snapshot import Snapshot

__all__ = ["Caller", "Context", "Learnt"]


class Caller(Protocol):
    """Who asks, as far as limits are concerned. What is refused is an error with its code, and takes nothing."""

    def enter(self) -> GraphQLError | None:
        """An operation of his begins; unless it is refused, it will `leave`."""

    def leave(self) -> None: ...

    def subscribe(self) -> GraphQLError | None:
        """A subscription of his begins; unless it is refused, it will `unsubscribe`."""

    def unsubscribe(self) -> None: ...

    def parse(self, size: int) -> GraphQLError | None:
        """Pay for a body of so many bytes, before it is parsed."""

    def read(self, characters: int) -> GraphQLError | None:
        """Pay for a document that is not known yet, before it is read."""

    def ask(self, cost: int, mutations: int, variables_bytes: int = 0) -> GraphQLError | None:
        """Pay for an operation, before it runs, and before its variables are read."""

    def pace_s(self, cost: int) -> float:
        """Pay for a result of a subscription.

        Returns: 0; or the seconds to wait before asking again.
        """
        ...


@dataclass(slots=True)
class Context:
    """One request. `viewer` is None without a token. A subscription is one request for as long as it lasts."""

    viewer: Actor | None
    now: datetime
    purchases: Purchases
    reads: Snapshot
    caller: Caller
    live: Live
    clock: Callable[[], datetime]
    on_turn: Callable[[], None] | None = None
    """Told where a subscription has something to tell, from when on its next result has the time of an operation."""
    address: str | None = None
    """The caller's, of IPv6 its network, as limits count it."""
    name: str | None = None
    """The operation's, once it is admitted; likewise its kind: `query`, `mutation` or `subscription`."""
    kind: str | None = None
    came_to: list[tuple[str, object]] = field(default_factory=list)
    """What each field of a mutation came to, under the field's name: a member of the union that answers it."""

    def turn(self) -> None:
        if self.on_turn is not None:
            self.on_turn()

    def renew(self) -> None:
        """Forget what was read, and take the time anew: the next result of a subscription is of another time."""
        self.turn()
        self.now = self.clock()
        self.reads.forget()
