"""What time it is: the wall's clock, believed only as long as it goes like the steady one.

A wall clock can jump: a time server that lies, a hand that sets it, a virtual machine that is moved. What follows from
a jump of a year cannot be taken back: every purchase ends, and what is planned is planned for next year. The steady
clock cannot jump, and counts the time that a machine sleeps (CLOCK_BOOTTIME). So the two are compared at every look.
Where they part, time goes on as the steady clock has it, until the wall's clock is back, or has stood by its new time
for so long that it is believed. What both said last is noted in the database, so that a process that starts amid a leap
goes on likewise.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from uuid import UUID

import structlog

from db.last_sweep import last_sweep
from db.types import new_id
from gateway.services.core.model.jobs import ClockNote, clock_notes_in
from gateway.services.core.rules.outages import LONG_GONE_S, doubt_s, last_sign_of_life
from gateway.steady import STEADY, boot

log = structlog.get_logger(__name__)

TOLERANCE_S = 5.0
"""A step that is taken at once: leap seconds, and a time server's corrections."""

COMPARED_EVERY_S = 60.0
"""A step is one within so long: a clock that runs away by small steps is found as well."""

RELEASED = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
"""Before that no clock is right: this code did not exist. A machine without a battery begins in 1970, and leaps."""

SET_AFTER_START_S = 600.0
"""Within so long after a start a clock that is behind is set, if it ever is. Else it is right, and what is ahead of it
was written by one that was not."""

GONE_ON_S = 60.0
"""How far the wall's clock may be from what it must be by a note, and counts as having gone on: what a time server
corrected while nobody looked, in steps that are each taken at once."""

NOTE_BEHIND_S = 900.0
"""A note is no further behind the last sign of life than this: that is planned, and noted by whoever did the work."""

TICKS_PER_S = 4_096_000
"""The finest that an id tells apart: twelve bits of a millisecond."""


@dataclass(frozen=True, slots=True)
class _Parted:
    """The offset that the wall's clock leapt to, and since when it stands by that, by the steady clock."""

    offset: float
    since: float


@dataclass(frozen=True, slots=True)
class _LastSign:
    """The last sign of life in the database, in Unix seconds, and when that was read, by the steady clock."""

    at: float
    read_at: float


