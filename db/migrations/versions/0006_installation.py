"""Every database has an id of its own, which marks the intents that it opens at a provider."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

from db.types import Id

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
change = "expand"


def upgrade() -> None:
    made = op.create_table(
        "installation",
        sa.Column("singleton", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("id", Id(), nullable=False),
        sa.CheckConstraint("singleton = 1", name=op.f("ck_installation_singleton")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_installation")),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(made, [{"singleton": 1, "id": uuid4()}])


def downgrade() -> None:
    op.drop_table("installation")
