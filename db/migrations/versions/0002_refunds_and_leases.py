"""Refunds as rows of their own, and jobs that are held by a lease under a fencing number."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from db.types import Id, Instant

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
change = "expand"

JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "refund",
        sa.Column("id", Id(), nullable=False),
        sa.Column("payment_id", Id(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by_id", sa.Text(), nullable=False),
        sa.Column("requested_by_role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.Text(), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("created_at", Instant(), nullable=False),
        sa.Column("settled_at", Instant(), nullable=True),
        sa.CheckConstraint("status IN ('PENDING', 'SUCCEEDED', 'FAILED')", name=op.f("ck_refund_status")),
        sa.CheckConstraint(
            "requested_by_role IN ('STUDENT', 'ADMIN', 'SERVICE')", name=op.f("ck_refund_requested_by_role")
        ),
        sa.CheckConstraint("amount_minor > 0 AND length(currency) = 3", name=op.f("ck_refund_amount")),
        sa.CheckConstraint("(status = 'PENDING') = (settled_at IS NULL)", name=op.f("ck_refund_settled")),
        sa.ForeignKeyConstraint(["payment_id"], ["payment.id"], name=op.f("fk_refund_payment_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_refund_payment_id", "refund", ["payment_id"])
    op.create_table(
        "provider_event",
        sa.Column("id", Id(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("refs", JSON, nullable=False),
        sa.Column("received_at", Instant(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("handled_at", Instant(), nullable=True),
        sa.CheckConstraint("provider IN ('STRIPE', 'RAZORPAY', 'SANDBOX')", name=op.f("ck_provider_event_provider")),
        sa.CheckConstraint("state IN ('PENDING', 'HANDLED', 'IGNORED')", name=op.f("ck_provider_event_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provider_event")),
        sqlite_with_rowid=False,
    )
    op.create_index("uq_provider_event_provider_event_id", "provider_event", ["provider", "event_id"], unique=True)
    op.add_column("job", sa.Column("fence", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("job", sa.Column("lease_until", Instant(), nullable=True))
    op.add_column("job", sa.Column("finished_at", Instant(), nullable=True))


def downgrade() -> None:
    for column in ("finished_at", "lease_until", "fence"):
        op.drop_column("job", column)
    op.drop_index("uq_provider_event_provider_event_id", table_name="provider_event")
    op.drop_table("provider_event")
    op.drop_index("ix_refund_payment_id", table_name="refund")
    op.drop_table("refund")
