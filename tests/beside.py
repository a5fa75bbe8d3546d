"""Transactions beside the service, as another process has them: how tests look at rows, and change them unseen.

Tests ask the same statements of a thousand databases. An engine for each of them would compile every statement anew and
ask the server anew who it is, for more CPU than all else that a test of the service does. So one engine for each kind
connects to whichever database is asked for.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, event

from db.engine import parse_url, writer_engine
from db.urls import backend_of

WHERE = ("host", "port", "user", "password", "dbname")
"""What tells one server and its databases from another, of which a URL need not name all."""

_asked_for: ContextVar[str] = ContextVar("the URL of the database that is asked for")


@contextmanager
def beside(url: str) -> Iterator[Connection]:
    """A transaction on the database; it sees what is committed, and commits at its end."""
    token = _asked_for.set(url)
    try:
        connection = _engine_of_kind(backend_of(url)).connect()
    finally:
        _asked_for.reset(token)
    with connection, connection.begin():
        yield connection


@cache
def _engine_of_kind(_kind: str) -> Engine:
    engine = writer_engine(_asked_for.get())

    @event.listens_for(engine, "do_connect")
    def go_where_asked(dialect: Dialect, _record: object, args: list[Any], given: dict[str, Any]) -> None:
        args[:], where = dialect.create_connect_args(parse_url(_asked_for.get()))
        for name in WHERE:
            given.pop(name, None)
        given.update(where)

    return engine
