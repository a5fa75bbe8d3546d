"""Ending a run of `gateway verify` by schedule: what it found is kept in its job, and noted for a person if need be."""

from dataclasses import dataclass

from gateway.services.core.frozen import replace
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import JobChanged, Stale
from gateway.services.core.model.jobs import VERIFY_CASE, JobState, Lease, Verified
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules import cases
from gateway.services.core.rules.jobs import continued, held


@dataclass(frozen=True, slots=True)
class EndVerification(BaseCommand):
    """Note what was found, and go on after `wait_s` seconds. Without anything found it was not due, or is off."""

    lease: Lease
    found: Verified | None
    wait_s: float

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs={self.lease.job_id}, cases={VERIFY_CASE})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The job, to be run again; and the one case of what is broken, while anything is."""
        job = held(self.lease, state)
        if job is None:
            return Decision(Stale())
        again = continued(job, self.wait_s, self.found.to_payload() if self.found else job.payload, moment)
        return Decision(JobChanged(again), Changes(jobs=(again,)) + self._case(state, moment))

    def _case(self, state: State, moment: Moment) -> Changes:
        if self.found is None:
            return NOTHING
        if not self.found.broken:
            return cases.settled(VERIFY_CASE, state, moment)
        standing, reason = cases.standing(VERIFY_CASE, state), self.found.reason
        if standing is None:
            return cases.noted(VERIFY_CASE, reason, moment)
        if standing.state is JobState.CANCELED and reason in (standing.last_error or ""):
            return NOTHING  # somebody knows of just that
        noted = replace(standing, state=JobState.FAILED, last_error=reason, finished_at=moment.now)
        return NOTHING if noted == standing else Changes(jobs=(noted,))
