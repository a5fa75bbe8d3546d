"""A runner and its jobs: what it gets, what it may end, and what a person is told meanwhile."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from gateway.services.core.commands.jobs.claims import ClaimJobs, DeferJob, EndJob
from gateway.services.core.commands.jobs.renewals import RenewLeases
from gateway.services.core.commands.jobs.sweeps import EndSweep
from gateway.services.core.model.job_outcomes import Claimed, JobChanged, LeasesRenewed, Stale
from gateway.services.core.model.jobs import Case, Job, JobKind, JobState, Lease
from gateway.services.core.model.state import NOTHING, Changes, State
from gateway.services.core.rules import cases
from gateway.services.core.rules.jobs import MOST_ATTEMPTS
from tests.services.core.examples import JOB, NOW, PAYMENT, key, moment

LEASE = Lease(JOB.id, fence=1, jitter=0.0)
RUNNING = replace(JOB, state=JobState.RUNNING, attempts=1, fence=1, lease_until=NOW + timedelta(minutes=1))
CASE = Case(PAYMENT.id, "it cannot be read; cancelJob ends it")


def state_with(*jobs: Job) -> State:
    state = State()
    state.apply(Changes(jobs=jobs))
    return state


def claim(state: State, *job_ids: UUID) -> tuple[list[Job], tuple[Job, ...]]:
    """The jobs that a runner is given, and those that the claim changes."""
    decision = ClaimJobs(key(80), job_ids or (JOB.id,), lease_s=60).decide(state, moment())
    assert isinstance(decision.outcome, Claimed)
    return list(decision.outcome.jobs), decision.changes.jobs


def test_a_job_that_is_due_is_the_runners_until_its_lease_ends() -> None:
    [job], changed = claim(state_with(JOB))
    assert changed == (job,)
    assert (job.state, job.attempts, job.fence) == (JobState.RUNNING, 1, 1)
    assert job.lease_until == NOW + timedelta(seconds=60)


def test_what_a_runner_still_holds_is_its_for_longer_and_what_it_lost_is_named() -> None:
    others, gone = replace(LEASE, job_id=key(52)), replace(LEASE, job_id=key(99))
    state = state_with(RUNNING, replace(RUNNING, id=key(52), fence=2))
    decision = RenewLeases((LEASE, others, gone), lease_s=90).decide(state, moment())
    assert decision.outcome == LeasesRenewed((others, gone))
    assert decision.changes.jobs == (replace(RUNNING, lease_until=NOW + timedelta(seconds=90)),)


@pytest.mark.parametrize("state", [state for state in JobState if state is not JobState.RUNNING])
def test_the_lease_of_a_job_that_has_ended_is_neither_renewed_nor_lost(state: JobState) -> None:
    decision = RenewLeases((LEASE,), lease_s=90).decide(state_with(replace(RUNNING, state=state)), moment())
    assert (decision.outcome, decision.changes) == (LeasesRenewed(()), NOTHING)


def test_a_renewal_shortens_no_lease() -> None:
    decision = RenewLeases((LEASE,), lease_s=5).decide(state_with(RUNNING), moment())
    assert (decision.outcome, decision.changes) == (LeasesRenewed(()), NOTHING)


def test_what_is_not_due_is_left_to_others() -> None:
    later, held = replace(JOB, run_at=NOW + timedelta(seconds=1)), replace(RUNNING, id=key(52), claim_id=key(81))
    assert claim(state_with(later, held), later.id, held.id, key(99)) == ([], ())


def test_a_claim_whose_answer_was_lost_finds_its_jobs_again() -> None:
    mine = replace(RUNNING, claim_id=key(80))
    assert claim(state_with(mine)) == ([mine], ())


def test_a_job_whose_runners_keep_dying_is_given_up() -> None:
    worn = replace(RUNNING, attempts=MOST_ATTEMPTS[JOB.kind], lease_until=NOW)
    taken, [given_up] = claim(state_with(worn))
    assert (taken, given_up.state, given_up.last_error) == ([], JobState.FAILED, "its runners died")
    _, [known] = claim(state_with(replace(worn, last_error="TimeoutError")))
    assert known.last_error == "TimeoutError"


def test_a_job_that_is_put_off_runs_again_later() -> None:
    decision = DeferJob(LEASE, "TimeoutError", at_least_s=30).decide(state_with(RUNNING), moment())
    [job] = decision.changes.jobs
    assert decision.outcome == JobChanged(job)
    assert (job.state, job.run_at, job.attempts) == (JobState.RETRYING, NOW + timedelta(seconds=30), 1)


def test_a_wait_for_somebody_else_is_no_attempt() -> None:
    [job] = DeferJob(LEASE, "held", is_attempt=False).decide(state_with(RUNNING), moment()).changes.jobs
    assert job.attempts == RUNNING.attempts - 1


def test_a_case_is_noted_with_the_first_run_that_meets_it_and_not_again() -> None:
    state = state_with(RUNNING)
    deferral = DeferJob(LEASE, "it cannot be read", case=CASE)
    _, noted = deferral.decide(state, moment()).changes.jobs
    assert (noted.kind, noted.subject_id, noted.state) == (JobKind.CASE_REVIEW, PAYMENT.id, JobState.FAILED)
    assert noted.last_error == CASE.reason
    state.apply(Changes(jobs=(noted,)))
    [job] = deferral.decide(state, moment()).changes.jobs
    assert job.state is JobState.RETRYING


def test_once_an_admin_has_canceled_the_case_its_job_is_not_tried_again() -> None:
    [noted] = cases.noted(PAYMENT.id, CASE.reason, moment()).jobs
    canceled = replace(noted, id=key(53), state=JobState.CANCELED, last_error="canceled: called the student")
    decision = DeferJob(LEASE, "it cannot be read", case=CASE).decide(state_with(RUNNING, canceled), moment())
    [job] = decision.changes.jobs
    assert (job.id, job.state) == (JOB.id, JobState.CANCELED)
    assert job.last_error == "canceled: called the student; it cannot be read"


def test_a_job_that_is_done_is_over() -> None:
    [job] = EndJob(LEASE).decide(state_with(RUNNING), moment()).changes.jobs
    assert (job.state, job.finished_at, job.lease_until) == (JobState.COMPLETED, NOW, None)


@pytest.mark.parametrize("command", [DeferJob(LEASE, "x"), EndJob(LEASE), EndSweep(LEASE, None, 5)])
@pytest.mark.parametrize("job", [replace(RUNNING, fence=2), replace(RUNNING, state=JobState.CANCELED)])
def test_a_job_that_is_somebody_elses_by_now_is_left_alone(command: DeferJob | EndJob | EndSweep, job: Job) -> None:
    decision = command.decide(state_with(job), moment())
    assert (decision.outcome, decision.changes) == (Stale(), NOTHING)
