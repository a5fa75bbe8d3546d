"""A command that a job's run may come to: its decision is the end of that job as well."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import final

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import Stale
from gateway.services.core.model.jobs import Ticket
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules.jobs import after, held


@dataclass(frozen=True, slots=True)
class JobRun(BaseCommand):
    """`ticket` is that of the job, where the command is the run of one. It is refused where the job is not the runner's
    any more, and else what follows for the job is in the same commit."""

    ticket: Ticket | None = field(default=None, kw_only=True)

    @abstractmethod
    def own_keys(self) -> RowKeys:
        """What the decision may look at besides its job."""

    @abstractmethod
    def own_decision(self, state: State, moment: Moment) -> Decision:
        """What the command comes to, leaving out what follows for its job."""

    @final
    def keys(self) -> RowKeys:
        return self.own_keys() if self.ticket is None else self.own_keys() | RowKeys(jobs={self.ticket.job_id})

    @final
    def decide(self, state: State, moment: Moment) -> Decision:
        if self.ticket is None:
            return self.own_decision(state, moment)
        job = held(self.ticket, state)
        if job is None:
            return Decision(Stale())
        decision = self.own_decision(state, moment)
        follow_up = after(job, self.ticket, decision.outcome, moment)
        return decision.with_step(Changes(jobs=(follow_up,)))
