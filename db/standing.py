"""Which schema a database has, and whether this code may run on it. It asks without Alembic, which takes its time."""

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, inspect

_VERSIONS = Path(__file__).parent / "migrations" / "versions"

HEAD = max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))
"""The newest migration of this code: files of migrations begin with their numbers. It is read when the code is, for an
upgrade may put the next release's files there while this process runs on."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest migration that a database has had, None where it had none, and the newest that this code has.

    `oldest_code` is what the migrations that this code does not know left in the database: the newest migration of the
    oldest code that may run on it.
    """

    database: str | None
    code: str = HEAD
    oldest_code: str | None = None

    @property
    def is_usable(self) -> bool:
        """Whether this code may run on the database."""
        if self.database == self.code:
            return True
        return not self.is_behind and self.oldest_code is not None and self.oldest_code <= self.code

    @property
    def is_behind(self) -> bool:
        """Whether migrations of this code are missing."""
        return self.database is None or self.database < self.code


def standing(connection: Connection) -> Standing:
    """How the database stands to this code."""
    tables = inspect(connection)
    if not tables.has_table("alembic_version"):
        return Standing(None)
    found = Standing(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().first())
    if found.is_behind or found.is_usable or not tables.has_table("schema_compatibility"):
        return found
    oldest = connection.exec_driver_sql("SELECT oldest_code FROM schema_compatibility").scalars().first()
    return Standing(found.database, oldest_code=oldest)
