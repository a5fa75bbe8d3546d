"""Outages of a database as they really happen, each begun and ended by whoever may: an operator, or the disk."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import psycopg
from sqlalchemy import make_url

from db.outages import Outage
from db.urls import file_of

APPLICATION = "gateway_app"
"""The role of a gateway as its operator sets it up: it owns nothing, and nothing is allowed that was not granted."""

Outages = dict[str, tuple[Outage, bool, Callable[[str], AbstractContextManager[None]]]]
"""By name: what a log calls it, whether reads fail as well, and the outage of a database by its URL."""


def as_application(url: str) -> str:
    """The same PostgreSQL database for the application's own role."""
    with psycopg.connect(url, autocommit=True) as connection:
        made = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'gateway_app'").fetchone()
        if made is None:
            connection.execute("CREATE ROLE gateway_app LOGIN")
        connection.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO gateway_app")
        connection.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO gateway_app")
    return make_url(url).set(username=APPLICATION).render_as_string(hide_password=False)


def administer(url: str, *statements: str) -> None:
    """Have the server's administrator do something, from another database than the one of the URL."""
    address = make_url(url).set(username="postgres", database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())


def hang_up(url: str) -> str:
    """The statement by which all who are connected to the database are sent away."""
    return f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{make_url(url).database}'"


def _of_server(begin: str, end: str) -> Callable[[str], AbstractContextManager[None]]:
    """What an administrator does to a database `{name}`, and undoes again; whoever is connected is sent away."""

    @contextmanager
    def outage(url: str) -> Iterator[None]:
        name = make_url(url).database
        administer(url, begin.format(name=name), hang_up(url))
        try:
            yield
        finally:
            administer(url, end.format(name=name), hang_up(url))

    return outage


def _within(begin: str, end: str) -> Callable[[str], AbstractContextManager[None]]:
    """The same within the database, of which nobody is sent away."""

    @contextmanager
    def outage(url: str) -> Iterator[None]:
        owner = make_url(url).set(username="postgres").render_as_string(hide_password=False)
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(begin.encode())
        try:
            yield
        finally:
            with psycopg.connect(owner, autocommit=True) as connection:
                connection.execute(end.encode())

    return outage


def refusing_inserts(state: str) -> Callable[[str], AbstractContextManager[None]]:
    """The server's own error of that SQLSTATE, where a disk or a clock would have to be broken for it."""
    function = (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN RAISE EXCEPTION 'played' USING ERRCODE = '{state}'; END $$; "
    )
    tables = ("course", "payment", "purchase", "change")
    triggers = "".join(
        f"CREATE TRIGGER refused BEFORE INSERT ON {table} EXECUTE FUNCTION refuse(); " for table in tables
    )
    return _within(function + triggers, "DROP FUNCTION refuse() CASCADE")


OF_POSTGRESQL: Outages = {
    "closed": (
        Outage.OUT_OF_REACH,
        True,
        _of_server("ALTER DATABASE {name} ALLOW_CONNECTIONS false", "ALTER DATABASE {name} ALLOW_CONNECTIONS true"),
    ),
    "locked out by its password": (
        Outage.OUT_OF_REACH,
        True,
        _of_server("ALTER ROLE gateway_app NOLOGIN", "ALTER ROLE gateway_app LOGIN"),
    ),
    "too many connections": (
        Outage.OUT_OF_REACH,
        True,
        _of_server("ALTER ROLE gateway_app CONNECTION LIMIT 0", "ALTER ROLE gateway_app CONNECTION LIMIT -1"),
    ),
    "read-only": (
        Outage.READ_ONLY,
        False,
        _of_server(
            "ALTER DATABASE {name} SET default_transaction_read_only = on",
            "ALTER DATABASE {name} RESET default_transaction_read_only",
        ),
    ),
    "without rights": (
        Outage.REFUSED,
        True,
        _within(
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM gateway_app",
            "GRANT ALL ON ALL TABLES IN SCHEMA public TO gateway_app",
        ),
    ),
    "disk full": (Outage.FULL, False, refusing_inserts("53100")),
    "disk broken": (Outage.FAILING, False, refusing_inserts("58030")),
    "too slow": (Outage.SLOW, False, refusing_inserts("57014")),
}


@contextmanager
def dropped(url: str) -> Iterator[None]:
    """The database is not there; and then it is again."""
    name = make_url(url).database
    administer(url, hang_up(url), f"ALTER DATABASE {name} RENAME TO {name}_away")
    try:
        yield
    finally:
        administer(url, f"ALTER DATABASE {name}_away RENAME TO {name}")


OF_POSTGRESQL["dropped"] = (Outage.OUT_OF_REACH, True, dropped)


@contextmanager
def held(url: str) -> Iterator[None]:
    """Somebody else writes, and does not come to an end."""
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def exclusive(url: str) -> Iterator[None]:
    """Somebody else holds the whole file for himself, as some programs do that look into it."""
    with closing(sqlite3.connect(file_of(url), isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


OF_SQLITE: Outages = {
    "held by another": (Outage.LOCKED, False, held),
    "exclusive": (Outage.LOCKED, False, exclusive),
}
