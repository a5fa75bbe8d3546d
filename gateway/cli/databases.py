"""Which command may create or migrate the database, and the error where it is not ready.

A mistyped name must not become a new, empty database.
"""

from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Migrated:
    """How a database stands after its migrations.

    Args:
        before: its migration until then; None where there was no database.
        is_taken: whether its file was taken as it is, without its log.
    """

    database: str
    before: str | None
    found: Standing
    is_taken: bool

    def __str__(self) -> str:
        return self._standing + (TAKEN if self.is_taken else "")

    @property
    def _standing(self) -> str:
        at, code = self.found.database, self.found.code
        if self.before is None:
            return f"The database was created, at {at}: {self.database}"
        if self.before != at:
            return f"The database was brought from {self.before} up to date, at {at}: {self.database}"
        if at == code:
            return f"The database is up to date: {self.database}"
        return f"The database is at {at}, ahead of this gateway at {code}, which may run on it: {self.database}"

    def as_object(self) -> Mapping[str, object]:
        return {
            "database": self.database,
            "before": self.before,
            "revision": self.found.database,
            "newest": self.found.code,
            "isUsable": self.found.is_usable,
        }


def migrate(settings: Settings, *, incomplete: bool = False) -> Migrated:
    """Run the migrations that are missing; gives how the database stands then.

    Args:
        incomplete: take the file as it is, although it lacks its log.

    Raises: SettingsError, where this gateway may not run on it.
    """
    url, database = settings.database_url, shown(settings.database_url)
    is_taken = False
    if is_embedded(url):
        _check_place(file_of(url).absolute())
        if incomplete and file_of(url).is_file():
            is_taken = why_incomplete(file_of(url).absolute()) is not None
            settle_file(file_of(url))
    _check_files(url)
    _check_whose(url)
    before = _standing(url)
    upgrade(url)
    found = _found(url)
    if not found.is_usable:
        raise SettingsError(_problem(database, found))
    return Migrated(database, before.database, found, is_taken)


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
