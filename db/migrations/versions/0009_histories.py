"""The installation says from which payment on histories are whole, so that one that is gone is missed."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from db.types import Id

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None
change = "expand"

FIRST = "SELECT id FROM payment ORDER BY id LIMIT 1"
FIRST_TOLD = """SELECT id FROM payment WHERE (SELECT count(*) FROM audit_entry WHERE subject_id = payment.id
    AND action IN ('payment.opened', 'payment.adopted')) > 0 ORDER BY id LIMIT 1"""
ALL = UUID(int=0)


def upgrade() -> None:
    op.add_column("installation", sa.Column("histories_from", Id(), nullable=True))
    noted = sa.text("UPDATE installation SET histories_from = :id").bindparams(sa.bindparam("id", _first(), Id()))
    op.get_bind().execute(noted)


def _first() -> UUID | None:
    """Before all payments, where none has lost its beginning; none, where no payment has one yet."""
    bind = op.get_bind()
    first, told = (bind.execute(sa.text(sql).columns(id=Id())).scalar() for sql in (FIRST, FIRST_TOLD))
    return ALL if first == told else told


def downgrade() -> None:
    op.drop_column("installation", "histories_from")
