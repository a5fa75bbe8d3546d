"""What was captured is found by the day on which that was."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None
change = "expand"

CAPTURED = "confirmed_at IS NOT NULL"


def upgrade() -> None:
    condition = sa.text(CAPTURED)
    op.create_index(
        "ix_payment_confirmed_at", "payment", ["confirmed_at"], sqlite_where=condition, postgresql_where=condition
    )


def downgrade() -> None:
    op.drop_index("ix_payment_confirmed_at", table_name="payment")
