"""Every list and each filter of it is read from an index, in the list's own order."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
change = "expand"

OLD = (
    ("ix_payment_student_id_id", "payment", ["student_id", "id"]),
    ("ix_purchase_student_id_id", "purchase", ["student_id", "id"]),
    ("ix_purchase_course_id_id", "purchase", ["course_id", "id"]),
)
# SQLite, knowing nothing of what the columns hold, takes the last made of those that serve equally: the most telling
# condition's index is made last.
NEW = (
    ("ix_payment_created_at", "payment", ["created_at", "id"], None),
    ("ix_payment_status", "payment", ["status", "created_at", "id"], "status <> 'SUCCEEDED'"),
    ("ix_payment_fulfilment", "payment", ["fulfilment", "created_at", "id"], "fulfilment <> 'FULFILLED'"),
    ("ix_payment_course_id", "payment", ["course_id", "created_at", "id"], None),
    ("ix_payment_student_id", "payment", ["student_id", "created_at", "id"], None),
    ("ix_purchase_created_at", "purchase", ["created_at", "id"], None),
    ("ix_purchase_origin", "purchase", ["created_at", "id"], "origin = 'ADMIN'"),
    ("ix_purchase_status", "purchase", ["status", "created_at", "id"], "status <> 'ACTIVE'"),
    ("ix_purchase_course_id", "purchase", ["course_id", "created_at", "id"], None),
    ("ix_purchase_student_id", "purchase", ["student_id", "created_at", "id"], None),
    ("ix_job_kind", "job", ["kind", "id"], "kind <> 'event.deliver'"),
    ("ix_job_state", "job", ["state", "id"], "state <> 'COMPLETED'"),
    ("ix_job_subject_id", "job", ["subject_id", "id"], None),
)


def upgrade() -> None:
    for name, table, columns, where in NEW:
        condition = None if where is None else sa.text(where)
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
    for name, table, _ in OLD:
        op.drop_index(name, table_name=table)


def downgrade() -> None:
    for name, table, columns in OLD:
        op.create_index(name, table, columns)
    for name, table, _, _ in reversed(NEW):
        op.drop_index(name, table_name=table)
