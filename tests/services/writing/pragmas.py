"""A writer whose connection has another setting meanwhile: what it asks of the disk is refused as a disk refuses it."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import event

from tests.service import Service


@asynccontextmanager
async def writer_has(service: Service, pragma: str) -> AsyncIterator[None]:
    """Each connection of the writer's, from now on."""

    def set_it(connection: sqlite3.Connection, _record: object) -> None:
        connection.execute(f"PRAGMA {pragma}")

    event.listen(service.engine, "connect", set_it)
    await service.writer._thread.call(service.writer._turn.close)
    try:
        yield
    finally:
        event.remove(service.engine, "connect", set_it)
