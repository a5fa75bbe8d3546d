"""Which command may create or migrate the database, and the error where it is not ready.

A mistyped name must not become a new, empty database.
"""

from enum import Enum
from pathlib import Path

from db.backups import why_incomplete
from db.engine import audit_engine
from db.guard import settle_file
from db.migrate import upgrade
from db.standing import Standing, foreign_tables, standing
from db.urls import file_of, is_embedded, shown
from gateway.settings.model import Settings, SettingsError

TAKEN = "\nIts file was taken as it is, without the log that is missing."


class May(Enum):
    """What a command may do to a database of our own. A server's is its operator's: only `gateway migrate` changes
    it."""

    LOOK = "verify, purchase create"
    MIGRATE = "worker, and in production serve and seed: what is there is brought up to date"
    MAKE = "serve and seed in development: a first start needs nothing"


def make_ready(settings: Settings, may: May) -> None:
    """Bring the database up to date as far as the command may.

    Raises: SettingsError, where it is not ready then.
    """
    url = settings.database_url
    is_makeable = may is May.MAKE and settings.env == "development"
    _check_files(url)
    if is_embedded(url) and is_makeable:
        _check_whose(url)
        upgrade(url)
    found = _found(url)
    if is_embedded(url) and may is not May.LOOK and found.database is not None and found.is_behind:
        upgrade(url)
    elif not found.is_usable:
        raise SettingsError(_problem(shown(url), found))


def check_is_ours(settings: Settings) -> None:
    """That there is a gateway's database, of whichever release, for a command that looks at none of its rows.

    Raises: SettingsError.
    """
    _check_files(settings.database_url)
    if (found := _found(settings.database_url)).database is None:
        raise SettingsError(_problem(shown(settings.database_url), found))


def migrate(settings: Settings, *, incomplete: bool = False) -> str:
    """Run the migrations that are missing; gives a sentence of how the database stands then.

    Args:
        incomplete: take the file as it is, although it lacks its log.

    Raises: SettingsError, where this gateway may not run on it.
    """
    url, database = settings.database_url, shown(settings.database_url)
    taken = ""
    if is_embedded(url):
        _check_place(file_of(url).absolute())
        if incomplete and file_of(url).is_file():
            taken = TAKEN if why_incomplete(file_of(url).absolute()) else ""
            settle_file(file_of(url))
    _check_files(url)
    _check_whose(url)
    return _brought_up(url, database) + taken


def _brought_up(url: str, database: str) -> str:
    before = _standing(url)
    upgrade(url)
    found = _found(url)
    if not found.is_usable:
        raise SettingsError(_problem(database, found))
    if before.database is None:
        return f"The database was created, at {found.database}: {database}"
    if before.database != found.database:
        return f"The database was brought from {before.database} up to date, at {found.database}: {database}"
    if found.database == found.code:
        return f"The database is up to date: {database}"
    return (
        f"The database is at {found.database}, ahead of this gateway at {found.code}, which may run on it: {database}"
    )


def _check_files(url: str) -> None:
    """Raises: SettingsError, where there is no place for the file of an embedded database, or its files are not all
    there, or not of one database."""
    if is_embedded(url):
        _check_place(file_of(url).absolute())
    if is_embedded(url) and file_of(url).is_file() and (reason := why_incomplete(file_of(url).absolute())):
        raise SettingsError(
            f"{reason}. If it was copied by hand while a gateway ran, use `gateway backup` for that, and `gateway"
            " restore`; else put back the files that belong together. Only if a gateway was killed and another program"
            " opened the file since, it is whole all the same: `gateway migrate --incomplete` takes it as it is."
        )


def _check_whose(url: str) -> None:
    """No tables are made among those of another program: the name of its file was mistyped.

    Raises: SettingsError.
    """
    if not is_embedded(url) or not file_of(url).is_file():
        return
    engine = audit_engine(url)
    try:
        with engine.connect() as connection:
            others = foreign_tables(connection)
    finally:
        engine.dispose()
    if others:
        raise SettingsError(
            f"{file_of(url).absolute()} is the database of another program: it has a table {others[0]}, and none of a"
            " gateway. Correct GATEWAY_DATABASE_URL."
        )


def _check_place(path: Path) -> None:
    """A folder of a mistyped path is not made.

    Raises: SettingsError.
    """
    if path.is_dir():
        raise SettingsError(f"{path} is a folder: have GATEWAY_DATABASE_URL name a file, such as {path}/gateway.db.")
    if not path.parent.is_dir():
        raise SettingsError(
            f"There is no database at {path}: there is no folder {path.parent}."
            " Correct GATEWAY_DATABASE_URL, or make the folder first."
        )


def _found(url: str) -> Standing:
    if is_embedded(url) and not file_of(url).is_file():
        path = file_of(url).absolute()
        raise SettingsError(
            f"There is no database at {path}: correct GATEWAY_DATABASE_URL, or make it with `gateway migrate`."
        )
    return _standing(url)


def _standing(url: str) -> Standing:
    """That of no database where an embedded one has no file."""
    if is_embedded(url) and not file_of(url).is_file():
        return Standing(None)
    engine = audit_engine(url)
    try:
        with engine.connect() as connection:
            return standing(connection)
    finally:
        engine.dispose()


def _problem(database: str, found: Standing) -> str:
    if found.database is None:
        return (
            f"{database} has no tables of a gateway: correct GATEWAY_DATABASE_URL, or make them with `gateway migrate`."
        )
    if found.is_behind:
        return (
            f"{database} is not up to date: it is at {found.database}, this gateway at {found.code}."
            " Run `gateway migrate` first."
        )
    oldest = f", and needs one at {found.oldest_code} at least" if found.oldest_code else ""
    return (
        f"{database} was migrated to {found.database} by a newer gateway{oldest}; this one is at {found.code}:"
        " run the newer one."
    )
