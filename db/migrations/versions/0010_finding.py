"""Refunds are listed, payments found by the provider's attempts and refunds, students by how their ids begin."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None
change = "expand"

NEW = (
    ("ix_payment_attempt", "payment", ["attempt"], "attempt IS NOT NULL AND provider <> 'SANDBOX'"),
    ("ix_refund_created_at", "refund", ["created_at", "id"], None),
    ("ix_refund_origin", "refund", ["origin", "created_at", "id"], "origin <> 'GATEWAY'"),
    ("ix_refund_status", "refund", ["status", "created_at", "id"], "status <> 'SUCCEEDED'"),
    ("ix_refund_reference", "refund", ["reference"], "reference IS NOT NULL"),
)
OF_STUDENTS = ("payment", "purchase")
MADE_ANEW = (
    "CREATE INDEX ix_{table}_student_id_anew ON {table} (student_id{ops}, created_at, id)",
    "DROP INDEX ix_{table}_student_id",
    "ALTER INDEX ix_{table}_student_id_anew RENAME TO ix_{table}_student_id",
)


def upgrade() -> None:
    for name, table, columns, where in NEW:
        condition = None if where is None else sa.text(where)
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
    _order_students(" text_pattern_ops")


def downgrade() -> None:
    _order_students("")
    for name, table, _, _ in reversed(NEW):
        op.drop_index(name, table_name=table)


def _order_students(ops: str) -> None:
    """On PostgreSQL, by bytes or as a language does. The same index serves what older code asks: an equal id."""
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        for table in OF_STUDENTS:
            for statement in MADE_ANEW:
                bind.execute(sa.text(statement.format(table=table, ops=ops)))
