"""The record of a session that was held."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.services.core.frozen import quick
from gateway.services.core.model.values import Actor


@quick
@dataclass(frozen=True, slots=True)
class RecordedSession:
    """A session that was held, of one purchase and number; `held_at` is when it began.

    One that was withdrawn counts for nothing and stays, with the moment since when it does not count, so that recording
    it again is recording the same.
    """

    id: UUID
    purchase_id: UUID
    number: int
    held_at: datetime
    recorded_at: datetime
    recorded_by: Actor
    withdrawn_at: datetime | None = None
