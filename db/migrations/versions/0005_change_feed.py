"""Notes of what each commit changed, for the subscribers of every process."""

import sqlalchemy as sa
from alembic import op

from db.columns import Json
from db.types import Id

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
change = "expand"


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("id", Id(), nullable=False),
        sa.Column("body", Json, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("change")
