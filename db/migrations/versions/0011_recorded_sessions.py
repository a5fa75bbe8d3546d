"""Each session that was held is a row, and an access says how many of its used sessions are."""

import sqlalchemy as sa
from alembic import op

from db.types import Id, Instant

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None
change = "expand"


def upgrade() -> None:
    # The release before knows no such rows, and leaves the number as it is: what it lets an access take over counts as
    # taken over.
    op.add_column(
        "student_access", sa.Column("sessions_recorded", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table(
        "recorded_session",
        sa.Column("id", Id(), nullable=False),
        sa.Column("purchase_id", Id(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("held_at", Instant(), nullable=False),
        sa.Column("recorded_at", Instant(), nullable=False),
        sa.Column("recorded_by_id", sa.Text(), nullable=False),
        sa.Column("recorded_by_role", sa.Text(), nullable=False),
        sa.Column("withdrawn_at", Instant(), nullable=True),
        sa.CheckConstraint("number > 0", name=op.f("ck_recorded_session_number")),
        sa.CheckConstraint(
            "recorded_by_role IN ('STUDENT', 'ADMIN', 'SERVICE')", name=op.f("ck_recorded_session_recorded_by_role")
        ),
        sa.ForeignKeyConstraint(["purchase_id"], ["purchase.id"], name=op.f("fk_recorded_session_purchase_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recorded_session")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "uq_recorded_session_purchase_id_number", "recorded_session", ["purchase_id", "number"], unique=True
    )


def downgrade() -> None:
    op.drop_table("recorded_session")
    op.drop_column("student_access", "sessions_recorded")
