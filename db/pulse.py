"""Whether any process committed: one number for the whole database, read on a connection that is kept.

It costs the same however many rows there are, so that an idle process can notice the commits of others.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import feed_engine
from db.files import FileLost

EVERY_S = 2.0
"""How often it is read: the longest that a process takes to notice another one's commit."""

_VERSIONS = {
    # Changes with every commit of another connection. Read from shared memory, not from the disk.
    "sqlite": "PRAGMA data_version",
    # Who is under way and who comes next: a transaction that wrote and ended changes one of the two.
    "postgresql": "SELECT CAST(pg_current_snapshot() AS text)",
}


Standing = Callable[[], object]
"""Tells which file an SQLite database is in: a value that changes where it is another one. Raises `FileLost`, while
there is none that may be opened."""


def always() -> object:
    """The standing of a database that stays where it is."""
    return None


async def pulse(url: str, every_s: float = EVERY_S, standing: Standing = always) -> AsyncGenerator[None, None]:
    """Yields at once, and again each time that others may have committed since.

    While the database is out of reach it yields as well, every so often: the caller finds out when it reads.
    """
    engine = feed_engine(url)
    try:
        while True:
            try:
                file = standing()
                async with engine.connect() as connection:
                    current: object = None
                    while standing() == file:
                        # The version first: a commit between the two is told twice rather than never.
                        before, current = current, await version(connection)
                        if current != before:
                            yield
                        await asyncio.sleep(every_s)
            except (DBAPIError, OSError, FileLost):
                yield
                await asyncio.sleep(every_s)
    finally:
        await engine.dispose()


async def version(connection: AsyncConnection) -> object:
    """A value that changes with each commit of another connection."""
    return (await connection.exec_driver_sql(_VERSIONS[connection.dialect.name])).scalar_one()
