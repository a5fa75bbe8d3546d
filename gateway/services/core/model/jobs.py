"""Jobs: work that follows from a commit, and is still to be done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from gateway.services.core.frozen import quick
from gateway.services.core.model.values import Provider

NOBODY = UUID(int=0)
"""The subject of a sweep that is about no single row or provider."""

SUBJECTS = {name: UUID(int=number) for number, name in enumerate(Provider, 1)}
"""The subjects of sweeps that are about one provider: each has its own, so that a slow one delays no other. They are
stored in rows, so the order of providers must not change."""


class JobKind(StrEnum):
    """What a job does. Its subject is a payment, a refund, or a provider's event. A sweep goes through all rows, a page
    a run, over and over: its subject is a provider, or `NOBODY`. The subject of an outgoing event is the purchase or
    the payment whose events are kept in order. A case is work for a person: it is written as FAILED, see `cases`."""

    PAYMENT_CHECK = "payment.check"
    PAYMENT_REFUND = "payment.refund"
    WEBHOOK_HANDLE = "webhook.handle"
    EVENT_DELIVER = "event.deliver"
    SWEEP_OPEN = "sweep.open"
    SWEEP_SETTLED = "sweep.settled"
    SWEEP_LAPSED = "sweep.lapsed"
    SWEEP_VERIFY = "sweep.verify"
    SWEEP_OUTDATED = "sweep.outdated"
    CASE_REVIEW = "case.review"
    UNKNOWN = "unknown"
    """A kind that only a newer release, running beside this one, knows: listed here, and run there."""

    @classmethod
    def _missing_(cls, value: object) -> "JobKind":
        return cls.UNKNOWN


class JobState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    RETRYING = "RETRYING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"


HANDED_BACK = "job handed back: its process stops"
DATABASE_AWAY = "the database could not be used"
BROKEN_OFF = (HANDED_BACK, DATABASE_AWAY)
"""Why a run was kept from its end that counts for none: the `last_error` of the job, whose `attempts` are as before."""

LONGEST_WAIT_S = 14_400
"""No job waits for longer, whatever a provider or a subscriber asks for. So one that is planned for later than that was
planned by a wrong clock."""

LONGEST_LEASE_S = 600
"""Twice what any release has given; likewise."""

LIVE_JOB_STATES = frozenset({JobState.PENDING, JobState.RUNNING, JobState.RETRYING})
"""A job in one of these states will still be run."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A span of time in which a sweep ends nothing, since the clock is doubted: by it the sweep was `due` long ago."""

    since: datetime
    until: datetime
    due: datetime

    @classmethod
    def in_payload(cls, payload: Mapping[str, object]) -> "Hold | None":
        """That of a sweep's job, as its last run left it."""
        match payload.get("hold"):
            case [str(since), str(until), str(due)]:
                return cls(*map(datetime.fromisoformat, (since, until, due)))
        return None

    def to_payload(self) -> dict[str, object]:
        return {"hold": [each.isoformat() for each in (self.since, self.until, self.due)]}


MOST_NOTES = 16
"""Machines of which there are notes: those that were heard of last."""


@dataclass(frozen=True, slots=True)
class ClockNote:
    """What a machine's clocks said when they were last believed: a process that starts there knows the time by it.

    Args:
        boot: which machine, since which of its starts: its steady clock counts from there.
        steady_s: what that said then.
    """

    boot: str
    steady_s: float
    at: datetime

    def at_steady(self, steady_s: float) -> datetime:
        """What time it is when the same machine's steady clock says that."""
        return self.at + timedelta(seconds=steady_s - self.steady_s)


def clock_notes_in(payload: Mapping[str, object]) -> tuple[ClockNote, ...]:
    """Those of a sweep's job, as its last run left them."""
    found = payload.get("clocks")
    return tuple(filter(None, map(_note, found))) if isinstance(found, list) else ()


def clock_notes_payload(notes: Iterable[ClockNote]) -> dict[str, object]:
    """The same to be written: the latest of each machine, and of so many machines."""
    latest = {note.boot: note for note in sorted(notes, key=lambda note: note.at)}
    kept = sorted(latest.values(), key=lambda note: note.at)[-MOST_NOTES:]
    return {"clocks": [[note.boot, note.steady_s, note.at.isoformat()] for note in kept]} if kept else {}


