"""Which database the gateway keeps its books in, and whose they are."""

from collections.abc import Iterator
from typing import Annotated, Any

import pydantic
from pydantic import Field

from db.urls import UnclearPassword, backend_of, shown
from gateway.services.core.model.privacy.retention import Retention
from gateway.settings.group import Group
from gateway.settings.sources.secret_files import HOLDS_SECRET

MOST_DAYS = 36_500

SENT_AGAIN_DAYS = 31
"""A provider's own list has a month of events, and its dashboard sends them again for as long."""

REPEATED_DAYS = 30


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

    keep_jobs_days: int = Field(
        default=90,
        description="For how many days jobs that are done are kept: checks of payments. 0: for ever, here and below;"
        " what is deleted, and why that does no harm, docs/privacy.md says.",
        ge=0,
        le=MOST_DAYS,
    )
    keep_deliveries_days: int = Field(
        default=30, description="The same for events that their subscriber has taken.", ge=0, le=MOST_DAYS
    )
    keep_events_days: int = Field(
        default=90, description="The same for webhooks that were handled or ignored; at least 31.", ge=0, le=MOST_DAYS
    )
    keep_keys_days: int = Field(
        default=365,
        description="The same for idempotency keys of calls that could be made again without harm; at least 30.",
        ge=0,
        le=MOST_DAYS,
    )

    @property
    def retention(self) -> Retention:
        """How long things are kept that nothing needs any more."""
        days = (self.keep_jobs_days, self.keep_deliveries_days, self.keep_events_days, self.keep_keys_days)
        return Retention(*(each or None for each in days))

    def problems(self) -> Iterator[str]:
        try:
            backend_of(self.database_url)
        except UnclearPassword:
            yield "GATEWAY_DATABASE_URL: in the password, write @ as %40, and % as %25."
        except ValueError:
            yield "GATEWAY_DATABASE_URL must read sqlite:///file or postgresql://user:password@host/name."
        if 0 < self.keep_events_days < SENT_AGAIN_DAYS:
            yield f"GATEWAY_KEEP_EVENTS_DAYS must be 0 or at least {SENT_AGAIN_DAYS}: providers send again for so long."
        if 0 < self.keep_keys_days < REPEATED_DAYS:
            yield f"GATEWAY_KEEP_KEYS_DAYS must be 0 or at least {REPEATED_DAYS}: callers repeat calls for so long."

    @pydantic.field_serializer("database_url")
    def _dump_database_url(self, url: str) -> str:
        return shown(url)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, shown(value) if name == "database_url" else value
