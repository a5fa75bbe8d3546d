"""Sweeps: jobs that go through all rows, a page a run, over and over."""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import JobChanged, Stale
from gateway.services.core.model.jobs import NOBODY, Job, JobKind, JobState, Ticket
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules.jobs import held


@dataclass(frozen=True, slots=True)
class StartSweep(BaseCommand):
    """See to it that a sweep goes round; one that does already is left alone. `subject_id` is whose: one provider's,
    or nobody's."""

    kind: JobKind
    subject_id: UUID = NOBODY

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(sweeps={self.subject_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The sweep's job, where there is none that will run."""
        job = Job(moment.new_id(), self.kind, self.subject_id, moment.now, moment.now)
        if (job.kind, job.subject_id) in state.live_jobs:
            return Decision(JobChanged(job))
        return Decision(JobChanged(job), Changes(jobs=(job,)))


@dataclass(frozen=True, slots=True)
class EndSweep(BaseCommand):
    """Note how far a sweep came, in its own words: it goes on from there after `wait_s`, or, where that is None, from
    the beginning."""

    ticket: Ticket
    went_to: str | None
    wait_s: float

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs={self.ticket.job_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The sweep again, from where it came to."""
        job = held(self.ticket, state)
        if job is None:
            return Decision(Stale())
        again = replace(
            job,
            state=JobState.RETRYING,
            attempts=0,
            run_at=moment.now + timedelta(seconds=self.wait_s),
            lease_until=None,
            last_error=None,
            payload={"after": self.went_to} if self.went_to else {},
        )
        return Decision(JobChanged(again), Changes(jobs=(again,)))
