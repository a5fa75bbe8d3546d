"""Jobs: work that follows from a decision, and the rules by which it is held, tried again and given up."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from gateway.services.core.commands.jobs import CancelJob, ClaimJobs, DeferJob, EndJob, EndSweep, RetryJob, StartSweep
from gateway.services.core.model.jobs import Job, JobKind, JobState, Ticket
from gateway.services.core.model.outcomes import (
    Claimed,
    FieldProblem,
    InvalidInput,
    JobChanged,
    NotFound,
    Outcome,
    PaymentPending,
    RefundSettled,
    Stale,
)
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, State
from gateway.services.core.model.values import Payment, PaymentStatus, Refund, RefundStatus
from gateway.services.core.rules import cases
from gateway.services.core.rules.granting import audit
from gateway.services.core.rules.refunds.sums import ALREADY_BACK, left_to_refund, reserved

MOST_ATTEMPTS = {
    JobKind.PAYMENT_CHECK: 90,
    JobKind.PAYMENT_REFUND: 90,
    JobKind.WEBHOOK_HANDLE: 90,
    JobKind.EVENT_DELIVER: 90,
    JobKind.SWEEP_OPEN: 1_000_000,
    JobKind.SWEEP_SETTLED: 1_000_000,
    JobKind.SWEEP_LAPSED: 1_000_000,
    JobKind.CASE_REVIEW: 1,
    JobKind.UNKNOWN: 1,
}
"""Runs of a job before it stands as FAILED. With the waits below that takes more than three days on average, which
outlasts a weekend's outage; a sweep is never given up, and a case is never begun."""

BACKOFF_S = 5
LONGEST_BACKOFF_S = 7200
"""The wait doubles from the first to the second, and is drawn evenly from nought to it: full jitter, so that jobs
that failed together do not come back together."""


def check_job(payment: Payment, retry_after_s: int, state: State, moment: Moment) -> tuple[Job, ...]:
    """Ask the provider again later; one such job at a time for a payment."""
    if (JobKind.PAYMENT_CHECK, payment.id) in state.live_jobs:
        return ()
    run_at = moment.now + timedelta(seconds=retry_after_s)
    return (Job(moment.new_id(), JobKind.PAYMENT_CHECK, payment.id, run_at, moment.now),)


def refund_job(refund: Refund, moment: Moment) -> Job:
    """Carry a refund out."""
    return Job(moment.new_id(), JobKind.PAYMENT_REFUND, refund.id, moment.now, moment.now)


def held(ticket: Ticket, state: State) -> Job | None:
    """The job that a ticket entitles to; None where somebody else holds it, or nobody may any more."""
    job = state.jobs.get(ticket.job_id)
    is_held = job is not None and job.state is JobState.RUNNING and job.fence == ticket.fence
    return job if is_held else None


def after(job: Job, ticket: Ticket, outcome: Outcome, moment: Moment) -> Job:
    """The job after a run that came to an outcome."""
    match outcome:
        case PaymentPending(payment, _, False) if payment.status is not PaymentStatus.PROCESSING:
            return _ended(job, JobState.COMPLETED, moment)  # nobody is paying; whoever does will confirm
        case PaymentPending(_, retry_after_s):
            return _deferred(job, ticket, "not settled yet", moment, at_least_s=retry_after_s)
        case RefundSettled(refund, _) if refund.failure is not None and refund.failure.code != ALREADY_BACK:
            return _ended(job, JobState.FAILED, moment, f"{refund.failure.code}: {refund.failure.message}")
        case _:
            return _ended(job, JobState.COMPLETED, moment)


def claim(command: ClaimJobs, state: State, moment: Moment) -> Decision:
    """Those of the jobs that are due and free, now the runner's. One whose runners keep dying is given up."""
    found = [state.jobs[job_id] for job_id in command.job_ids if job_id in state.jobs]
    kept, taken, given_up = [], [], []
    for job in found:
        if job.state is JobState.RUNNING and job.claim_id == command.claim_id:
            kept.append(job)  # this claim was committed, and its answer was lost
        elif not is_due(job, moment.now):
            continue
        elif job.attempts >= MOST_ATTEMPTS[job.kind]:
            given_up.append(_ended(job, JobState.FAILED, moment, job.last_error or "its runners died"))
        else:
            taken.append(_taken(job, command, moment))
    return Decision(Claimed((*kept, *taken)), Changes(jobs=(*taken, *given_up)))


def is_due(job: Job, now: datetime) -> bool:
    """Whether a runner may take the job: its time has come, or whoever held it is gone."""
    if job.state is JobState.RUNNING:
        return job.lease_until is not None and job.lease_until <= now
    return job.is_live and job.run_at <= now


def defer(command: DeferJob, state: State, moment: Moment) -> Decision:
    """The job again later, or FAILED after its last attempt: listed, never dropped. Its case is noted once."""
    job = held(command.ticket, state)
    if job is None:
        return Decision(Stale())
    told = command.case and cases.standing(command.case.subject_id, state)
    if told and told.state is JobState.CANCELED:
        changed = _ended(job, JobState.CANCELED, moment, f"{told.last_error}; {command.error}")
        return Decision(JobChanged(changed), Changes(jobs=(changed,)))
    counted = job if command.is_attempt else replace(job, attempts=job.attempts - 1)
    changed = _deferred(counted, command.ticket, command.error, moment, command.at_least_s)
    is_new = command.case is not None and told is None
    noted = cases.noted(command.case.subject_id, command.case.reason, moment) if command.case and is_new else NOTHING
    return Decision(JobChanged(changed), Changes(jobs=(changed,)) + noted)


