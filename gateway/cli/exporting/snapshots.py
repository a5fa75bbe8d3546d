"""One moment of the database, for who reads much of it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from sqlalchemy import Connection

from db.engine import audit_engine
from gateway.settings.model import Settings


@contextmanager
def snapshot(settings: Settings) -> Iterator[Connection]:
    """A connection on which all reads are of one moment, without keeping anybody from writing."""
    engine = audit_engine(settings.database_url)
    try:
        with closing(engine.connect()) as connection:
            yield connection
    finally:
        engine.dispose()
