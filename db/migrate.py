"""Bringing a database to the newest schema. Alembic is imported where migrations are missing: most starts have none."""

import sqlite3
from contextlib import ExitStack, nullcontext
from typing import TYPE_CHECKING

from db.engine import UPKEEP_SILENCE_S, prepare_folder, writer_engine
from db.opening import opening, settle
from db.standing import standing
from db.urls import file_of, is_embedded

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(url: str) -> None:
    """Run the migrations that are missing, all in one transaction. Safe to call from several processes at once.

    A database that a newer release has migrated is left as it is: see `standing` for who may run on it.
    """
    prepare_folder(url)
    engine = writer_engine(url, UPKEEP_SILENCE_S, makes_file=True)
    try:
        with ExitStack() as until_migrated:
            with opening(file_of(url), takes_empty=True) if is_embedded(url) else nullcontext():
                connection = until_migrated.enter_context(engine.connect())
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    # Held to the end of the transaction; the number is ours and means nothing else.
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305166401)")
                if standing(connection).is_behind:
                    _migrate(connection)
            driver = connection.connection.driver_connection
            if isinstance(driver, sqlite3.Connection):
                settle(driver)  # its end would delete the log, and the file not say that it is whole without
    finally:
        engine.dispose()


def _migrate(connection: "Connection") -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
