"""The sweep that a gateway runs every few minutes for as long as it lives: when it was planned, and what it notes."""

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from db.columns import Json
from db.engine import feed_engine
from db.job_tables import LIVE_JOB
from db.types import Instant

_LAST = text(f"SELECT run_at, payload FROM job WHERE {LIVE_JOB} AND kind = 'sweep.lapsed'").columns(  # noqa: S608  ours
    run_at=Instant(), payload=Json
)


async def last_sweep(url: str) -> tuple[datetime, dict[str, Any]] | None:
    """When it is, or was, to run next, and its payload. None where it never ran, or the database cannot be read."""
    engine = feed_engine(url)
    try:
        async with engine.connect() as connection:
            found = (await connection.execute(_LAST)).first()
    except (DBAPIError, OSError):
        return None
    finally:
        await engine.dispose()
    return None if found is None else (found.run_at, found.payload)
