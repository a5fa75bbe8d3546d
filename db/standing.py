"""Which schema a database has, and whether this code may run on it. It asks without Alembic, which takes its time."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, inspect

_VERSIONS = Path(__file__).parent / "migrations" / "versions"


@cache
def head() -> str:
    """The newest migration of this code. Migrations are numbered, and their files begin with their numbers."""
    return max(path.name.partition("_")[0] for path in _VERSIONS.glob("[0-9]*.py"))


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest migration that a database has had, None where it had none; and the newest that this code has."""

    database: str | None
    code: str

    @property
    def is_usable(self) -> bool:
        """Whether this code may run on the database."""
        return self.database == self.code

    @property
    def is_behind(self) -> bool:
        """Whether migrations of this code are missing."""
        return self.database is None or self.database < self.code


def standing(connection: Connection) -> Standing:
    """How the database stands to this code."""
    if not inspect(connection).has_table("alembic_version"):
        return Standing(None, head())
    found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().first()
    return Standing(found, head())
