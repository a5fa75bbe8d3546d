"""Starting and continuing sweeps: jobs that go through all rows, a page a run, over and over."""

from dataclasses import dataclass
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import JobChanged, Stale
from gateway.services.core.model.jobs import (
    NOBODY,
    ClockNote,
    Hold,
    Job,
    JobKind,
    Lease,
    clock_notes_payload,
)
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules.jobs import continued, held


@dataclass(frozen=True, slots=True)
class StartSweep(BaseCommand):
    """Start a sweep, unless it is running already. `subject_id` is that of one provider, or `NOBODY`."""

    kind: JobKind
    subject_id: UUID = NOBODY

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(sweeps={self.subject_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The sweep's job, if there is no live one."""
        job = Job(moment.new_id(), self.kind, self.subject_id, moment.now, moment.now)
        if (job.kind, job.subject_id) in state.live_jobs:
            return Decision(JobChanged(job))
        return Decision(JobChanged(job), Changes(jobs=(job,)))


@dataclass(frozen=True, slots=True)
class EndSweep(BaseCommand):
    """Note the position that a sweep has reached: it goes on from there after `wait_s` seconds, or from the beginning
    where `position` is None. `hold`: it ended nothing, and will not before then. `clocks`: what is known of the clocks
    of machines."""

    lease: Lease
    position: str | None
    wait_s: float
    hold: Hold | None = None
    clocks: tuple[ClockNote, ...] = ()

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs={self.lease.job_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The sweep, to be run again from that position."""
        job = held(self.lease, state)
        if job is None:
            return Decision(Stale())
        again = continued(job, self.wait_s, self._payload(), moment)
        return Decision(JobChanged(again), Changes(jobs=(again,)))

    def _payload(self) -> dict[str, object]:
        position: dict[str, object] = {"after": self.position} if self.position else {}
        return position | (self.hold.to_payload() if self.hold else {}) | clock_notes_payload(self.clocks)
