"""What an admin may do about a job: have it run again, or not any more."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.job_outcomes import JobChanged
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, NotFound
from gateway.services.core.model.state import NOTHING, Changes, Decision, State
from gateway.services.core.model.values import (
    Failure,
    Money,
    Payment,
    PaymentStatus,
    Refund,
    RefundOrigin,
    RefundStatus,
)
from tests.services.core.examples import ADMIN, JOB, NOW, PAYMENT, REFUND, key, moment

RETRY, CANCEL = RetryJob(ADMIN, JOB.id, "it was down"), CancelJob(ADMIN, JOB.id, "not wanted")
CHECK = replace(JOB, kind=JobKind.PAYMENT_CHECK, subject_id=PAYMENT.id)
ENDED = replace(CHECK, state=JobState.FAILED, attempts=90, last_error="TimeoutError", finished_at=NOW)
CASE = replace(ENDED, kind=JobKind.CASE_REVIEW)
OF_REFUND = replace(ENDED, kind=JobKind.PAYMENT_REFUND, subject_id=REFUND.id)
PAID = replace(PAYMENT, status=PaymentStatus.SUCCEEDED, captured=PAYMENT.amount)
FAILED = replace(REFUND, status=RefundStatus.FAILED, failure=Failure("x", "y"), settled_at=NOW)


def state_with(*jobs: Job, payment: Payment = PAID, refunds: tuple[Refund, ...] = ()) -> State:
    state = State()
    state.apply(Changes(jobs=jobs, payments=(payment,), refunds=refunds))
    return state


def problem_of(decision: Decision) -> str:
    assert decision.changes == NOTHING
    assert isinstance(decision.outcome, InvalidInput)
    [problem] = decision.outcome.fields
    assert problem == FieldProblem(("jobId",), problem.message)
    return problem.message


@pytest.mark.parametrize("command", [RETRY, CANCEL])
def test_a_job_that_is_not_there_is_not_found(command: RetryJob | CancelJob) -> None:
    assert command.decide(State(), moment()) == Decision(NotFound("job"))


@pytest.mark.parametrize("state", [JobState.FAILED, JobState.CANCELED])
def test_a_job_that_ended_without_success_runs_again_from_the_beginning(state: JobState) -> None:
    decision = RETRY.decide(state_with(replace(ENDED, state=state)), moment())
    [job] = decision.changes.jobs
    assert decision.outcome == JobChanged(job)
    assert (job.state, job.attempts, job.run_at, job.finished_at) == (JobState.PENDING, 0, NOW, None)
    [entry] = decision.changes.audit
    assert (entry.action, entry.subject_id, entry.reason) == ("job.retried", PAYMENT.id, "it was down")
    assert entry.changes == {"job": "payment.check"}


@pytest.mark.parametrize("state", [JobState.PENDING, JobState.RUNNING, JobState.RETRYING])
def test_a_job_that_will_run_anyway_is_left_alone(state: JobState) -> None:
    waiting = replace(CHECK, state=state, run_at=NOW + timedelta(hours=1))
    assert RETRY.decide(state_with(waiting), moment()) == Decision(JobChanged(waiting))


def test_a_job_that_is_done_or_done_by_another_is_not_run_again() -> None:
    done = replace(ENDED, state=JobState.COMPLETED)
    assert "done" in problem_of(RETRY.decide(state_with(done), moment()))
    another = replace(CHECK, id=key(51))
    assert "another one" in problem_of(RETRY.decide(state_with(ENDED, another), moment()))


def test_a_case_is_for_a_person_and_is_never_run() -> None:
    assert "cancelJob" in problem_of(RETRY.decide(state_with(CASE), moment()))


def test_a_refund_that_failed_is_made_anew_of_what_is_left() -> None:
    sent = replace(REFUND, id=key(42), amount=Money(50_000, "INR"), status=RefundStatus.SUCCEEDED)
    payment = replace(PAID, refunded_minor=50_000)
    decision = RETRY.decide(state_with(OF_REFUND, payment=payment, refunds=(FAILED, sent)), moment())
    [refund], [job], [entry] = decision.changes.refunds, decision.changes.jobs, decision.changes.audit
    assert (refund.amount, refund.status) == (Money(149_900, "INR"), RefundStatus.PENDING)
    assert refund.id != FAILED.id
    assert (refund.reason, refund.requested_by) == (FAILED.reason, FAILED.requested_by)
    assert job.subject_id == refund.id
    assert entry.subject_id == PAYMENT.id
    told = {"amountMinor": 149_900, "currency": "INR", "refundId": [str(FAILED.id), str(refund.id)]}
    assert entry.changes == {"job": "payment.refund", **told}


@pytest.mark.parametrize(
    ("beside", "refunded_minor", "problem"),
    [
        (replace(REFUND, id=key(42), status=RefundStatus.SUCCEEDED), PAYMENT.amount.amount_minor, "another refund"),
        (replace(REFUND, id=key(42), origin=RefundOrigin.DISPUTE), 0, "a dispute is open"),
    ],
)
def test_a_refund_is_not_made_anew_where_nothing_is_left(beside: Refund, refunded_minor: int, problem: str) -> None:
    payment = replace(PAID, refunded_minor=refunded_minor)
    state = state_with(OF_REFUND, payment=payment, refunds=(FAILED, beside))
    assert problem in problem_of(RETRY.decide(state, moment()))


def test_a_job_of_a_refund_that_still_waits_keeps_it() -> None:
    decision = RETRY.decide(state_with(OF_REFUND, refunds=(REFUND,)), moment())
    assert decision.changes.refunds == ()
    assert [job.subject_id for job in decision.changes.jobs] == [REFUND.id]


@pytest.mark.parametrize(
    ("job", "last_error"),
    [
        (CHECK, "canceled: not wanted"),
        (replace(CHECK, state=JobState.RUNNING, fence=1), "canceled: not wanted"),
        (ENDED, "canceled: not wanted; it was: TimeoutError"),
        (CASE, "canceled: not wanted; it was: TimeoutError"),
    ],
)
def test_a_job_that_is_canceled_runs_no_more_and_says_why(job: Job, last_error: str) -> None:
    decision = CANCEL.decide(state_with(job), moment())
    [canceled], [entry] = decision.changes.jobs, decision.changes.audit
    assert (canceled.state, canceled.last_error, canceled.finished_at) == (JobState.CANCELED, last_error, NOW)
    assert (entry.action, entry.subject_id, entry.reason) == ("job.canceled", PAYMENT.id, "not wanted")


def test_a_job_that_is_canceled_already_stays_as_it_is() -> None:
    canceled = replace(ENDED, state=JobState.CANCELED)
    assert CANCEL.decide(state_with(canceled), moment()) == Decision(JobChanged(canceled))


def test_a_job_that_is_done_is_not_canceled() -> None:
    assert "done" in problem_of(CANCEL.decide(state_with(replace(ENDED, state=JobState.COMPLETED)), moment()))


def test_a_refund_is_not_canceled_while_it_is_with_the_provider() -> None:
    running = replace(OF_REFUND, state=JobState.RUNNING, finished_at=None)
    assert "with the provider" in problem_of(CANCEL.decide(state_with(running, refunds=(REFUND,)), moment()))
    waiting = replace(running, state=JobState.RETRYING)
    [entry] = CANCEL.decide(state_with(waiting, refunds=(REFUND,)), moment()).changes.audit
    assert entry.subject_id == PAYMENT.id
