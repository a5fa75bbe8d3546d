"""Who has how many WebSockets of this process, and which of them gives way where there is no room."""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from typing import Self

from gateway.http.rate_limits import name_of
from gateway.services.core.model.values import Actor
from gateway.settings.callers import CallerSettings

STRANGERS_SHARE = 5
"""Of all sockets, those without a token may be one in so many: however many addresses a stranger has, whoever shows a
token finds room."""

ALL, STRANGERS, ADDRESS, STRANGERS_OF_ADDRESS = "all", "strangers", "address", "strangers of an address"


@dataclass(slots=True)
class _Group:
    """Sockets that are counted together."""

    count: int = 0
    idle: "dict[Seat, None]" = field(default_factory=dict)
    """Those of them with nothing under way, the one for longest first."""


class Sockets:
    """The sockets that are open: how many there are in all, of each address, of each viewer, and without a token."""

    def __init__(self, settings: CallerSettings) -> None:
        self._settings = settings
        self._most_strangers = -(-settings.limit_sockets // STRANGERS_SHARE)
        self._groups: dict[Hashable, _Group] = {}

    def __len__(self) -> int:
        return self._count(ALL)

    def seat(self, network: str | None, viewer: Actor | None = None) -> "Seat | None":
        """For one more socket, of a viewer whose token came with it, or of somebody who has shown none yet.

        Where there is no room, the one gives way that has had nothing under way for longest. None, where all have; of
        his own sockets a viewer closes one himself.
        """
        if viewer is not None and not self.has_room_for(name_of(viewer)):
            return None
        leaving: list[Seat] = []
        for group, most in self._bounds(network, is_strange=viewer is None):
            if self._count(group) - sum(group in each.groups for each in leaving) >= most:
                first = next(iter(self._groups[group].idle), None)
                if first is None:
                    return None
                leaving.append(first)
        for each in leaving:
            each.give_way()
        return Seat(self, network, viewer)

    def has_room_for(self, viewer: Hashable | None) -> bool:
        return viewer is None or self._count(viewer) < self._settings.limit_viewer_sockets

    def of(self, group: Hashable) -> _Group:
        """The sockets of a group, of which there will be one."""
        return self._groups.setdefault(group, _Group())

    def forget(self, group: Hashable) -> None:
        """It is over where none is left in it."""
        if not self._groups[group].count:
            del self._groups[group]

    def _count(self, group: Hashable) -> int:
        found = self._groups.get(group)
        return found.count if found else 0

    def _bounds(self, network: str | None, *, is_strange: bool) -> Iterator[tuple[Hashable, int]]:
        """How many each group may have that one more would be in, the smallest first: who leaves that leaves all."""
        if network is not None:
            if is_strange:
                yield (STRANGERS_OF_ADDRESS, network), self._settings.limit_address_strangers
            yield (ADDRESS, network), self._settings.limit_address_sockets
        if is_strange:
            yield STRANGERS, self._most_strangers
        yield ALL, self._settings.limit_sockets


class Seat:
    """The room that one socket takes, from here until it is left or given up: a stranger's, until it is a viewer's. It
    begins idle."""

    def __init__(self, sockets: Sockets, network: str | None, viewer: Actor | None) -> None:
        self._sockets, self._network = sockets, network
        self._is_busy, self._has_given_way = False, False
        self._on_giving_way: Callable[[], None] | None = None
        self.groups: frozenset[Hashable] = frozenset()
        self._move_to(self._groups_of(name_of(viewer), is_strange=viewer is None))

    def give_to(self, viewer: Actor) -> bool:
        """It is this viewer's, by a token; False, where he has as many as he may."""
        name = name_of(viewer)
        if name not in self.groups and not self._sockets.has_room_for(name):
            return False
        if not self._has_given_way:
            self._move_to(self._groups_of(name, is_strange=False))
        return True

    def hold(self) -> None:
        """Something is under way: it keeps its place."""
        if not self._is_busy:
            self._is_busy = True
            for group in self.groups:
                del self._sockets.of(group).idle[self]

    def rest(self) -> None:
        """Nothing is, from now on."""
        if self._is_busy:
            self._is_busy = False
            for group in self.groups:
                self._sockets.of(group).idle[self] = None

    def when_it_gives_way(self, leave: Callable[[], None]) -> None:
        """What is done then; at once, where it did."""
        self._on_giving_way = leave
        if self._has_given_way:
            leave()

    def give_way(self) -> None:
        """Its place is another's, from now on."""
        self._has_given_way = True
        self._move_to(frozenset())
        if self._on_giving_way is not None:
            self._on_giving_way()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._move_to(frozenset())

    def _groups_of(self, name: Hashable | None, *, is_strange: bool) -> frozenset[Hashable]:
        groups: set[Hashable] = {ALL} if name is None else {ALL, name}
        if is_strange:
            groups.add(STRANGERS)
        if self._network is not None:
            groups.add((ADDRESS, self._network))
            if is_strange:
                groups.add((STRANGERS_OF_ADDRESS, self._network))
        return frozenset(groups)

    def _move_to(self, groups: frozenset[Hashable]) -> None:
        """Be counted in these, and in no others."""
        for each in self.groups - groups:
            left = self._sockets.of(each)
            left.count -= 1
            left.idle.pop(self, None)
            self._sockets.forget(each)
        for each in groups - self.groups:
            entered = self._sockets.of(each)
            entered.count += 1
            if not self._is_busy:
                entered.idle[self] = None
        self.groups = groups
