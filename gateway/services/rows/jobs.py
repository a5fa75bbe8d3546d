"""How jobs and webhooks lie in their columns: rows to values and back."""

from gateway.services.core.model.events import ProviderEvent
from gateway.services.core.model.jobs import Job
from gateway.services.rows.columns import Columns, word
from gateway.services.rows.layouts import From, Layout

EVENT = Layout(ProviderEvent, references=From("refs", tuple))
JOB = Layout(Job)


def event_columns(event: ProviderEvent) -> Columns:
    return {
        "id": event.id,
        "provider": word(event.provider),
        "event_id": event.event_id,
        "type": event.type,
        "refs": list(event.references),
        "received_at": event.received_at,
        "state": word(event.state),
        "handled_at": event.handled_at,
    }


def job_columns(job: Job) -> Columns:
    return {
        "id": job.id,
        "kind": word(job.kind),
        "subject_id": job.subject_id,
        "target": job.target,
        "payload": job.payload,
        "state": word(job.state),
        "run_at": job.run_at,
        "attempts": job.attempts,
        "fence": job.fence,
        "lease_until": job.lease_until,
        "claim_id": job.claim_id,
        "last_error": job.last_error,
        "created_at": job.created_at,
        "finished_at": job.finished_at,
    }
