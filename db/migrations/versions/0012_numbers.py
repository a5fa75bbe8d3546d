"""Refunds are found by when the provider settled them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None
change = "expand"

MADE = "status = 'SUCCEEDED'"


def upgrade() -> None:
    condition = sa.text(MADE)
    op.create_index(
        "ix_refund_settled_at", "refund", ["settled_at"], sqlite_where=condition, postgresql_where=condition
    )


def downgrade() -> None:
    op.drop_index("ix_refund_settled_at", table_name="refund")
