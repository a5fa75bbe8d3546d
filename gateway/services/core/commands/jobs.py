"""What may be asked of the service about its jobs: to be taken, tried again, ended or given up."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.model.jobs import NOBODY, Case, JobKind, Ticket
from gateway.services.core.model.values import Actor


@dataclass(frozen=True, slots=True)
class ClaimJobs:
    """Take over those of the jobs that are due and free, for `lease_s` seconds.

    `claim_id` is this claim's own: run again after a lost answer, it finds the jobs that it took.
    """

    claim_id: UUID
    job_ids: tuple[UUID, ...]
    lease_s: int


@dataclass(frozen=True, slots=True)
class DeferJob:
    """Try a job again later: its run did not come to an end. `at_least_s` is how long it has to wait in any case.

    `case` is what a person is told at once; once an admin has called that off, the job is not tried again.
    `is_attempt` is False where it had to wait for somebody else, which is no failure and no reason to give it up.
    """

    ticket: Ticket
    error: str
    at_least_s: int = 0
    case: Case | None = None
    is_attempt: bool = True


@dataclass(frozen=True, slots=True)
class EndJob:
    """Note that a job is done, where nothing else follows from that."""

    ticket: Ticket


@dataclass(frozen=True, slots=True)
class StartSweep:
    """See to it that a sweep goes round; one that does already is left alone. `subject_id` is whose: one provider's,
    or nobody's."""

    kind: JobKind
    subject_id: UUID = NOBODY


@dataclass(frozen=True, slots=True)
class EndSweep:
    """Note how far a sweep came, in its own words: it goes on from there after `wait_s`, or, where that is None, from
    the beginning."""

    ticket: Ticket
    went_to: str | None
    wait_s: float


@dataclass(frozen=True, slots=True)
class PlanAsk:
    """See to it that a provider is asked about a payment again, or no more.

    Args:
        asks: how often it had been asked by its schedule before it was asked now; None where that was by another way:
            then only what has no next ask and needs one gets it.
        is_pending: whether money of it is on its way back, or disputed.
        is_answered: whether the provider said anything.
    """

    payment_id: UUID
    asks: int | None
    is_pending: bool = False
    is_answered: bool = True


@dataclass(frozen=True, slots=True)
class RetryJob:
    """Have a job that ended FAILED or CANCELED run again, from now."""

    actor: Actor
    job_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class CancelJob:
    """Have a job not run any more."""

    actor: Actor
    job_id: UUID
    reason: str
