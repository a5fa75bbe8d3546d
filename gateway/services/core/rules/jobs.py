"""The rules by which jobs are claimed, tried again and given up."""

from datetime import datetime, timedelta
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.events import STUDENT_ERASED
from gateway.services.core.model.job_outcomes import RefundSettled
from gateway.services.core.model.jobs import LONGEST_LEASE_S, LONGEST_WAIT_S, Job, JobKind, JobState, Lease
from gateway.services.core.model.outcomes import Outcome, PaymentPending, Reconciled
from gateway.services.core.model.state import Moment, State
from gateway.services.core.model.values import Payment, PaymentStatus, Refund
from gateway.services.core.rules.refunds.sums import ALREADY_BACK

MOST_ATTEMPTS = {
    JobKind.PAYMENT_CHECK: 90,
    JobKind.PAYMENT_REFUND: 90,
    JobKind.WEBHOOK_HANDLE: 90,
    JobKind.EVENT_DELIVER: 90,
    JobKind.SWEEP_OPEN: 1_000_000,
    JobKind.SWEEP_SETTLED: 1_000_000,
    JobKind.SWEEP_LAPSED: 1_000_000,
    JobKind.SWEEP_VERIFY: 1_000_000,
    JobKind.SWEEP_OUTDATED: 1_000_000,
    JobKind.CASE_REVIEW: 1,
    JobKind.UNKNOWN: 1,
}
"""Runs of a job before it becomes FAILED. With the waits below that takes more than three days on average, which
outlasts a weekend's outage; a sweep is never given up, and a case is never run."""

BACKOFF_S = 5
LONGEST_BACKOFF_S = 7200
"""The longest wait doubles from the first of these to the second; each wait is drawn evenly between zero and it (full
jitter), so that jobs that failed together are not retried together."""


def check_job(payment: Payment, retry_after_s: int, state: State, moment: Moment) -> tuple[Job, ...]:
    """Ask the provider again later; one such job at a time for a payment."""
    if (JobKind.PAYMENT_CHECK, payment.id) in state.live_jobs:
        return ()
    run_at = moment.now + timedelta(seconds=min(retry_after_s, LONGEST_WAIT_S))
    return (Job(moment.new_id(), JobKind.PAYMENT_CHECK, payment.id, run_at, moment.now),)


def refund_job(refund: Refund, moment: Moment) -> Job:
    """Carry a refund out."""
    return Job(moment.new_id(), JobKind.PAYMENT_REFUND, refund.id, moment.now, moment.now)


def held(lease: Lease, state: State) -> Job | None:
    """The job that a lease is for; None where the lease has passed to another runner, or the job has ended."""
    job = state.jobs.get(lease.job_id)
    is_held = job is not None and job.state is JobState.RUNNING and job.fence == lease.fence
    return job if is_held else None


def after(job: Job, lease: Lease, outcome: Outcome, moment: Moment) -> Job:
    """The job after a run that came to an outcome."""
    match outcome:
        case Reconciled(_, settled, None):
            return after(job, lease, settled, moment)
        case PaymentPending(payment, _, False) if payment.status is not PaymentStatus.PROCESSING:
            return ended(
                job, JobState.COMPLETED, moment
            )  # nobody is paying now; a later payment is confirmed by itself
        case PaymentPending(_, retry_after_s):
            return deferred(job, lease, "not settled yet", moment, at_least_s=retry_after_s)
        case RefundSettled(refund, _) if refund.failure is not None and refund.failure.code != ALREADY_BACK:
            return ended(job, JobState.FAILED, moment, f"{refund.failure.code}: {refund.failure.message}")
        case _:
            return ended(job, JobState.COMPLETED, moment)


def is_due(job: Job, now: datetime) -> bool:
    """Whether a runner may claim the job: it is due, or the lease of its last runner has run out. A time beyond any
    schedule, or any lease, is that of a clock that was wrong, and counts as come."""
    if job.state is JobState.RUNNING:
        return job.lease_until is not None and _has_come(job.lease_until, now, LONGEST_LEASE_S)
    return job.is_live and _has_come(job.run_at, now, LONGEST_WAIT_S)


def _has_come(at: datetime, now: datetime, longest_s: int) -> bool:
    return at <= now or at > now + timedelta(seconds=longest_s)


def taken(job: Job, claim_id: UUID, lease_s: int, moment: Moment) -> Job:
    """The job, claimed by a runner until its lease ends."""
    return replace(
        job,
        state=JobState.RUNNING,
        attempts=job.attempts + 1,
        fence=job.fence + 1,
        lease_until=moment.now + timedelta(seconds=lease_s),
        claim_id=claim_id,
    )


def renewed(job: Job, lease_s: int, moment: Moment) -> Job:
    """The job, held by its runner until its lease ends, which is never sooner than before."""
    until = moment.now + timedelta(seconds=lease_s)
    if job.lease_until is None or not until < job.lease_until <= moment.now + timedelta(seconds=LONGEST_LEASE_S):
        return replace(job, lease_until=until)
    return job


def deferred(job: Job, lease: Lease, error: str, moment: Moment, at_least_s: int = 0) -> Job:
    """The job to be run again later, or FAILED after its last attempt."""
    if job.attempts >= MOST_ATTEMPTS[job.kind]:
        return ended(job, JobState.FAILED, moment, error)
    wait_s = at_least_s + lease.jitter * min(LONGEST_BACKOFF_S, BACKOFF_S * 2 ** min(job.attempts - 1, 20))
    run_at = moment.now + timedelta(seconds=min(wait_s, LONGEST_WAIT_S))
    return replace(job, state=JobState.RETRYING, run_at=run_at, lease_until=None, last_error=error)


def continued(job: Job, wait_s: float, payload: dict[str, object], moment: Moment) -> Job:
    """A job that never ends by itself, to be run again so many seconds later; nothing went wrong with this run."""
    run_at = moment.now + timedelta(seconds=min(wait_s, LONGEST_WAIT_S))
    return replace(
        job,
        state=JobState.RETRYING,
        attempts=0,
        run_at=run_at,
        lease_until=None,
        last_error=None,
        payload=payload,
    )


def ended(job: Job, state: JobState, moment: Moment, error: str | None = None) -> Job:
    """The job as one that will not run again."""
    payload = job.payload if state is JobState.FAILED else without_erased(job.payload)
    return replace(job, state=state, lease_until=None, last_error=error, finished_at=moment.now, payload=payload)


def without_erased(payload: dict[str, object]) -> dict[str, object]:
    """What is left of an event that told of an erased student, once nobody will be told any more: not the id."""
    data = payload.get("data")
    erasure = data.get("erasure") if isinstance(data, dict) and payload.get("type") == STUDENT_ERASED else None
    if not isinstance(erasure, dict):
        return payload
    return {**payload, "data": {"erasure": {name: erasure[name] for name in erasure if name != "studentId"}}}
