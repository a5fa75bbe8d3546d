"""What each caller has of this process: operations under way, subscriptions, and what they cost in a second.

The same for every transport. In this process's memory: several processes let that many times as much through.
"""

import math
import time
from collections.abc import Callable, Hashable

from graphql import GraphQLError
from starlette.requests import HTTPConnection

from gateway.http.rate_limits import Buckets, MutationRate, Rate, name_of
from gateway.http.sockets import Sockets
from gateway.schema.conventions.errors import rate_limited
from gateway.services.core.model.values import Actor
from gateway.settings.model import Settings

OPERATION = 100
"""What an operation costs besides its fields, about 150 µs: its message, its admission, its answer."""

CHARACTER = 3
"""What a character of a document costs that is not known yet. Reading takes about 4 µs for each, and a field 1.5 µs."""

VARIABLES_FREE_BYTES, BYTES_FOR_ONE = 256, 8
"""Of a message besides its document, what an operation's price includes, and how many bytes cost one more. Reading
variables in which all is wrong takes 0.19 µs a byte."""

PARSED_FREE_BYTES, PARSED_FOR_ONE = 8_192, 64
"""Of a body, what it costs no more than its refusal to parse, and how many bytes of a longer one cost one: JSON of
brackets takes 0.02 µs a byte."""

CONNECTING = 400
"""A WebSocket, from its handshake to its acknowledgement: 0.6 ms."""

MESSAGE = 50
"""What a stranger's message on a WebSocket costs, for each `MESSAGE_BYTES` of it: 0.08 ms. A viewer's has its bound on
its socket, of which he has few."""

SMALL_CHANGE = 500
"""What a mutation may cost and be counted in its own rate alone, which by default lets through less than costs do."""

FOR_EACH_MUTATION, BURST_S = 2_000, 10
"""Of a budget that is not set: what comes with each mutation a second, and for how many seconds it can be saved up."""

RETRY_AFTER_S = 1
"""Where too many operations of a caller are under way: they are short."""

LONG_RETRY_AFTER_S = 5
"""Where too many subscriptions are: they are not."""

UNDER_WAY = "Too many of your operations are under way at once."
SUBSCRIBED = "These are more subscriptions than one caller may have at once."
ASKED = "This is more than one caller may ask for at a time."
CONNECTED = "These are more connections than one caller may open at a time."


class Places:
    """How many of something each viewer has now, and each address. It remembers only those who have one."""

    def __init__(self, most_of_viewer: int, most_of_address: int) -> None:
        self._most_of_viewer, self._most_of_address = most_of_viewer, most_of_address
        self._taken: dict[Hashable, int] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def enter(self, viewer: Hashable | None, network: str | None) -> bool:
        """Take a place of both; False, where one has no more, and none is taken."""
        taken = self._taken
        of_viewer, of_address = taken.get(viewer, 0), taken.get(network, 0)
        if viewer is not None:
            if of_viewer >= self._most_of_viewer:
                return False
            if network is not None and of_address >= self._most_of_address:
                return False
            taken[viewer] = of_viewer + 1
        elif network is not None and of_address >= self._most_of_address:
            return False
        if network is not None:
            taken[network] = of_address + 1
        return True

    def leave(self, viewer: Hashable | None, network: str | None) -> None:
        """Give a place back that `enter` took."""
        for each in (viewer, network):
            if each is not None:
                left = self._taken[each] - 1
                if left:
                    self._taken[each] = left
                else:
                    del self._taken[each]


def budgets(settings: Settings) -> tuple[tuple[int, float], tuple[int, float]]:
    """What a viewer, and an address, may spend at once, and in each second after that: who may change more may read
    more, unless the operator says otherwise."""
    viewer_per_s = settings.cost_viewer_per_s or FOR_EACH_MUTATION * settings.rate_viewer_per_s
    address_per_s = settings.cost_address_per_s or FOR_EACH_MUTATION * settings.rate_address_per_s
    return (
        (settings.cost_viewer_burst or math.ceil(BURST_S * viewer_per_s), viewer_per_s),
        (settings.cost_address_burst or math.ceil(BURST_S * address_per_s), address_per_s),
    )


