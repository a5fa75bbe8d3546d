"""What was captured is found by its purchase, and by its day where there is none: nothing more is written for it."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None
change = "contract"  # of an index that no release has had, so that as old a code runs on as before
oldest_code = "0007"

WITHOUT_PURCHASE = "fulfilment <> 'FULFILLED' AND confirmed_at IS NOT NULL"
CAPTURED = "confirmed_at IS NOT NULL"


def upgrade() -> None:
    op.drop_index("ix_payment_confirmed_at", table_name="payment")
    _make("ix_payment_unfulfilled_at", WITHOUT_PURCHASE)


def downgrade() -> None:
    op.drop_index("ix_payment_unfulfilled_at", table_name="payment")
    _make("ix_payment_confirmed_at", CAPTURED)


def _make(name: str, where: str) -> None:
    condition = sa.text(where)
    op.create_index(name, "payment", ["confirmed_at"], sqlite_where=condition, postgresql_where=condition)