class Clock:
    """The clock of one process. It may be asked from any thread, and costs two readings.

    Args:
        wall: Unix seconds.
        steady: seconds since the machine's start, say, which nobody can set.
        boot: names that start; None: of that nothing is known, and no note is left or heeded.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = STEADY,
        boot: str | None = None,
    ) -> None:
        self._wall, self._steady, self._boot = wall, steady, boot
        self._lock = threading.Lock()
        self._has_parted = False
        self._is_certain = False
        self._last_tick = 0
        self._parted: _Parted | None = None
        self.start(None)

    def start(self, last_sign: datetime | None, notes: Iterable[ClockNote] = (), *, is_right: bool = False) -> None:
        """Begin, as a process does that starts: by the wall's clock as it is now; or, where a note of this machine has
        it that this leapt since, by what it must be.

        Args:
            last_sign: the last sign of life in the database, if there is one. Where it is far from now, and no note
                tells better, the clock may be wrong, and its next leap is believed at once, for that may put it right.
            notes: what was noted of the clocks of machines.
            is_right: whether the operator says so, whatever else is known.
        """
        with self._lock:
            steady = self._steady()
            offset = self._wall() - steady
            noted = None if is_right else self._noted_offset(last_sign, notes, steady)
            is_known = is_right or noted is not None
            self._last_sign = None if last_sign is None or is_known else _LastSign(last_sign.timestamp(), steady)
            self._go_by(offset if noted is None or abs(offset - noted) <= GONE_ON_S else noted, steady)
            self._unproven_until = self._proof_takes_until(steady)
            self._is_certain = is_known

    def unix(self) -> float:
        """Unix seconds."""
        wall, steady = self._wall(), self._steady()
        if self._least <= wall - steady <= self._most and steady < self._compare_at:  # on the way of every request
            return wall
        with self._lock:
            return self._judged(self._wall(), self._steady())

    def now(self) -> datetime:
        """The present instant, in UTC."""
        wall, steady = self._wall(), self._steady()
        if self._least <= wall - steady <= self._most and steady < self._compare_at:
            return datetime.fromtimestamp(wall, UTC)
        return datetime.fromtimestamp(self.unix(), UTC)

    def new_id(self) -> UUID:
        """A UUIDv7 of this clock. The library's own never goes back behind the latest time that it has seen: after one
        second in next year all its ids are next year's. So it is not asked any more once the clocks have parted."""
        return self._own_id() if self._has_parted else new_id()

    @property
    def is_going_on(self) -> bool:
        """Whether the wall's clock is believed, looked at now."""
        self.unix()
        return self._parted is None

    @property
    def is_proven(self) -> bool:
        """Whether nothing speaks against the time that this process began with."""
        return not self._is_unproven(self._steady())

    @property
    def is_certain(self) -> bool:
        """Whether no leap can have led to the time that is believed: it has gone on, in this process and those before
        it on this machine, or the operator says that it is right."""
        return self._is_certain and not self._is_unproven(self._steady())

    def note(self) -> ClockNote | None:
        """What both clocks say, for a process that starts on this machine; None where that is in doubt."""
        if self._boot is None or not (self.is_going_on and self.is_proven):
            return None
        with self._lock:
            steady = self._steady()
            return ClockNote(self._boot, steady, datetime.fromtimestamp(steady + self._offset, UTC))

    def _noted_offset(self, last_sign: datetime | None, notes: Iterable[ClockNote], steady: float) -> float | None:
        """By how much the wall's clock must be before the steady one; None where nothing is known of that. A note that
        is behind what was written since is of a machine that was copied, or of one of that name."""
        mine = [note for note in notes if note.boot == self._boot and note.steady_s <= steady]
        if not mine:
            return None
        latest = max(mine, key=lambda note: note.steady_s)
        now = latest.at_steady(steady).timestamp()
        if now < RELEASED or (last_sign is not None and now < last_sign.timestamp() - NOTE_BEHIND_S):
            return None
        return now - steady

    def _judged(self, wall: float, steady: float) -> float:
        """The time where the clocks have parted, or had."""
        offset = wall - steady
        leap_s = offset - self._offset
        if abs(leap_s) <= TOLERANCE_S:
            if self._parted is not None:
                log.warning("the wall's clock is back, and believed again")
            return self._believe(offset, steady)
        self._has_parted = True
        if self._is_unproven(steady):
            log.warning("the clock leapt, and is believed: its time was in doubt before", by_s=round(leap_s, 3))
            return self._believe(offset, steady)
        if self._parted is None or abs(offset - self._parted.offset) > TOLERANCE_S:
            self._parted = _Parted(offset, steady)
            self._compare_at = -inf  # every look is judged until they agree
            log.error(
                "the clock leapt, and is not believed: time goes on as before. Set it right; or, if it is, restart with"
                " GATEWAY_CLOCK_IS_RIGHT=true",
                by_s=round(leap_s, 3),
                believed_in_s=doubt_s(leap_s),
            )
        if steady - self._parted.since >= doubt_s(leap_s):
            log.warning("the clock has stood by its new time, and is believed", by_s=round(leap_s, 3))
            return self._believe(offset, steady)
        return steady + self._offset

    def _believe(self, offset: float, steady: float) -> float:
        has_leapt = abs(offset - self._offset) > TOLERANCE_S
        was_unproven = self._is_unproven(steady)
        self._is_certain = self._is_certain and not has_leapt
        self._go_by(offset, steady)
        if has_leapt and was_unproven:
            self._unproven_until = self._proof_takes_until(steady)
        return steady + offset

    def _go_by(self, offset: float, steady: float) -> None:
        """Count steps from here."""
        self._offset, self._parted = offset, None
        self._least, self._most = offset - TOLERANCE_S, offset + TOLERANCE_S
        self._compare_at = steady + COMPARED_EVERY_S

    def _is_unproven(self, steady: float) -> bool:
        return steady + self._offset < RELEASED or steady < self._unproven_until

    def _proof_takes_until(self, steady: float) -> float:
        """Until when the time is in doubt that is believed now, by the steady clock."""
        last = self._last_sign
        if last is None:
            return steady
        expected = last.at + steady - last.read_at
        leap_s = steady + self._offset - expected
        if abs(leap_s) <= LONG_GONE_S:
            return steady
        log.error(
            "the clock is far from the last sign of life in the database. If it is wrong, set it; if it is right, wait,"
            " or restart with GATEWAY_CLOCK_IS_RIGHT=true",
            clock=datetime.fromtimestamp(steady + self._offset, UTC).isoformat(),
            last_sign_of_life=datetime.fromtimestamp(last.at, UTC).isoformat(),
        )
        return steady + (doubt_s(leap_s) if leap_s > 0 else SET_AFTER_START_S)

    def _own_id(self) -> UUID:
        """By RFC 9562: milliseconds, twelve bits of what is left of them, and chance. Within a second it is never
        smaller than the one before."""
        tick = int(self.unix() * TICKS_PER_S)
        with self._lock:
            if tick <= self._last_tick < tick + TICKS_PER_S:
                tick = self._last_tick + 1
            self._last_tick = tick
        milliseconds, rest = divmod(tick, 4096)
        chance = int.from_bytes(os.urandom(8)) >> 2
        return UUID(int=milliseconds << 80 | 7 << 76 | rest << 64 | 2 << 62 | chance)


CLOCK = Clock(boot=boot())
"""The clock of this process."""


async def start_clock(database_url: str, *, is_right: bool = False, clock: Clock = CLOCK) -> None:
    """Start the clock of this process, and compare it to what the database has of life and clocks.

    Args:
        is_right: whether the operator says so.
    """
    sweep = await last_sweep(database_url)
    if sweep is None:
        clock.start(None, is_right=is_right)
    else:
        clock.start(last_sign_of_life(*sweep), clock_notes_in(sweep[1]), is_right=is_right)
