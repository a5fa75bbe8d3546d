"""The tables of jobs and of provider events."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, text
from sqlmodel import Field

from db.columns import PROVIDERS, Json, Row, list_index, one_of
from db.types import Id, Instant

JOB_STATES = ("PENDING", "RUNNING", "RETRYING", "COMPLETED", "FAILED", "CANCELED")
LIVE_JOB = "state IN ('PENDING', 'RUNNING', 'RETRYING')"
NOT_COMPLETED = "state <> 'COMPLETED'"
NO_EVENT = "kind <> 'event.deliver'"
_ALONE = f"{LIVE_JOB} AND kind <> 'event.deliver'"
_IN_ORDER = f"{LIVE_JOB} AND kind = 'event.deliver'"


class ProviderEventRow(Row, table=True):
    """A verified webhook, stored once."""

    __tablename__ = "provider_event"
    __table_args__ = (
        one_of("provider", PROVIDERS),
        one_of("state", ("PENDING", "HANDLED", "IGNORED")),
        Index("uq_provider_event_provider_event_id", "provider", "event_id", unique=True),
        Row.clustered,
    )

    id: UUID = Field(sa_type=Id, primary_key=True)
    provider: str = Field(sa_type=Text)
    event_id: str = Field(sa_type=Text)
    type: str = Field(sa_type=Text)
    refs: list[str] = Field(sa_type=Json)
    """The provider's ids of the payments that it is about."""
    received_at: datetime = Field(sa_type=Instant)
    state: str = Field(sa_type=Text)
    handled_at: datetime | None = Field(sa_type=Instant)


class JobRow(Row, table=True):
    """Work that follows from a commit, written in it."""

    __tablename__ = "job"
    __table_args__ = (
        one_of("state", JOB_STATES),
        CheckConstraint("attempts >= 0", name="attempts"),
        # One live job of a kind for a subject: a payment is not refunded by two at once. Events are many.
        Index(
            "uq_job_live",
            "kind",
            "subject_id",
            unique=True,
            sqlite_where=text(_ALONE),
            postgresql_where=text(_ALONE),
        ),
        # A subscriber gets the events of a purchase in order: a later one waits for those before it.
        Index(
            "ix_job_stream",
            "subject_id",
            "target",
            "id",
            sqlite_where=text(_IN_ORDER),
            postgresql_where=text(_IN_ORDER),
        ),
        Index("ix_job_due", "run_at", sqlite_where=text(LIVE_JOB), postgresql_where=text(LIVE_JOB)),
        # For lists. Most jobs are completed deliveries of events, which are not listed by these.
        list_index("ix_job_state", "state", "id", where=NOT_COMPLETED),
        list_index("ix_job_kind", "kind", "id", where=NO_EVENT),
        list_index("ix_job_subject_id", "subject_id", "id"),
        Row.clustered,
    )

    id: UUID = Field(sa_type=Id, primary_key=True)
    kind: str = Field(sa_type=Text)
    subject_id: UUID = Field(sa_type=Id)
    target: str | None = Field(sa_type=Text)
    """The subscriber that an event goes to."""
    payload: dict[str, Any] = Field(sa_type=Json)
    state: str = Field(sa_type=Text)
    run_at: datetime = Field(sa_type=Instant)
    attempts: int = 0
    last_error: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    fence: int = Field(default=0, sa_column_kwargs={"server_default": text("0")})
    lease_until: datetime | None = Field(sa_type=Instant)
    claim_id: UUID | None = Field(sa_type=Id)
    finished_at: datetime | None = Field(sa_type=Instant)
