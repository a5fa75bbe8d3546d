"""Bringing a database to the newest schema. Alembic is imported where migrations are missing: most starts have none."""

import sqlite3
from collections.abc import Sequence
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING

from db.backups import InUse, alone_with
from db.engine import UPKEEP_SILENCE_S, prepare_file, writer_engine
from db.opening import opening, settle
from db.standing import standing
from db.urls import file_of, is_embedded

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection


def upgrade(url: str) -> None:
    """Run the migrations that are missing, all in one transaction. Safe to call from several processes at once.

    A database that a newer release has migrated is left as it is: see `standing` for who may run on it.
    """
    prepare_file(url)
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


@dataclass(frozen=True, slots=True)
class Step:
    """A migration: its number, and what is true after it."""

    revision: str
    what: str


def steps() -> Sequence[Step]:
    """All migrations of this code, the first one first."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(_config()).walk_revisions()
    return [Step(script.revision, script.doc) for script in reversed([*scripts])]


def downgrade(url: str, revision: str) -> None:
    """Undo the migrations after a revision, all in one transaction.

    Raises:
        InUse: a gateway, or somebody else, has the database open.
    """
    if is_embedded(url):
        with alone_with(file_of(url)):  # it is let go of before it is opened here: locks are a process's own
            pass
    engine = writer_engine(url, UPKEEP_SILENCE_S)
    try:
        with ExitStack() as until_migrated:
            with opening(file_of(url)) if is_embedded(url) else nullcontext():
                connection = until_migrated.enter_context(engine.connect())
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7305166401)")
                    _check_is_alone(connection)
                from alembic import command

                command.downgrade(_config(connection), revision)
            driver = connection.connection.driver_connection
            if isinstance(driver, sqlite3.Connection):
                settle(driver)
    finally:
        engine.dispose()


_OTHERS = """SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
    AND usename = current_user AND backend_type = 'client backend'"""


def _check_is_alone(connection: "Connection") -> None:
    """Gateways come as the user that we come as, and each holds a connection for as long as it runs. Raises: InUse."""
    if others := connection.exec_driver_sql(_OTHERS).scalar_one():
        raise InUse(f"{others} other connections of the same user have the database open")


def _migrate(connection: "Connection") -> None:
    from alembic import command

    command.upgrade(_config(connection), "head")


def _config(connection: "Connection | None" = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
