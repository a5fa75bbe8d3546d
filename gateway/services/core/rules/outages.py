"""How long a time is doubted that a clock leapt to: what ends by it ends for good, and so can wait a little."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gateway.services.core.model.jobs import Hold, Job

SHORTEST_DOUBT_S, LONGEST_DOUBT_S = 60.0, 86_400.0
SHARE = 24

LONG_GONE_S = 3_600.0
"""Whoever was away for longer was out of service for as long, or has a wrong clock: where nothing tells which, what
lapsed ends a little later."""


def doubt_s(leap_s: float) -> float:
    """For how many seconds a leap is doubted: a twenty-fourth of it, within bounds. Half a minute, as of a virtual
    machine that was moved, is believed after a minute, and three hours after seven; a clock that is a year ahead has to
    stand by that for a day."""
    return min(max(SHORTEST_DOUBT_S, abs(leap_s) / SHARE), LONGEST_DOUBT_S)


def hold_on(sweep: Job, now: datetime) -> Hold | None:
    """Whether, and until when, nothing lapses, for a sweep that was due so long ago that the clock may be wrong. None
    where it may go on, also because the clock is back at a time before the hold began."""
    hold = Hold.in_payload(sweep.payload)
    if hold is not None and hold.since <= now < hold.until:
        return hold
    gone_s = (now - sweep.run_at).total_seconds()
    return Hold(now, now + timedelta(seconds=doubt_s(gone_s)), sweep.run_at) if gone_s > LONG_GONE_S else None


def last_sign_of_life(planned: datetime, payload: Mapping[str, object]) -> datetime:
    """Of a gateway whose sweep is planned for then: that is within minutes of it. Where the sweep holds, it is when it
    had been due."""
    hold = Hold.in_payload(payload)
    return planned if hold is None else hold.due