def end(command: EndJob, state: State, moment: Moment) -> Decision:
    """The job as one that is done."""
    job = held(command.ticket, state)
    if job is None:
        return Decision(Stale())
    done = _ended(job, JobState.COMPLETED, moment)
    return Decision(JobChanged(done), Changes(jobs=(done,)))


def start_sweep(command: StartSweep, state: State, moment: Moment) -> Decision:
    """The sweep's job, where there is none that will run."""
    job = Job(moment.new_id(), command.kind, command.subject_id, moment.now, moment.now)
    if (job.kind, job.subject_id) in state.live_jobs:
        return Decision(JobChanged(job))
    return Decision(JobChanged(job), Changes(jobs=(job,)))


def end_sweep(command: EndSweep, state: State, moment: Moment) -> Decision:
    """The sweep again, from where it came to."""
    job = held(command.ticket, state)
    if job is None:
        return Decision(Stale())
    again = replace(
        job,
        state=JobState.RETRYING,
        attempts=0,
        run_at=moment.now + timedelta(seconds=command.wait_s),
        lease_until=None,
        last_error=None,
        payload={"after": command.went_to} if command.went_to else {},
    )
    return Decision(JobChanged(again), Changes(jobs=(again,)))


def retry(command: RetryJob, state: State, moment: Moment) -> Decision:
    """A job that had ended without success, from the beginning."""
    job = state.jobs.get(command.job_id)
    if job is None:
        return Decision(NotFound("job"))
    if job.is_live:
        return Decision(JobChanged(job))
    if job.kind is JobKind.CASE_REVIEW:
        problem = "is a case for a person, there is nothing to run; do what its lastError says, then end it: cancelJob"
        return Decision(InvalidInput((FieldProblem(("jobId",), problem),)))
    if job.state is JobState.COMPLETED or (job.kind, job.subject_id) in state.live_jobs:
        return Decision(InvalidInput((FieldProblem(("jobId",), "the job is done, or another one is doing its work"),)))
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
    entry = audit(_about(job, state), "job.retried", command.actor, moment, command.reason, {"job": job.kind.value})
    return Decision(JobChanged(again), Changes(jobs=(again,), refunds=(refund,) if refund else (), audit=(entry,)))


def cancel(command: CancelJob, state: State, moment: Moment) -> Decision:
    """A job that shall not run; what is running is not stopped, but its result is refused. One that FAILED, or a case,
    is off the list of what needs a person."""
    job = state.jobs.get(command.job_id)
    if job is None:
        return Decision(NotFound("job"))
    if job.state is JobState.CANCELED:
        return Decision(JobChanged(job))
    if job.state is JobState.COMPLETED:
        return Decision(InvalidInput((FieldProblem(("jobId",), "the job is done"),)))
    if job.kind is JobKind.PAYMENT_REFUND and job.state is JobState.RUNNING:
        problem = "the refund is with the provider just now; cancel it once it waits again"
        return Decision(InvalidInput((FieldProblem(("jobId",), problem),)))
    failed = f"; it was: {job.last_error}" if job.state is JobState.FAILED else ""
    canceled = _ended(job, JobState.CANCELED, moment, f"canceled: {command.reason}{failed}")
    entry = audit(_about(job, state), "job.canceled", command.actor, moment, command.reason, {"job": job.kind.value})
    return Decision(JobChanged(canceled), Changes(jobs=(canceled,), audit=(entry,)))


def _about(job: Job, state: State) -> UUID:
    """Whose history tells of the job: that of a refund is its payment's."""
    refund = state.refunds.get(job.subject_id) if job.kind is JobKind.PAYMENT_REFUND else None
    return refund.payment_id if refund else job.subject_id


def _refund_again(job: Job, state: State, moment: Moment) -> Refund | InvalidInput | None:
    """A new refund in the place of one that failed, for providers answer a refund's id with how it ended: of what
    is left of its money. Invalid where all has gone back another way, None where the job is about no failed refund."""
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


def _taken(job: Job, command: ClaimJobs, moment: Moment) -> Job:
    return replace(
        job,
        state=JobState.RUNNING,
        attempts=job.attempts + 1,
        fence=job.fence + 1,
        lease_until=moment.now + timedelta(seconds=command.lease_s),
        claim_id=command.claim_id,
    )


def _deferred(job: Job, ticket: Ticket, error: str, moment: Moment, at_least_s: int = 0) -> Job:
    if job.attempts >= MOST_ATTEMPTS[job.kind]:
        return _ended(job, JobState.FAILED, moment, error)
    wait_s = at_least_s + ticket.jitter * min(LONGEST_BACKOFF_S, BACKOFF_S * 2 ** min(job.attempts - 1, 20))
    run_at = moment.now + timedelta(seconds=wait_s)
    return replace(job, state=JobState.RETRYING, run_at=run_at, lease_until=None, last_error=error)


def _ended(job: Job, state: JobState, moment: Moment, error: str | None = None) -> Job:
    return replace(job, state=state, lease_until=None, last_error=error, finished_at=moment.now)
