"""A command that may be the result of a job: its decision ends the job as well."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import final

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import Stale
from gateway.services.core.model.jobs import Lease
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules.jobs import after, held


@dataclass(frozen=True, slots=True)
class JobRun(BaseCommand):
    """`lease` is set where the command is the result of a job. The command is refused where the lease has passed to
    another runner; otherwise the job is ended or deferred in the same commit."""

    lease: Lease | None = field(default=None, kw_only=True)

    @abstractmethod
    def own_keys(self) -> RowKeys:
        """The keys of the rows that the decision may look at, besides its job."""

    @abstractmethod
    def own_decision(self, state: State, moment: Moment) -> Decision:
        """The decision without its job."""

    @final
    def keys(self) -> RowKeys:
        return self.own_keys() if self.lease is None else self.own_keys() | RowKeys(jobs={self.lease.job_id})

    @final
    def decide(self, state: State, moment: Moment) -> Decision:
        if self.lease is None:
            return self.own_decision(state, moment)
        job = held(self.lease, state)
        if job is None:
            return Decision(Stale())
        decision = self.own_decision(state, moment)
        follow_up = after(job, self.lease, decision.outcome, moment)
        return decision.with_step(Changes(jobs=(follow_up,)))
