"""How Alembic runs our migrations: in the transaction of the connection that `db.migrate` hands over."""

from collections.abc import Collection, Mapping
from typing import Any

from alembic import context
from alembic.runtime.migration import MigrationContext, MigrationInfo
from alembic.script import Script

from db.compatibility import CONTRACT, mark
from db.tables import Row

BEFORE_THE_MARK = "0007"
"""The migration that makes the mark; those before it are in no released database."""


def note(ctx: MigrationContext, step: MigrationInfo, heads: Collection[Any], run_args: Mapping[str, Any]) -> None:
    """What a migration says of itself is known to the database from its commit on. A way back leaves the mark: what
    was taken away is not given back by it."""
    script = step.up_revision
    if not step.is_upgrade or not isinstance(script, Script) or script.revision <= BEFORE_THE_MARK:
        return
    if script.module.change == CONTRACT:
        assert ctx.connection is not None
        mark(ctx.connection, script.module.oldest_code)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,
    on_version_apply=note,
)
context.run_migrations()
