"""A course may have a description."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None
change = "expand"


def upgrade() -> None:
    op.add_column("course", sa.Column("description", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("course", "description")
