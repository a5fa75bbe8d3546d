"""How jobs and webhooks lie in their columns: rows to values and back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from gateway.services.core.model.events import EventState, ProviderEvent
from gateway.services.core.model.jobs import Job, JobKind, JobState
from gateway.services.core.model.values import Provider
from gateway.services.rows.columns import Columns


def event_from(
    id: UUID,  # noqa: A002  as its column
    provider: str,
    event_id: str,
    type: str,  # noqa: A002  likewise
    refs: list[str],
    received_at: datetime,
    state: str,
    handled_at: datetime | None,
) -> ProviderEvent:
    return ProviderEvent(
        id=id,
        provider=Provider(provider),
        event_id=event_id,
        type=type,
        references=tuple(refs),
        received_at=received_at,
        state=EventState(state),
        handled_at=handled_at,
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


def job_from(
    id: UUID,  # noqa: A002  as its column
    kind: str,
    subject_id: UUID,
    run_at: datetime,
    created_at: datetime,
    state: str,
    attempts: int,
    fence: int,
    lease_until: datetime | None,
    last_error: str | None,
    finished_at: datetime | None,
    claim_id: UUID | None,
    target: str | None,
    payload: dict[str, Any],
) -> Job:
    return Job(
        id=id,
        kind=JobKind(kind),
        subject_id=subject_id,
        run_at=run_at,
        created_at=created_at,
        state=JobState(state),
        attempts=attempts,
        fence=fence,
        lease_until=lease_until,
        last_error=last_error,
        finished_at=finished_at,
        claim_id=claim_id,
        target=target,
        payload=payload,
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
