"""What an admin may do about a job: have it run again, or cancel it."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import JobChanged
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, NotFound
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.model.values import Actor, Refund, RefundStatus
from gateway.services.core.rules.granting import audit
from gateway.services.core.rules.inputs.fields import reason_problems
from gateway.services.core.rules.jobs import ended
from gateway.services.core.rules.refunds.sums import left_to_refund, reserved

IS_A_CASE = "is a case for a person, there is nothing to run; do what its lastError says, then end it: cancelJob"


@dataclass(frozen=True, slots=True)
class RetryJob(BaseCommand):
    """Have a job that ended FAILED or CANCELED run again, from now."""

    actor: Actor
    job_id: UUID
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*reason_problems(self.reason)]

    def keys(self) -> RowKeys:
        return RowKeys(jobs_with_refunds={self.job_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The job, to be run again from the beginning."""
        job = state.jobs.get(self.job_id)
        if job is None:
            return Decision(NotFound("job"))
        if job.is_live:
            return Decision(JobChanged(job))
        if job.kind is JobKind.CASE_REVIEW:
            return _refused(IS_A_CASE)
        if job.state is JobState.COMPLETED or (job.kind, job.subject_id) in state.live_jobs:
            return _refused("the job is done, or another one is doing its work")
        refund = _refund_again(job, state, moment)
        if isinstance(refund, InvalidInput):
            return Decision(refund)
        again = replace(
            job,
            subject_id=refund.id if refund else job.subject_id,
            state=JobState.PENDING,
            attempts=0,
            run_at=moment.now,
            lease_until=None,
            finished_at=None,
        )
        change = _said(job, again.subject_id)
        if refund is not None:
            change |= {"amountMinor": refund.amount.amount_minor, "currency": refund.amount.currency}
        entry = audit(_about(job, state), "job.retried", self.actor, moment, self.reason, change)
        return Decision(JobChanged(again), Changes(jobs=(again,), refunds=(refund,) if refund else (), audit=(entry,)))


@dataclass(frozen=True, slots=True)
class CancelJob(BaseCommand):
    """Have a job not run again."""

    actor: Actor
    job_id: UUID
    reason: str

    def problems(self) -> list[FieldProblem]:
        return [*reason_problems(self.reason)]

    def keys(self) -> RowKeys:
        return RowKeys(jobs_with_refunds={self.job_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The job as one that will not run again. A run under way is not stopped, but its result is refused. A FAILED
        job, or a case, is off the list of what needs a person."""
        job = state.jobs.get(self.job_id)
        if job is None:
            return Decision(NotFound("job"))
        if job.state is JobState.CANCELED:
            return Decision(JobChanged(job))
        if job.state is JobState.COMPLETED:
            return _refused("the job is done")
        if job.kind is JobKind.PAYMENT_REFUND and job.state is JobState.RUNNING:
            return _refused("the refund is with the provider just now; cancel it once it waits again")
        failed = f"; it was: {job.last_error}" if job.state is JobState.FAILED else ""
        canceled = ended(job, JobState.CANCELED, moment, f"canceled: {self.reason}{failed}")
        change = _said(job, job.subject_id)
        entry = audit(_about(job, state), "job.canceled", self.actor, moment, self.reason, change)
        return Decision(JobChanged(canceled), Changes(jobs=(canceled,), audit=(entry,)))


def _refused(problem: str) -> Decision:
    return Decision(InvalidInput((FieldProblem(("jobId",), problem),)))


def _about(job: Job, state: State) -> UUID:
    """The subject whose history shows the job: for a refund, its payment."""
    refund = state.refunds.get(job.subject_id) if job.kind is JobKind.PAYMENT_REFUND else None
    return refund.payment_id if refund else job.subject_id


def _said(job: Job, subject_id: UUID) -> dict[str, object]:
    """Which job it was; of a refund's also whose, as the history is its payment's, and which one it is about now."""
    change: dict[str, object] = {"job": job.kind.value}
    if job.kind is JobKind.PAYMENT_REFUND:
        refunds = [str(job.subject_id), str(subject_id)]
        change["refundId"] = refunds if subject_id != job.subject_id else refunds[0]
    return change


def _refund_again(job: Job, state: State, moment: Moment) -> Refund | InvalidInput | None:
    """A new refund, of what is left of the money, in place of one that failed: a provider answers the old id with how
    that one ended. InvalidInput where all of it went back another way; None where the job is about no failed refund."""
    refund = state.refunds.get(job.subject_id)
    if job.kind is not JobKind.PAYMENT_REFUND or refund is None or refund.status is not RefundStatus.FAILED:
        return None
    left = left_to_refund(state.payments[refund.payment_id], state)
    if left == 0:
        is_open = reserved(state.refunds_of(refund.payment_id)) > 0
        problem = "a dispute is open over the money" if is_open else "the money went back by another refund"
        return InvalidInput((FieldProblem(("jobId",), problem),))
    amount = replace(refund.amount, amount_minor=min(left, refund.amount.amount_minor))
    return Refund(moment.new_id(), refund.payment_id, amount, refund.reason, refund.requested_by, moment.now)
