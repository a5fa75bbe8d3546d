"""How jobs and webhooks lie in their columns: rows to values and back."""

from typing import Any

from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.values import Provider
from gateway.services.rows import Columns


def event_from(row: Any) -> ProviderEvent:
    return ProviderEvent(
        id=row.id,
        provider=Provider(row.provider),
        event_id=row.event_id,
        type=row.type,
        references=tuple(row.refs),
        received_at=row.received_at,
        state=EventState(row.state),
        handled_at=row.handled_at,
    )


def event_columns(event: ProviderEvent) -> Columns:
    return {
        "id": event.id,
        "provider": event.provider.value,
        "event_id": event.event_id,
        "type": event.type,
        "refs": list(event.references),
        "received_at": event.received_at,
        "state": event.state.value,
        "handled_at": event.handled_at,
    }


def job_from(row: Any) -> Job:
    return Job(
        id=row.id,
        kind=JobKind(row.kind),
        subject_id=row.subject_id,
        run_at=row.run_at,
        created_at=row.created_at,
        state=JobState(row.state),
        attempts=row.attempts,
        fence=row.fence,
        lease_until=row.lease_until,
        last_error=row.last_error,
        finished_at=row.finished_at,
        claim_id=row.claim_id,
        target=row.target,
        payload=row.payload,
    )


def job_columns(job: Job) -> Columns:
    return {
        "id": job.id,
        "kind": job.kind.value,
        "subject_id": job.subject_id,
        "target": job.target,
        "payload": job.payload,
        "state": job.state.value,
        "run_at": job.run_at,
        "attempts": job.attempts,
        "fence": job.fence,
        "lease_until": job.lease_until,
        "claim_id": job.claim_id,
        "last_error": job.last_error,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }
