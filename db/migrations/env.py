"""How Alembic runs our migrations: in the transaction of the connection that `db.migrate` hands over."""

from alembic import context

from db.tables import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    transactional_ddl=True,
)
context.run_migrations()
