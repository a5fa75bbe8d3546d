"""Outages: what is raised meanwhile, and how each is told to the operator, when it begins and when it is over."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import structlog

log = structlog.get_logger(__name__)

BEGAN, ENDED = "outage began", "outage ended"
"""The events in the log."""

RETRY_AFTER_S = 1
"""As for a busy writer: that an outage is over is noticed within a second or two."""

CALM_S = 1.0
"""How long all must have gone well before an outage is over: on a disk that is nearly full one commit fails and the
next does not, which is one outage and not many."""


class Unavailable(Exception):
    """The database cannot be used now; the same may be asked again. The text is for an operator, and names no row."""

    retry_after_s = RETRY_AFTER_S


class Damaged(Exception):
    """What was asked for lies in a part of the database that is damaged: asking again is of no use before a person has
    mended it. Nothing was written. The text is for an operator, and names no row."""


class Outages:
    """Those of one part: `is_on` while there is one.

    Args:
        part: what cannot be done meanwhile, such as "writes".
        clock: seconds that only grow.
    """

    def __init__(self, part: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._part, self._clock = part, clock
        self.is_on = False
        self._what = self._since = ""
        self._began = 0.0
        self._well_since: float | None = None
        self._refused = 0
        self._is_traced = False

    @property
    def what(self) -> str | None:
        """The reason of the one that is on, in words of ours."""
        return self._what if self.is_on else None

    @property
    def is_well(self) -> bool:
        """Whether what was tried last went well."""
        return not self.is_on or self._well_since is not None

    def note(self, what: str, said: str, refused: int = 1) -> None:
        """So many were refused.

        Args:
            what: the reason, in words of ours.
            said: the same in the words of who refused: one line, without a secret or anybody's data.
        """
        self._well_since = None
        if not self.is_on:
            self.is_on, self._refused, self._what, self._began = True, 0, what, self._clock()
            self._since = datetime.now(UTC).isoformat(timespec="milliseconds")
            log.error(BEGAN, part=self._part, what=what, said=said, since=self._since)
        self._refused += refused

    def note_unexpected(self, what: str, error: Exception) -> None:
        """It went wrong by an error that no outage has, and so is a fault of ours: its trace is told once."""
        self.note(what, type(error).__name__, 0)
        if not self._is_traced:
            log.error("unexpected error", part=self._part, exc_info=error)
        self._is_traced = True

    def refuse(self, refused: int) -> None:
        """So many more were, for the same reason."""
        self._refused += refused

    def succeed(self) -> None:
        """Something went well: to be told while an outage is on. It is over once all went well for a while."""
        now = self._clock()
        if self._well_since is None:
            self._well_since = now
        if now - self._well_since >= CALM_S:
            self.end()

    def end(self) -> None:
        """It is known to be over."""
        lasted_s = round((self._well_since or self._clock()) - self._began, 1)
        self.is_on, self._well_since, self._is_traced = False, None, False
        told = {"part": self._part, "what": self._what, "since": self._since}
        log.warning(ENDED, **told, lasted_s=lasted_s, refused=self._refused)
