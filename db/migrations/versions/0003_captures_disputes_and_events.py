"""Second captures, adopted payments, who asked for a refund, and events that are delivered in order."""

import sqlalchemy as sa
from alembic import op

from db.types import Id, Instant

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
change = "contract"  # it rebuilds an index that older code relies on
oldest_code = "0003"

LIVE = "state IN ('PENDING', 'RUNNING', 'RETRYING')"
ALONE = f"{LIVE} AND kind <> 'event.deliver'"
IN_ORDER = f"{LIVE} AND kind = 'event.deliver'"


def upgrade() -> None:
    # SQLite adds a column with its constraint in one word or not at all; both databases take that word.
    key = op.get_bind().dialect.type_compiler_instance.process(Id())
    op.execute(f"ALTER TABLE payment ADD COLUMN extra_of {key} CONSTRAINT fk_payment_extra_of REFERENCES payment (id)")
    op.add_column("payment", sa.Column("expires_at", Instant(), nullable=True))
    op.execute(
        "ALTER TABLE refund ADD COLUMN origin TEXT DEFAULT 'GATEWAY' NOT NULL"
        " CONSTRAINT ck_refund_origin CHECK (origin IN ('GATEWAY', 'PROVIDER', 'DISPUTE'))"
    )
    op.execute("UPDATE refund SET origin = 'PROVIDER' WHERE reason = 'made at the provider'")
    op.add_column("job", sa.Column("target", sa.Text(), nullable=True))
    op.add_column("job", sa.Column("claim_id", Id(), nullable=True))
    op.drop_index("uq_job_live", table_name="job")
    _index("uq_job_live", "job", ["kind", "subject_id"], ALONE, unique=True)
    _index("ix_job_stream", "job", ["subject_id", "target", "id"], IN_ORDER)
    _index("ix_student_access_expires_at", "student_access", ["expires_at"], "status = 'GRANTED'")


def downgrade() -> None:
    op.drop_index("ix_student_access_expires_at", table_name="student_access")
    op.drop_index("ix_job_stream", table_name="job")
    op.drop_index("uq_job_live", table_name="job")
    op.execute("DELETE FROM job WHERE kind = 'event.deliver'")
    _index("uq_job_live", "job", ["kind", "subject_id"], LIVE, unique=True)
    for table, column in (
        ("job", "claim_id"),
        ("job", "target"),
        ("refund", "origin"),
        ("payment", "expires_at"),
        ("payment", "extra_of"),
    ):
        op.drop_column(table, column)


def _index(name: str, table: str, columns: list[str], condition: str, unique: bool = False) -> None:
    op.create_index(
        name,
        table,
        columns,
        unique=unique,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
