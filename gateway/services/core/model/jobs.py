"""What is still to be done: jobs that follow from a commit, and webhooks that were stored to be handled."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from gateway.services.core.model.values import Provider

NOBODY = UUID(int=0)
"""The subject of a sweep that is about no single row."""

SUBJECTS = {name: UUID(int=number) for number, name in enumerate(Provider, 1)}
"""The subjects of sweeps that are about one provider: each has its own, so that a slow one holds up no other. Rows hold
them, so the order of providers stays."""


class JobKind(StrEnum):
    """Work that follows from a commit. Its subject is the payment, the refund, or the provider's event; a sweep's is
    nobody, or a provider, for it goes through all rows, a page a run, over and over. That of an outgoing event is the
    purchase or the payment whose events are kept in order. A case is nobody's work but a person's: it is born FAILED,
    see `cases`."""

    PAYMENT_CHECK = "payment.check"
    PAYMENT_REFUND = "payment.refund"
    WEBHOOK_HANDLE = "webhook.handle"
    EVENT_DELIVER = "event.deliver"
    SWEEP_OPEN = "sweep.open"
    SWEEP_SETTLED = "sweep.settled"
    SWEEP_LAPSED = "sweep.lapsed"
    CASE_REVIEW = "case.review"
    UNKNOWN = "unknown"
    """What a newer release beside this one does: it is listed here, and run there."""

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


LIVE_JOB_STATES = frozenset({JobState.PENDING, JobState.RUNNING, JobState.RETRYING})
"""A job in one of these will still be run."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work that must follow a commit, written in that same commit.

    Who runs it holds it until `lease_until`, under the number `fence`: a result that comes with an older number is
    refused, for somebody else has taken the job over. `attempts` counts the runs that were begun. `claim_id` is that
    of the command which took it. `target` is the subscriber that an event goes to.
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
        """Whether it is to be run and nobody runs it."""
        return self.is_live and self.state is not JobState.RUNNING


@dataclass(frozen=True, slots=True)
class Ticket:
    """What entitles a runner to end a job: the job, and the number under which it holds it."""

    job_id: UUID
    fence: int
    jitter: float = 1.0
    """0 to 1, drawn anew for each run: what a wait before the next one is multiplied by."""


@dataclass(frozen=True, slots=True)
class Case:
    """What needs a person: the reason is for an admin in a hurry, and names the call that ends it."""

    subject_id: UUID
    reason: str
