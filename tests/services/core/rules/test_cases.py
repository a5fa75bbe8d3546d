"""Cases: what a person has to look at is noted once, and ends once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.state import NOTHING, Changes, State
from gateway.services.core.rules.cases import noted, settled, standing
from tests.services.core.examples import NOW, PAYMENT, PURCHASE, moment

LATER = moment(NOW + timedelta(days=1))


def noted_of_the_payment(state: JobState = JobState.FAILED) -> State:
    [case] = noted(PAYMENT.id, "look at it", moment()).jobs
    found = State()
    found.apply(Changes(jobs=(replace(case, state=state),)))
    return found


def test_a_case_is_born_as_a_failed_job_that_says_what_happened() -> None:
    case = standing(PAYMENT.id, noted_of_the_payment())
    assert case is not None
    assert (case.kind, case.state, case.last_error) == (JobKind.CASE_REVIEW, JobState.FAILED, "look at it")
    assert (case.subject_id, case.run_at, case.finished_at) == (PAYMENT.id, NOW, NOW)


def test_a_case_is_nobody_elses() -> None:
    assert standing(PURCHASE.id, noted_of_the_payment()) is None
    assert settled(PURCHASE.id, noted_of_the_payment(), LATER) == NOTHING


def test_a_case_that_needs_nobody_any_more_is_completed() -> None:
    [case] = settled(PAYMENT.id, noted_of_the_payment(), LATER).jobs
    assert (case.state, case.finished_at) == (JobState.COMPLETED, LATER.now)


@pytest.mark.parametrize("state", [JobState.COMPLETED, JobState.CANCELED])
def test_a_case_that_was_dealt_with_stays_as_it_ended(state: JobState) -> None:
    assert settled(PAYMENT.id, noted_of_the_payment(state), LATER) == NOTHING