class Callers:
    """All callers of this process."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self.mutations = MutationRate(settings, clock)
        of_viewer, of_address = budgets(settings)
        self.costs = Rate(Buckets(*of_viewer, clock), Buckets(*of_address, clock), clock)
        self.under_way = Places(settings.limit_viewer_in_flight, settings.limit_address_in_flight)
        self.subscriptions = Places(settings.limit_viewer_subscriptions, settings.limit_address_subscriptions)
        self.sockets = Sockets(settings)
        self.network_of = self.mutations.network_of

    def of(self, connection: HTTPConnection, viewer: Actor | None) -> "Caller":
        """Who asks by this connection."""
        return Caller(self, name_of(viewer), self.network_of(connection), is_stranger=viewer is None)


class Caller:
    """One who asks; see `gateway.context.Caller`."""

    __slots__ = ("_all", "_is_stranger", "_name", "_network")

    def __init__(self, callers: Callers, name: Hashable | None, network: str | None, *, is_stranger: bool) -> None:
        self._all, self._name, self._network, self._is_stranger = callers, name, network, is_stranger

    @property
    def network(self) -> str | None:
        """Where the caller is; None on a socket without addresses."""
        return self._network

    def enter(self) -> GraphQLError | None:
        if self._all.under_way.enter(self._name, self._network):
            return None
        return rate_limited(RETRY_AFTER_S, UNDER_WAY)

    def leave(self) -> None:
        self._all.under_way.leave(self._name, self._network)

    def subscribe(self) -> GraphQLError | None:
        if self._all.subscriptions.enter(self._name, self._network):
            return None
        return rate_limited(LONG_RETRY_AFTER_S, SUBSCRIBED)

    def unsubscribe(self) -> None:
        self._all.subscriptions.leave(self._name, self._network)

    def connect(self) -> GraphQLError | None:
        """Pay for a WebSocket, before it is accepted."""
        return self._read(CONNECTING, CONNECTED)

    def may_say(self, weight: int) -> bool:
        """Whether a message of that weight may be said on a WebSocket now, which is paid for then."""
        return not self._is_stranger or not self._read(MESSAGE * weight)

    def parse(self, size: int) -> GraphQLError | None:
        return self._read(size // PARSED_FOR_ONE) if size > PARSED_FREE_BYTES else None

    def read(self, characters: int) -> GraphQLError | None:
        return self._read(CHARACTER * characters)

    def ask(self, cost: int, mutations: int, variables_bytes: int = 0) -> GraphQLError | None:
        if variables_bytes > VARIABLES_FREE_BYTES:
            more = (variables_bytes - VARIABLES_FREE_BYTES) // BYTES_FOR_ONE
            if not self._is_stranger:
                cost += more
            elif (refusal := self._read(more)) is not None:
                return refusal
        is_paid = not mutations or cost > SMALL_CHANGE
        if is_paid and (wait_s := self._all.costs.take(self._name, self._network, OPERATION + cost)):
            return rate_limited(math.ceil(wait_s), ASKED)
        if mutations and (wait_s := self._all.mutations.take_of(self._name, self._network, mutations)):
            return rate_limited(math.ceil(wait_s))
        return None

    def pace_s(self, cost: int) -> float:
        return self._all.costs.take(self._name, self._network, OPERATION + cost)

    def _read(self, cost: int, why: str = ASKED) -> GraphQLError | None:
        """Pay for what is to be read. What clients were built with costs a stranger nothing here: nobody without a
        token needs more of it than one viewer, and with whoever else is at his address he has as much."""
        name = ("", self._network) if self._is_stranger and self._network is not None else self._name
        wait_s = self._all.costs.take(name, self._network, cost)
        return rate_limited(math.ceil(wait_s), why) if wait_s else None
