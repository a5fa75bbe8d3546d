"""The migrations make just the tables that the code has."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from db.engine import writer_engine
from db.migrate import upgrade
from db.standing import Standing, head, standing
from db.tables import Row


def test_migrations_make_exactly_the_tables_of_the_code(database_url: str) -> None:
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Row.metadata) == []
    engine.dispose()


def test_migrating_again_changes_nothing(database_url: str) -> None:
    upgrade(database_url)
    engine = writer_engine(database_url)
    with engine.begin() as connection:
        assert standing(connection) == Standing(head(), head())
    engine.dispose()
