"""The table of refunds: captured money on its way back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, text
from sqlmodel import Field

from db.columns import ROLES, Row, list_index, one_of
from db.types import Id, Instant

REFUND_STATUSES = ("PENDING", "SUCCEEDED", "FAILED")
REFUND_ORIGINS = ("GATEWAY", "PROVIDER", "DISPUTE")
MADE = "status = 'SUCCEEDED'"
NOT_MADE = "status <> 'SUCCEEDED'"
OF_OTHERS = "origin <> 'GATEWAY'"


class RefundRow(Row, table=True):
    """Captured money on its way back."""

    __tablename__ = "refund"
    __table_args__ = (
        one_of("status", REFUND_STATUSES),
        one_of("origin", REFUND_ORIGINS),
        one_of("requested_by_role", ROLES),
        CheckConstraint("amount_minor > 0 AND length(currency) = 3", name="amount"),
        CheckConstraint("(status = 'PENDING') = (settled_at IS NULL)", name="settled"),
        list_index("ix_refund_created_at", "created_at", "id"),
        list_index("ix_refund_origin", "origin", "created_at", "id", where=OF_OTHERS),
        list_index("ix_refund_status", "status", "created_at", "id", where=NOT_MADE),
        list_index("ix_refund_settled_at", "settled_at", where=MADE),
        list_index("ix_refund_reference", "reference", where="reference IS NOT NULL"),
        Index("ix_refund_payment_id", "payment_id"),
        Row.clustered,
    )

    id: UUID = Field(sa_type=Id, primary_key=True)
    payment_id: UUID = Field(sa_type=Id, sa_column_args=(ForeignKey("payment.id"),))
    amount_minor: int = Field(sa_type=BigInteger)
    currency: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    origin: str = Field(default="GATEWAY", sa_type=Text, sa_column_kwargs={"server_default": text("'GATEWAY'")})
    requested_by_id: str = Field(sa_type=Text)
    requested_by_role: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    reference: str | None = Field(sa_type=Text)
    failure_code: str | None = Field(sa_type=Text)
    failure_message: str | None = Field(sa_type=Text)
    created_at: datetime = Field(sa_type=Instant)
    settled_at: datetime | None = Field(sa_type=Instant)
