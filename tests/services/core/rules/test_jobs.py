"""Jobs: who may take one, what a run comes to, how long it waits, and when it is given up."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.model.job_outcomes import EventEnded, RefundSettled
from gateway.services.core.model.jobs import LONGEST_LEASE_S, LONGEST_WAIT_S, Job, JobKind, JobState, Lease
from gateway.services.core.model.outcomes import NotFound, Outcome, PaymentDeclined, PaymentPending
from gateway.services.core.model.state import State
from gateway.services.core.model.values import Failure, PaymentStatus, RefundStatus
from gateway.services.core.rules.jobs import (
    BACKOFF_S,
    LONGEST_BACKOFF_S,
    MOST_ATTEMPTS,
    after,
    check_job,
    deferred,
    held,
    is_due,
    refund_job,
    renewed,
    taken,
)
from gateway.services.core.rules.refunds.sums import ALREADY_BACK
from tests.services.core.examples import EVENT, JOB, NOW, PAYMENT, REFUND, key, moment

LEASE = Lease(JOB.id, fence=3, jitter=1.0)
RUNNING = replace(JOB, state=JobState.RUNNING, attempts=1, fence=3, lease_until=NOW + timedelta(minutes=1))
UNDER_WAY = replace(PAYMENT, status=PaymentStatus.PROCESSING)


def state_with(job: Job) -> State:
    return State(jobs={job.id: job})


def test_every_kind_of_job_has_its_number_of_attempts() -> None:
    assert set(MOST_ATTEMPTS) == set(JobKind)


def test_a_ticket_entitles_to_the_job_that_is_held_under_its_number() -> None:
    assert held(LEASE, state_with(RUNNING)) == RUNNING


@pytest.mark.parametrize(
    "job",
    [
        replace(RUNNING, fence=4),
        replace(RUNNING, fence=2),
        *(replace(RUNNING, state=state) for state in JobState if state is not JobState.RUNNING),
        replace(RUNNING, id=key(51)),
    ],
    ids=lambda job: f"{job.state} {job.fence}",
)
def test_a_ticket_entitles_to_no_other_job(job: Job) -> None:
    assert held(LEASE, state_with(job)) is None


@pytest.mark.parametrize(
    ("job", "is_free"),
    [
        (JOB, True),
        (replace(JOB, run_at=NOW + timedelta(microseconds=1)), False),
        (replace(JOB, state=JobState.RETRYING), True),
        (replace(JOB, state=JobState.COMPLETED), False),
        (replace(JOB, state=JobState.FAILED), False),
        (replace(JOB, state=JobState.CANCELED), False),
        (RUNNING, False),
        (replace(RUNNING, lease_until=NOW), True),
        (replace(RUNNING, lease_until=NOW + timedelta(microseconds=1)), False),
        (replace(RUNNING, lease_until=None), False),
        (replace(JOB, run_at=NOW + timedelta(seconds=LONGEST_WAIT_S)), False),
        (replace(JOB, run_at=NOW + timedelta(seconds=LONGEST_WAIT_S, microseconds=1)), True),
        (replace(RUNNING, lease_until=NOW + timedelta(seconds=LONGEST_LEASE_S)), False),
        (replace(RUNNING, lease_until=NOW + timedelta(seconds=LONGEST_LEASE_S, microseconds=1)), True),
    ],
)
def test_a_job_is_due_at_its_time_or_once_its_runner_is_gone_or_where_no_schedule_leads(
    job: Job, is_free: bool
) -> None:
    assert is_due(job, NOW) is is_free


def test_a_runner_takes_a_job_under_the_next_number_until_its_lease_ends() -> None:
    job = taken(replace(JOB, attempts=4, fence=7), key(80), 60, moment())
    assert (job.state, job.attempts, job.fence, job.claim_id) == (JobState.RUNNING, 5, 8, key(80))
    assert job.lease_until == NOW + timedelta(seconds=60)


@pytest.mark.parametrize(
    ("attempts", "wait_s"),
    [(1, BACKOFF_S), (2, 2 * BACKOFF_S), (5, 16 * BACKOFF_S), (11, 1024 * BACKOFF_S), (12, LONGEST_BACKOFF_S)],
)
def test_the_wait_doubles_with_each_attempt_up_to_the_longest(attempts: int, wait_s: int) -> None:
    job = deferred(replace(RUNNING, attempts=attempts), LEASE, "TimeoutError", moment())
    assert (job.state, job.last_error, job.lease_until) == (JobState.RETRYING, "TimeoutError", None)
    assert job.run_at == NOW + timedelta(seconds=wait_s)


@pytest.mark.parametrize(("jitter", "wait_s"), [(0.0, 30), (0.5, 30 + BACKOFF_S / 2), (1.0, 30 + BACKOFF_S)])
def test_a_wait_is_drawn_from_nought_on_and_added_to_what_was_asked_for(jitter: float, wait_s: float) -> None:
    job = deferred(RUNNING, replace(LEASE, jitter=jitter), "TimeoutError", moment(), at_least_s=30)
    assert job.run_at == NOW + timedelta(seconds=wait_s)


@pytest.mark.parametrize("kind", JobKind)
def test_a_job_is_given_up_after_its_last_attempt_and_not_before(kind: JobKind) -> None:
    last = replace(RUNNING, kind=kind, attempts=MOST_ATTEMPTS[kind])
    given_up = deferred(last, LEASE, "TimeoutError", moment())
    assert (given_up.state, given_up.last_error, given_up.finished_at) == (JobState.FAILED, "TimeoutError", NOW)
    before = deferred(replace(last, attempts=MOST_ATTEMPTS[kind] - 1), LEASE, "TimeoutError", moment())
    assert before.state is JobState.RETRYING


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (PaymentPending(UNDER_WAY, 7), JobState.RETRYING),
        (PaymentPending(PAYMENT, 7), JobState.COMPLETED),
        (PaymentPending(PAYMENT, 7, is_unreachable=True), JobState.RETRYING),
        (PaymentDeclined(PAYMENT), JobState.COMPLETED),
        (EventEnded(EVENT), JobState.COMPLETED),
        (NotFound("payment"), JobState.COMPLETED),
        (RefundSettled(replace(REFUND, status=RefundStatus.SUCCEEDED), PAYMENT), JobState.COMPLETED),
        (RefundSettled(replace(REFUND, failure=Failure("charge_disputed", "No.")), PAYMENT), JobState.FAILED),
        (RefundSettled(replace(REFUND, failure=Failure(ALREADY_BACK, "Back.")), PAYMENT), JobState.COMPLETED),
    ],
)
def test_a_run_ends_its_job_or_puts_it_off_by_what_it_came_to(outcome: Outcome, state: JobState) -> None:
    assert after(RUNNING, LEASE, outcome, moment()).state is state


def test_a_payment_that_is_not_settled_is_asked_about_no_sooner_than_the_provider_said() -> None:
    job = after(RUNNING, replace(LEASE, jitter=0.0), PaymentPending(UNDER_WAY, 7), moment())
    assert (job.run_at, job.last_error) == (NOW + timedelta(seconds=7), "not settled yet")


def test_a_refund_that_was_refused_stands_with_the_providers_words() -> None:
    refused = RefundSettled(replace(REFUND, failure=Failure("charge_disputed", "No.")), PAYMENT)
    assert after(RUNNING, LEASE, refused, moment()).last_error == "charge_disputed: No."


def test_a_payment_has_one_job_that_asks_after_it() -> None:
    [job] = check_job(PAYMENT, 9, State(), moment())
    assert (job.kind, job.subject_id, job.run_at) == (JobKind.PAYMENT_CHECK, PAYMENT.id, NOW + timedelta(seconds=9))
    assert check_job(PAYMENT, 9, State(live_jobs={(JobKind.PAYMENT_CHECK, PAYMENT.id)}), moment()) == ()
    assert check_job(PAYMENT, 9, State(live_jobs={(JobKind.PAYMENT_REFUND, PAYMENT.id)}), moment()) != ()


def test_a_refund_is_carried_out_at_once() -> None:
    job = refund_job(REFUND, moment())
    assert (job.kind, job.subject_id, job.run_at, job.state) == (
        JobKind.PAYMENT_REFUND,
        REFUND.id,
        NOW,
        JobState.PENDING,
    )


def test_no_job_waits_beyond_any_schedule_whatever_is_asked_for() -> None:
    assert deferred(RUNNING, LEASE, "later", moment(), at_least_s=10**6).run_at == NOW + timedelta(
        seconds=LONGEST_WAIT_S
    )
    [job] = check_job(UNDER_WAY, 10**6, State(), moment())
    assert job.run_at == NOW + timedelta(seconds=LONGEST_WAIT_S)


def test_a_lease_beyond_any_is_set_right_when_it_is_renewed() -> None:
    wrong = replace(RUNNING, lease_until=NOW + timedelta(days=365))
    assert renewed(wrong, 20, moment()).lease_until == NOW + timedelta(seconds=20)
