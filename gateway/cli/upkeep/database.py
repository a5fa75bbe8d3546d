"""The database: in reach, of a schema that this release runs on, with a clock that agrees."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from db.standing import standing
from db.urls import is_embedded, shown
from gateway.cli.databases import May, make_ready
from gateway.cli.exporting.snapshots import snapshot
from gateway.cli.failures import in_a_sentence
from gateway.cli.upkeep.findings import Finding, fault, ok, warning
from gateway.services.verification.looking import lag
from gateway.settings.model import Settings

DIFFERS = timedelta(seconds=5)
"""From when on two clocks are told to differ."""

DATABASE, SCHEMA, CLOCK = "database", "schema", "clock"


def looked_at(settings: Settings) -> Iterator[Finding]:
    """What comes after what is out of reach is not looked at."""
    try:
        make_ready(settings, May.LOOK)
        with snapshot(settings) as connection:
            yield ok(DATABASE, f"{shown(settings.database_url)} is in reach.")
            yield _schema(connection)
            yield _clock(settings, connection)
    except Exception as error:
        if (sentence := in_a_sentence(error)) is None:
            raise
        yield fault(DATABASE, sentence)


def _schema(connection: Connection) -> Finding:
    found = standing(connection)
    if found.database == found.code:
        return ok(SCHEMA, f"It is at {found.database}, the newest that this release has.")
    return warning(
        SCHEMA,
        f"It is at {found.database}, ahead of this release at {found.code}, which may run on it: finish the upgrade.",
    )


def _clock(settings: Settings, connection: Connection) -> Finding:
    behind = lag(connection, datetime.now(UTC))
    if behind > DIFFERS:
        return fault(CLOCK, f"This machine's clock is {_rounded(behind)} behind the newest rows: set it (NTP).")
    if is_embedded(settings.database_url):
        return ok(CLOCK, "It is not behind what was written.")
    there: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
    apart = abs(there - datetime.now(UTC))
    if apart > DIFFERS:
        return warning(CLOCK, f"It is {_rounded(apart)} apart from the database server's: have both set by NTP.")
    return ok(CLOCK, "It agrees with the database server's.")


def _rounded(span: timedelta) -> timedelta:
    return timedelta(seconds=round(span.total_seconds()))
