"""Rows deleted that ended long ago and that nothing needs any more."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from gateway.services.core.model.command import BaseCommand
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.outcomes import FieldProblem
from gateway.services.core.model.privacy.outcomes import Pruned
from gateway.services.core.model.privacy.retention import CHANGE_NOTES_DAYS, EndedEvent, Gone, Retention
from gateway.services.core.model.records import IdempotencyKey
from gateway.services.core.model.state import Changes, Decision, Moment, RowKeys, State
from gateway.services.core.rules.privacy.retention import (
    is_event_over,
    is_job_over,
    is_record_over,
)


@dataclass(frozen=True, slots=True)
class Prune(BaseCommand):
    """Delete those of the rows whose time is over; or, where it `is_dry`, only count them.

    Nothing is deleted by what was read before the turn: each row is looked at once more."""

    waits_for_locks: ClassVar[bool] = False

    retention: Retention
    jobs: tuple[UUID, ...] = ()
    events: tuple[EndedEvent, ...] = ()
    records: tuple[IdempotencyKey, ...] = field(default=())
    is_dry: bool = False

    @property
    def is_background(self) -> bool:
        return True

    def problems(self) -> list[FieldProblem]:
        return []

    def keys(self) -> RowKeys:
        handled = {each.job_id for each in self.events if each.job_id is not None}
        return RowKeys(
            jobs={*self.jobs, *handled},
            events={each.id for each in self.events},
            idempotency_keys={(each.actor_id, each.operation, each.key) for each in self.records},
        )

    def decide(self, state: State, moment: Moment) -> Decision:
        """How many went, and the old notes of the change feed with them."""
        found = [state.jobs[job_id] for job_id in self.jobs if job_id in state.jobs]
        jobs = [job for job in found if is_job_over(job, self.retention, moment.now)]
        events = [each for each in self.events if _is_over(each, self, state, moment.now)]
        records = [key for key in self.records if is_record_over(state.records.get(key), self.retention, state, moment)]
        handled = [each.job_id for each in events if each.job_id is not None]
        gone = Gone(
            (*(job.id for job in jobs), *handled),
            tuple(each.id for each in events),
            tuple(records),
            moment.now - timedelta(days=CHANGE_NOTES_DAYS),
        )
        deliveries = sum(job.kind is JobKind.EVENT_DELIVER for job in jobs)
        outcome = Pruned(len(jobs) - deliveries, deliveries, len(events), len(records))
        return Decision(outcome) if self.is_dry else Decision(outcome, Changes(gone=(gone,)))


def _is_over(ended: EndedEvent, command: Prune, state: State, now: datetime) -> bool:
    event = state.events.get(ended.id)
    job = state.jobs.get(ended.job_id) if ended.job_id is not None else None
    return event is not None and is_event_over(event, job, command.retention, now)
