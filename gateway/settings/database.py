"""Which database the gateway keeps its books in, and whose they are."""

from collections.abc import Iterator
from typing import Annotated, Any

import pydantic
from pydantic import Field

from db.urls import UnclearPassword, backend_of, shown
from gateway.settings.group import Group
from gateway.settings.sources.secret_files import HOLDS_SECRET


class DatabaseSettings(Group):
    """Where the database is; its password never shows."""

    database_url: Annotated[str, HOLDS_SECRET] = Field(
        default="sqlite:///gateway.db", description="SQLAlchemy URL: `sqlite` or `postgresql`."
    )
    installation: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")] | None = Field(
        default=None,
        description="The mark on this gateway's intents at a provider; intents with another mark are never touched. Set"
        " it for a copy of a database, such as staging's of production's. Unset: the database's own id.",
    )

    def problems(self) -> Iterator[str]:
        try:
            backend_of(self.database_url)
        except UnclearPassword:
            yield "GATEWAY_DATABASE_URL: in the password, write @ as %40, and % as %25."
        except ValueError:
            yield "GATEWAY_DATABASE_URL must read sqlite:///file or postgresql://user:password@host/name."

    @pydantic.field_serializer("database_url")
    def _dump_database_url(self, url: str) -> str:
        return shown(url)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, shown(value) if name == "database_url" else value
