"""The table of the sessions that were held."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlmodel import Field

from db.columns import ROLES, Row, one_of
from db.types import Id, Instant


class RecordedSessionRow(Row, table=True):
    """A session that was held. One that was withdrawn stays, and is recorded again in its place."""

    __tablename__ = "recorded_session"
    __table_args__ = (
        CheckConstraint("number > 0", name="number"),
        one_of("recorded_by_role", ROLES),
        # One record for a session, whoever repeats it.
        Index("uq_recorded_session_purchase_id_number", "purchase_id", "number", unique=True),
        Row.clustered,
    )

    id: UUID = Field(sa_type=Id, primary_key=True)
    purchase_id: UUID = Field(sa_type=Id, sa_column_args=(ForeignKey("purchase.id"),))
    number: int
    held_at: datetime = Field(sa_type=Instant)
    recorded_at: datetime = Field(sa_type=Instant)
    recorded_by_id: str = Field(sa_type=Text)
    recorded_by_role: str = Field(sa_type=Text)
    withdrawn_at: datetime | None = Field(sa_type=Instant)
