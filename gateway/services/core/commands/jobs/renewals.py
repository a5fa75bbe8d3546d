"""A runner that lives holds its jobs for longer."""

from dataclasses import dataclass
from typing import ClassVar

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.job_outcomes import LeasesRenewed
from gateway.services.core.model.jobs import Lease
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules.jobs import held, renewed


@dataclass(frozen=True, slots=True)
class RenewLeases(BaseCommand):
    """Hold these jobs for `lease_s` seconds from now: all that a runner has under way, in one command.

    One that nobody took over is held on to, even where its lease had run out meanwhile.
    """

    leases: tuple[Lease, ...]
    lease_s: int

    waits_for_locks: ClassVar[bool] = False

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        return RowKeys(jobs={lease.job_id for lease in self.leases})

    def decide(self, state: State, moment: Moment) -> Decision:
        """The jobs that the runner still holds, for longer; and which of them it has lost. One that has ended is
        neither: its runner is about to learn that."""
        ours = [job for lease in self.leases if (job := held(lease, state)) is not None]
        lost = tuple(lease for lease in self.leases if _is_anothers(lease, state))
        longer = {job: renewed(job, self.lease_s, moment) for job in ours}
        return Decision(LeasesRenewed(lost), Changes(jobs=tuple(new for old, new in longer.items() if new != old)))


def _is_anothers(lease: Lease, state: State) -> bool:
    job = state.jobs.get(lease.job_id)
    return job is None or job.fence != lease.fence
