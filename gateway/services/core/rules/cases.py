"""What needs a person: cases, which no rule may decide, and beside them jobs that were given up and open disputes."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid5

from gateway.services.core.frozen import replace
from gateway.services.core.model.jobs import CASES, Job, JobKind, JobState
from gateway.services.core.model.state import NOTHING, Changes, Moment, State
from gateway.services.core.model.values import Provider, Refund


def of_intent(provider: Provider, reference: str) -> UUID:
    """The subject of a case about an intent that is not in our books yet: the same reference always has the same."""
    return uuid5(CASES, f"{provider}:{reference}")


def standing(subject_id: UUID, state: State) -> Job | None:
    """The case that was noted for a subject, in any state."""
    cases = (job for job in state.jobs.values() if job.kind is JobKind.CASE_REVIEW)
    return next((job for job in cases if job.subject_id == subject_id), None)


def settled(subject_id: UUID, state: State, moment: Moment) -> Changes:
    """The end of a subject's open case, if it has one, because it needs no person any more."""
    case = standing(subject_id, state)
    if case is None or case.state is not JobState.FAILED:
        return NOTHING
    return Changes(jobs=(replace(case, state=JobState.COMPLETED, finished_at=moment.now),))


def noted(subject_id: UUID, reason: str, moment: Moment) -> Changes:
    """A case to be written with the changes that cause it; the caller makes sure that it is written once.

    Args:
        subject_id: the payment, purchase or provider's event that it is about.
        reason: what happened and which call ends it, for an admin in a hurry.
    """
    job = Job(
        moment.new_id(),
        JobKind.CASE_REVIEW,
        subject_id,
        run_at=moment.now,
        created_at=moment.now,
        state=JobState.FAILED,
        last_error=reason,
        finished_at=moment.now,
    )
    return Changes(jobs=(job,))


class AttentionKind(StrEnum):
    JOB_FAILED = "JOB_FAILED"
    CASE = "CASE"
    DISPUTE = "DISPUTE"


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that needs a person: a FAILED job, of which a case is one, or an open dispute."""

    job: Job | None
    dispute: Refund | None = None

    @property
    def id(self) -> UUID:
        """That of the job or of the dispute."""
        return self._either.id

    @property
    def kind(self) -> AttentionKind:
        if self.job is None:
            return AttentionKind.DISPUTE
        return AttentionKind.CASE if self.job.kind is JobKind.CASE_REVIEW else AttentionKind.JOB_FAILED

    @property
    def about(self) -> tuple[JobKind, UUID]:
        """What it is about, as a job says it: by its kind and its subject. That of a dispute is the dispute itself."""
        return (self.job.kind, self.job.subject_id) if self.job else (JobKind.PAYMENT_REFUND, self._either.id)

    @property
    def since(self) -> datetime:
        """From when on it waits for a person."""
        return self.job.finished_at or self.job.created_at if self.job else self._either.created_at

    @property
    def reason(self) -> str:
        """What happened, for an admin in a hurry."""
        if self.job is not None:
            return self.job.last_error or f"{self.job.kind} was given up after {self.job.attempts} runs"
        assert self.dispute is not None, "it is one of the two"
        return (
            f"The student's bank claims {self.dispute.amount}: {self.dispute.reason}. Answer it at the provider's "
            f"dashboard, where it is {self.dispute.reference}. Once the bank has decided, this ends by itself."
        )

    @property
    def _either(self) -> Job | Refund:
        either = self.job or self.dispute
        assert either is not None, "it is one of the two"
        return either


@dataclass(frozen=True, slots=True)
class Call:
    """A mutation that ends what needs a person: of which job, and with which reason for the audit."""

    mutation: str
    effect: str
    job_id: UUID
    reason: str
