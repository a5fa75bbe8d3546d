"""How much one caller may do in a second: a token bucket for each viewer, and one for each address."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

import structlog
from starlette.requests import HTTPConnection

from gateway.services.core.model.values import Actor, Role
from gateway.settings.limits import LimitSettings

log = structlog.get_logger(__name__)

MOST_CALLERS = 65_536
"""Buckets that are remembered at most, 19 megabytes. The one that was not used for longest is forgotten, and so
full."""

MOST_FORGOTTEN = 2
"""Buckets that one call forgets once they are full again: more than it adds, and too few to keep it waiting."""

SOON_S = 1e-6
"""A wait that is none: instants in seconds are rounded, so that what is there at this very moment may seem to come
just after it."""

FORWARDED = b"x-forwarded-for"

LONGEST_REMEMBERED = 200
"""Characters of X-Forwarded-For whose network is remembered: a handful of proxies. A stranger's own has no bound."""

IPV6_NETWORK_BITS = 64
"""What one subscriber is given at least (RFC 6177): within it an address costs nothing."""


class Buckets:
    """Token buckets by caller, each full at first; kept as the one instant at which it will be full again (GCRA).

    Args:
        burst: how many tokens a bucket holds.
        per_s: how many come back in a second.
        clock: seconds, never going back.
    """

    def __init__(self, burst: int, per_s: float, clock: Callable[[], float], most: int = MOST_CALLERS) -> None:
        self._burst, self._interval_s, self._clock, self._most = burst, 1 / per_s, clock, most
        self._burst_s = burst * self._interval_s
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def wait_s(self, caller: Hashable, count: int) -> float:
        """Seconds until so many tokens are there; 0 where they are. Of more than a bucket holds, a full one will do."""
        now = self._clock()
        return self.wait_after(self.full_after(caller, count, now), now)

    def take(self, caller: Hashable, count: int) -> None:
        """Take so many, after `wait_s` was 0 for them."""
        now = self._clock()
        self.keep(caller, self.full_after(caller, count, now), now)

    def full_after(self, caller: Hashable, count: int, now: float) -> float:
        """When the bucket will be full again, once so many are taken from it now."""
        full_at = self._full_at.get(caller, now)
        taken = count if count < self._burst else self._burst
        return (full_at if full_at > now else now) + taken * self._interval_s

    def wait_after(self, full_at: float, now: float) -> float:
        """Seconds until a bucket that would be full again at that instant can be taken from so; 0 where it can now."""
        wait_s = full_at - now - self._burst_s
        return wait_s if wait_s > SOON_S else 0.0

    def keep(self, caller: Hashable, full_at: float, now: float) -> None:
        """Keep when the bucket will be full again, and forget those that were not used for longest, as far as they are
        full, as one that nobody knows is; else the one for which there is no room."""
        buckets = self._full_at
        buckets[caller] = full_at
        buckets.move_to_end(caller)
        for _ in range(min(MOST_FORGOTTEN, len(buckets))):
            if len(buckets) <= self._most and buckets[next(iter(buckets))] > now:
                return
            buckets.popitem(last=False)


class Rate:
    """Of so much in a second: a bucket for each viewer, and one for each address. A caller of whom one of them is not
    known has the other alone."""

    def __init__(self, viewers: Buckets, addresses: Buckets, clock: Callable[[], float]) -> None:
        self._viewers, self._addresses, self._clock = viewers, addresses, clock

    def take(self, viewer: Hashable | None, network: str | None, count: int) -> float:
        """Take so many of both, or nothing of either.

        Returns: 0; or the seconds after which to come again.
        """
        now, wait_s, by_viewer, by_address = self._clock(), 0.0, 0.0, 0.0
        if viewer is not None:
            by_viewer = self._viewers.full_after(viewer, count, now)
            wait_s = self._viewers.wait_after(by_viewer, now)
        if network is not None:
            by_address = self._addresses.full_after(network, count, now)
            if (also_s := self._addresses.wait_after(by_address, now)) > wait_s:
                wait_s = also_s
        if wait_s > 0:
            return wait_s
        if viewer is not None:
            self._viewers.keep(viewer, by_viewer, now)
        if network is not None:
            self._addresses.keep(network, by_address, now)
        return 0.0


class MutationRate:
    """How many mutations a caller may make. In this process's memory: several processes let that many times as much
    through.

    A SERVICE has no bucket of its own, since it speaks for all students; that of its address holds for it.
    """

    def __init__(self, settings: LimitSettings, clock: Callable[[], float] = time.monotonic) -> None:
        viewers = Buckets(settings.rate_viewer_burst, settings.rate_viewer_per_s, clock)
        addresses = Buckets(settings.rate_address_burst, settings.rate_address_per_s, clock)
        self._rate, self.network_of = Rate(viewers, addresses, clock), Networks(settings.trusted_proxies).of

    def take(self, connection: HTTPConnection, viewer: Actor | None, count: int) -> int:
        """Take so many mutations from what the caller may make now.

        Returns: 0; or the seconds after which to come again, and nothing was taken.
        """
        return self.take_of(name_of(viewer), self.network_of(connection), count)

    def take_of(self, viewer: Hashable | None, network: str | None, count: int) -> int:
        """The same, of a caller whose name and network are known already."""
        return math.ceil(self._rate.take(viewer, network, count))


def name_of(viewer: Actor | None) -> Hashable | None:
    """By which a viewer is counted; None where only the address is."""
    return None if viewer is None or viewer.role is Role.SERVICE else (viewer.role, viewer.id)


class Networks:
    """Where callers are, by as many proxies of ours as there are."""

    def __init__(self, proxies: int) -> None:
        self._proxies, self._has_warned = proxies, False

    def of(self, connection: HTTPConnection) -> str | None:
        """None on a socket without addresses."""
        scope = connection.scope
        lines: list[bytes] = []
        for name, value in scope["headers"]:
            if name == FORWARDED:
                lines.append(value)
        forwarded = b",".join(lines).decode("latin-1") if lines else ""
        if forwarded and not self._proxies and not self._has_warned:
            self._has_warned = True
            log.warning("X-Forwarded-For is not believed: behind a proxy, set GATEWAY_TRUSTED_PROXIES")
        client = scope.get("client")
        peer = client[0] if client else None
        read = _known_network_of if len(forwarded) <= LONGEST_REMEMBERED else network_of
        return read(peer, forwarded, self._proxies)


def network_of(peer: str | None, forwarded: str, proxies: int) -> str | None:
    """The caller's address, of IPv6 its network, by X-Forwarded-For as far as proxies of ours wrote it.

    Each proxy adds, at the end, whom it was called by; what is further left anybody may have made up.
    """
    added = [each.strip() for each in forwarded.split(",")] if forwarded else []
    given = added[-proxies] if 0 < proxies <= len(added) else peer
    if given is None:
        return None
    try:
        address = ip_address(_without_port(given))
    except ValueError:
        return peer  # a proxy wrote no address: better one bucket for all behind it than none
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(IPv6Address(int(address) >> IPV6_NETWORK_BITS << IPV6_NETWORK_BITS))
    return str(address)


_known_network_of = lru_cache(4_096)(network_of)
"""Callers send one request after another from where they are."""


def _without_port(text: str) -> str:
    """Of `192.0.2.1:80` and `[2001:db8::1]:80`, which some proxies write, the address."""
    if text.startswith("["):
        return text[1:].partition("]")[0]
    host, colon, _ = text.partition(":")
    return host if colon and "." in host else text
