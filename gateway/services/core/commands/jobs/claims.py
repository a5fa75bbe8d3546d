"""A runner and its jobs: claimed, deferred and ended."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from gateway.services.core.frozen import replace
from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import Claimed, JobChanged, Stale
from gateway.services.core.model.jobs import Case, JobState, Lease
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.state import NOTHING, Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules import cases
from gateway.services.core.rules.jobs import MOST_ATTEMPTS, deferred, ended, held, is_due, taken


@dataclass(frozen=True, slots=True)
class ClaimJobs(BaseCommand):
    """Claim those of the jobs that are due and free, for `lease_s` seconds.

    `claim_id` is this claim's own id: run again after a lost answer, it finds the jobs that it claimed.
    """

    waits_for_locks: ClassVar[bool] = False

    claim_id: UUID
    job_ids: tuple[UUID, ...]
    lease_s: int

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs=set(self.job_ids))

    def decide(self, state: State, moment: Moment) -> Decision:
        """The jobs that are due and free, now the runner's. One whose runners keep dying is given up."""
        found = [state.jobs[job_id] for job_id in self.job_ids if job_id in state.jobs]
        held_before, claimed, given_up = [], [], []
        for job in found:
            if job.state is JobState.RUNNING and job.claim_id == self.claim_id:
                held_before.append(job)  # this claim was committed before, and its answer was lost
            elif not is_due(job, moment.now):
                continue
            elif job.attempts >= MOST_ATTEMPTS[job.kind]:
                given_up.append(ended(job, JobState.FAILED, moment, job.last_error or "its runners died"))
            else:
                claimed.append(taken(job, self.claim_id, self.lease_s, moment))
        return Decision(Claimed((*held_before, *claimed)), Changes(jobs=(*claimed, *given_up)))


@dataclass(frozen=True, slots=True)
class DeferJob(BaseCommand):
    """Try a job again later, because its run did not finish. `at_least_s` is the shortest time that it must wait.

    `case` is noted for a person at once; once an admin has canceled it, the job is not tried again.
    `is_attempt` is False where the job had to wait for others, which is no failure and no reason to give it up.
    """

    lease: Lease
    error: str
    at_least_s: int = 0
    case: Case | None = None
    is_attempt: bool = True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs={self.lease.job_id}, cases={self.case.subject_id} if self.case else frozenset())

    def decide(self, state: State, moment: Moment) -> Decision:
        """The job to be run again later, or FAILED after its last attempt. Its case is noted once."""
        job = held(self.lease, state)
        if job is None:
            return Decision(Stale())
        noted = self.case and cases.standing(self.case.subject_id, state)
        if noted and noted.state is JobState.CANCELED:
            changed = ended(job, JobState.CANCELED, moment, f"{noted.last_error}; {self.error}")
            return Decision(JobChanged(changed), Changes(jobs=(changed,)))
        counted = job if self.is_attempt else replace(job, attempts=job.attempts - 1)
        changed = deferred(counted, self.lease, self.error, moment, self.at_least_s)
        is_new = self.case is not None and noted is None
        note = cases.noted(self.case.subject_id, self.case.reason, moment) if self.case and is_new else NOTHING
        return Decision(JobChanged(changed), Changes(jobs=(changed,)) + note)


@dataclass(frozen=True, slots=True)
class EndJob(BaseCommand):
    """Note that a job is done, where nothing else changes with that."""

    lease: Lease

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs={self.lease.job_id})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The job as one that is done."""
        job = held(self.lease, state)
        if job is None:
            return Decision(Stale())
        done = ended(job, JobState.COMPLETED, moment)
        return Decision(JobChanged(done), Changes(jobs=(done,)))
