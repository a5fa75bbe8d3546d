"""Bringing a database to the newest schema."""

from alembic import command
from alembic.config import Config

from db.engine import prepare_folder, writer_engine
from db.standing import standing


def upgrade(url: str) -> None:
    """Run the migrations that are missing, all in one transaction. Safe to call from several processes at once.

    A database that a newer release has migrated is left as it is: see `standing` for who may run on it.
    """
    prepare_folder(url)
    engine = writer_engine(url)
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Held to the end of the transaction; the number is ours and means nothing else.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305166401)")
            if standing(connection).is_behind:
                config = _config()
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
    finally:
        engine.dispose()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("path_separator", "os")
    return config
