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


def connected(url: str) -> Connection:
    """To the database, as another process is."""
    token = _asked_for.set(url)
    try:
        return _engine_of_kind(backend_of(url)).connect()
    finally:
        _asked_for.reset(token)


@contextmanager
def beside(url: str) -> Iterator[Connection]:
    """A transaction on the database; it sees what is committed, and commits at its end."""
    with connected(url) as connection, connection.begin():
        yield connection


class Kept:
    """The same again and again on one PostgreSQL database: a server starts a process for each connection, which reads
    the catalogue anew, for more CPU than most tests take. An SQLite file is opened each time."""

    def __init__(self, url: str) -> None:
        self._url, self._free = url, list[Connection]()
        self.keeps = backend_of(url) == "postgresql"
        """Not to be, where a test has the server end what is connected."""

    @contextmanager
    def beside(self) -> Iterator[Connection]:
        connection = self._free.pop() if self._free else connected(self._url)
        try:
            with connection.begin():
                yield connection
        except BaseException:
            connection.close()
            raise
        if self.keeps:
            self._free.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        for connection in self._free:
            connection.close()


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
