"""Rows of another system's PostgreSQL database, read by a query in one snapshot, and never changed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

ROWS_AT_ONCE = 2_000
CONNECT_S = 10


class QueryFailed(Exception):
    """The database cannot be reached, or does not run the query; in its own words, without the password."""


@contextmanager
def rows_of(url: str, query: str) -> Iterator[tuple[Sequence[str], Iterator[Sequence[object]]]]:
    """The columns that a query gives, and its rows, which are fetched as they are asked for.

    Raises:
        QueryFailed: also while rows are fetched.
    """
    try:
        with psycopg.connect(url, connect_timeout=CONNECT_S, application_name="gateway import") as connection:
            connection.read_only = True
            with connection.cursor("gateway_import") as cursor:
                cursor.itersize = ROWS_AT_ONCE
                cursor.execute(query.encode())
                yield [column.name for column in cursor.description or ()], iter(cursor)
    except psycopg.Error as error:
        raise QueryFailed(str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__) from None
