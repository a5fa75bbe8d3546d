"""Sweeps: one job for each, which goes on where it stopped."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gateway.services.core.commands.jobs.sweeps import EndSweep, StartSweep
from gateway.services.core.model.jobs import NOBODY, JobKind, JobState, Lease
from gateway.services.core.model.state import NOTHING, Changes, State
from tests.services.core.examples import JOB, NOW, moment

LEASE = Lease(JOB.id, fence=1)
RUNNING = replace(JOB, state=JobState.RUNNING, attempts=1, fence=1, lease_until=NOW + timedelta(minutes=1))


def test_a_sweep_has_one_job_however_often_it_is_started() -> None:
    state = State()
    [job] = StartSweep(JobKind.SWEEP_OPEN).decide(state, moment()).changes.jobs
    assert (job.kind, job.subject_id, job.run_at) == (JobKind.SWEEP_OPEN, NOBODY, NOW)
    state.apply(Changes(jobs=(job,)))
    assert StartSweep(JobKind.SWEEP_OPEN).decide(state, moment()).changes == NOTHING
    assert StartSweep(JobKind.SWEEP_SETTLED).decide(state, moment()).changes != NOTHING


@pytest.mark.parametrize(("position", "payload"), [("p-9", {"after": "p-9"}), (None, {})])
def test_a_sweep_goes_on_where_it_stopped_or_begins_anew(position: str | None, payload: dict[str, object]) -> None:
    worn = replace(RUNNING, attempts=7, last_error="TimeoutError", payload={"after": "p-1"})
    [job] = EndSweep(LEASE, position, 5).decide(State(jobs={worn.id: worn}), moment()).changes.jobs
    assert (job.state, job.run_at, job.payload) == (JobState.RETRYING, NOW + timedelta(seconds=5), payload)
    assert (job.attempts, job.last_error, job.lease_until) == (0, None, None)
