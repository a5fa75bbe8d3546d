"""The database says which is the oldest code that may run on it, so that releases can roll."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
change = "expand"


def upgrade() -> None:
    made = op.create_table(
        "schema_compatibility",
        sa.Column("singleton", sa.SmallInteger, autoincrement=False, nullable=False),
        sa.Column("oldest_code", sa.Text, nullable=False),
        sa.CheckConstraint("singleton = 1", name=op.f("ck_schema_compatibility_singleton")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_schema_compatibility")),
        sqlite_with_rowid=False,
    )
    op.bulk_insert(made, [{"singleton": 1, "oldest_code": revision}])


def downgrade() -> None:
    op.drop_table("schema_compatibility")
