"""Rows of another system's PostgreSQL database, read by a query in one snapshot, and never changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import conninfo_to_dict

from db.urls import UnclearPassword, backend_of

ROWS_AT_ONCE = 2_000
CONNECT_S = 10
UNREADABLE = (
    "the address cannot be read: write it as postgresql://user:password@host:5432/name, and in the password @ as %40,"
    " / as %2F and % as %25"
)
"""In the place of the driver's words for it, which quote the password."""


class QueryFailed(Exception):
    """The database cannot be reached, or does not run the query; in its own words, without the password."""


@contextmanager
def rows_of(url: str, query: str) -> Iterator[tuple[Sequence[str], Iterator[Sequence[object]]]]:
    """The columns that a query gives, and its rows, which are fetched as they are asked for.

    Raises:
        QueryFailed: also while rows are fetched.
    """
    _check(url)
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S, application_name="gateway import") as connection:
            connection.read_only = True
            with connection.cursor("gateway_import") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(query.encode())
                yield [column.name for column in cursor.description or ()], iter(cursor)
    except psycopg.Error as error:
        raise QueryFailed(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__) from None


def _check(url: str) -> None:
    """Raises: QueryFailed, where nobody can tell the password from the rest."""
    try:
        conninfo_to_dict(url)
        backend_of(url)
    except (psycopg.ProgrammingError, UnclearPassword):
        raise QueryFailed(UNREADABLE) from None
    except ValueError:
        return  # more than our own databases' URLs may say, such as several hosts
