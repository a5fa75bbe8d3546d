"""Each open payment has the time of its next ask."""

import sqlalchemy as sa
from alembic import op

from db.types import Instant

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
change = "expand"

SCHEDULED = """
UPDATE payment SET ask_at = created_at
WHERE fulfilment = 'PENDING' AND status <> 'CANCELED' AND reference IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("payment", sa.Column("ask_at", Instant(), nullable=True))
    op.add_column("payment", sa.Column("asks", sa.Integer(), nullable=False, server_default=sa.text("0")))
    # Those that stand open today are due at once, however old: the oldest first. Only the new column is written, which
    # older code does not read, so that this expands.
    op.get_bind().execute(sa.text(SCHEDULED))
    condition = sa.text("ask_at IS NOT NULL")
    op.create_index(
        "ix_payment_ask_at",
        "payment",
        ["provider", "ask_at"],
        sqlite_where=condition,
        postgresql_where=condition,
    )


def downgrade() -> None:
    op.drop_index("ix_payment_ask_at", table_name="payment")
    op.drop_column("payment", "asks")
    op.drop_column("payment", "ask_at")
