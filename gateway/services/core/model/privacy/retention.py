"""How long is kept what nothing needs any more, and what of it goes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.records import IdempotencyKey


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many days rows are kept after they have ended; None for ever.

    Args:
        jobs: checks of payments that are done, and sweeps that ended for good.
        deliveries: events that their subscriber has taken.
        events: webhooks that were handled or ignored, each with its job.
        keys: the keys of calls that could be made again without harm.
    """

    jobs: int | None = 90
    deliveries: int | None = 30
    events: int | None = 90
    keys: int | None = 365


CHANGE_NOTES_DAYS = 1
"""How long notes of the change feed are kept: whoever follows it reads them within seconds."""


@dataclass(frozen=True, slots=True)
class EndedJob:
    """A job, as far as it must be known to tell whether it may go."""

    id: UUID
    kind: JobKind
    state: JobState
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndedEvent:
    """A webhook that was handled or ignored, and the job that handled it, if there was one."""

    id: UUID
    job_id: UUID | None = None


@quick
@dataclass(frozen=True, slots=True)
class Gone:
    """Rows to be deleted; and the notes of the change feed that were written before then."""

    jobs: tuple[UUID, ...] = ()
    events: tuple[UUID, ...] = ()
    records: tuple[IdempotencyKey, ...] = ()
    notes_before: datetime | None = None
