"""Which schema a database has, and whether this code may run on it. It asks without Alembic, which takes its time."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect

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


_TABLES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name IN ('alembic_version', 'schema_compatibility')",
    "postgresql": "SELECT relname::text FROM pg_class WHERE pg_table_is_visible(oid)"
    " AND relname IN ('alembic_version', 'schema_compatibility')",
}
_VALUES = {
    "alembic_version": "SELECT version_num FROM alembic_version",
    "schema_compatibility": "SELECT oldest_code FROM schema_compatibility",
}

Fetch = Callable[[str], Awaitable[Sequence[Sequence[Any]]]]
"""Runs a statement in the driver's own SQL and gives its rows."""


def standing(connection: Connection) -> Standing:
    """How the database stands to this code."""
    tables = connection.exec_driver_sql(_TABLES[connection.dialect.name]).scalars().all()
    return _standing({table: connection.exec_driver_sql(_VALUES[table]).scalars().first() for table in tables})


def foreign_tables(connection: Connection) -> Sequence[str]:
    """The tables of an SQLite file in which there is none of ours; nothing for one of ours, and for an empty one."""
    named = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name"
    tables = connection.exec_driver_sql(named).scalars().all()
    return [] if "alembic_version" in tables else tables


async def standing_by(fetch: Fetch, dialect: Dialect) -> Standing:
    """The same of a database that is read otherwise."""
    found: dict[str, str | None] = {}
    for [table] in await fetch(_TABLES[dialect.name]):
        rows = await fetch(_VALUES[table])
        found[table] = rows[0][0] if rows else None
    return _standing(found)


def _standing(found: Mapping[str, str | None]) -> Standing:
    known = Standing(found.get("alembic_version"))
    if known.is_behind or known.is_usable:
        return known
    return Standing(known.database, oldest_code=found.get("schema_compatibility"))
