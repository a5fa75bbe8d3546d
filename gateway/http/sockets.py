"""Who has how many WebSockets of this process."""

from collections.abc import Hashable
from typing import Self

from gateway.http.rate_limits import name_of
from gateway.services.core.model.values import Actor
from gateway.settings.callers import CallerSettings

STRANGERS_SHARE = 5
"""Of all sockets, those without a token may be one in so many: however many addresses a stranger has, whoever shows a
token finds room."""


class Sockets:
    """The sockets that are open: how many there are in all, of each address, of each viewer, and without a token."""

    def __init__(self, settings: CallerSettings) -> None:
        self._settings = settings
        self._taken: dict[Hashable, int] = {}
        self.open = self.strangers = 0

    def seat(self, network: str | None, viewer: Actor | None = None) -> "Seat | None":
        """For one more socket, of a viewer whose token came with it, or of somebody who has shown none yet; None where
        there is no room."""
        if self.open >= self._settings.limit_sockets:
            return None
        if network is not None and self._taken.get(network, 0) >= self._settings.limit_address_sockets:
            return None
        has_room = self.has_room_for_stranger(network) if viewer is None else self.has_room_for(name_of(viewer))
        return Seat(self, network, viewer) if has_room else None

    def has_room_for_stranger(self, network: str | None) -> bool:
        if self.strangers * STRANGERS_SHARE >= self._settings.limit_sockets:
            return False
        return network is None or self._taken.get(_strangers_of(network), 0) < self._settings.limit_address_strangers

    def has_room_for(self, viewer: Hashable | None) -> bool:
        return viewer is None or self._taken.get(viewer, 0) < self._settings.limit_viewer_sockets

    def count(self, whose: Hashable | None, by: int) -> None:
        """One more, or one less."""
        if whose is None:
            return
        count = self._taken.get(whose, 0) + by
        if count:
            self._taken[whose] = count
        else:
            del self._taken[whose]


class Seat:
    """The room that one socket takes, from here until it is left: a stranger's, until it is a viewer's."""

    def __init__(self, sockets: Sockets, network: str | None, viewer: Actor | None) -> None:
        self._sockets, self._network = sockets, network
        self._viewer, self._is_strange = name_of(viewer), viewer is None
        sockets.open += 1
        sockets.count(network, 1)
        sockets.count(self._viewer, 1)
        if self._is_strange:
            self._count_stranger(1)

    def give_to(self, viewer: Actor) -> bool:
        """It is this viewer's, by a token; False, where he has as many as he may."""
        name = name_of(viewer)
        if name != self._viewer and not self._sockets.has_room_for(name):
            return False
        if self._is_strange:
            self._is_strange = False
            self._count_stranger(-1)
        self._sockets.count(self._viewer, -1)
        self._sockets.count(name, 1)
        self._viewer = name
        return True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._is_strange:
            self._count_stranger(-1)
        self._sockets.count(self._viewer, -1)
        self._sockets.count(self._network, -1)
        self._sockets.open -= 1

    def _count_stranger(self, by: int) -> None:
        self._sockets.strangers += by
        if self._network is not None:
            self._sockets.count(_strangers_of(self._network), by)


def _strangers_of(network: str) -> Hashable:
    return ("", network)