LONGEST_UP_S, LAST_YEAR = 10**10, 9_000
"""No machine runs for so long, and no clock says so late a year: with both, instants can be reckoned with."""


def _note(written: object) -> ClockNote | None:
    """None of what no release wrote: a start must not fail by it."""
    try:
        match written:
            case [str(boot), int() | float() as steady_s, str(said)] if 0 <= steady_s <= LONGEST_UP_S:
                at = datetime.fromisoformat(said)
                return ClockNote(boot, float(steady_s), at) if at.tzinfo and at.year <= LAST_YEAR else None
    except ValueError:
        pass
    return None


@quick
@dataclass(frozen=True, slots=True)
class Job:
    """Work that must follow a commit, written in that same commit.

    Its runner holds it until `lease_until`, under the fencing number `fence`: a result that comes with an older number
    is refused, because another runner has taken the job over. `attempts` counts the runs that were begun. `claim_id` is
    that of the command which claimed it. `target` is the subscriber that an event goes to.
    """

    id: UUID
    kind: JobKind
    subject_id: UUID
    run_at: datetime
    created_at: datetime
    state: JobState = JobState.PENDING
    attempts: int = 0
    fence: int = 0
    lease_until: datetime | None = None
    last_error: str | None = None
    finished_at: datetime | None = None
    claim_id: UUID | None = None
    target: str | None = None
    payload: dict[str, object] = field(default_factory=dict, hash=False)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE_JOB_STATES

    @property
    def is_waiting(self) -> bool:
        """Whether it is to be run and is not running now."""
        return self.is_live and self.state is not JobState.RUNNING


@dataclass(frozen=True, slots=True)
class Lease:
    """A runner's hold on a job: which one, and the fencing number under which it may end it."""

    job_id: UUID
    fence: int
    jitter: float = 1.0
    """0 to 1, drawn anew for each run: the wait before a retry is multiplied by it."""


@dataclass(frozen=True, slots=True)
class Case:
    """Something for a person to deal with: the reason says what happened, and names the call that ends the case."""

    subject_id: UUID
    reason: str


CASES = UUID("6f7b0a52-6c5e-4d53-9a0e-2f1c1f2f8d0b")
"""The namespace (RFC 9562, UUIDv5) of the subjects of cases that are about no row of ours."""

VERIFY_CASE = uuid5(CASES, "verify")
"""The subject of the case that says what is broken: there is one, whatever the number of rows."""

MOST_SENTENCES, LONGEST_SENTENCE = 3, 160


@dataclass(frozen=True, slots=True)
class Verified:
    """The end of a look through everything.

    Args:
        at: when it ended.
        took_s: how long it took.
        broken: rows at which an invariant is broken.
        sentences: the broken invariants, of which some are told.
    """

    at: datetime
    took_s: float
    broken: int = 0
    sentences: tuple[str, ...] = ()

    @classmethod
    def in_payload(cls, payload: Mapping[str, object]) -> "Verified | None":
        """What the last look of a job found; None where there was none."""
        match payload.get("verified"):
            case [str(at), int() | float() as took_s, int(broken)]:
                return cls(datetime.fromisoformat(at), float(took_s), broken)
        return None

    def to_payload(self) -> dict[str, object]:
        return {"verified": [self.at.isoformat(), self.took_s, self.broken]}

    @property
    def reason(self) -> str:
        """For an admin in a hurry: what is wrong, and what to do."""
        told = " ".join(each[:LONGEST_SENTENCE] for each in self.sentences[:MOST_SENTENCES])
        more = "" if len(self.sentences) <= MOST_SENTENCES else f" And {len(self.sentences) - MOST_SENTENCES} more."
        rows = "1 row" if self.broken == 1 else f"{self.broken} rows"
        return (
            f"gateway verify found {rows} at which this does not hold: {told}{more} Run `gateway verify`: it names each"
            " row and what to do. The case ends by itself with the next look that finds nothing; or cancelJob ends it."
        )
