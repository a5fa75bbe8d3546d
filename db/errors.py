"""Which database errors another writer causes, which a lost server, and which a value."""

import sqlite3

from sqlalchemy.exc import DataError, DBAPIError

from db.files import FileLost

_POSTGRES_FIRST = {
    "23505",  # unique violation: the other one's row is there now
    "40001",  # serialization failure
    "40P01",  # deadlock detected
}
_POSTGRES_LOCKED = {"55P03"}  # lock not available in time
_SQLITE_FIRST = {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
_SQLITE_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


def is_lost_race(error: DBAPIError) -> bool:
    """Whether another writer was first: loading again shows what it committed."""
    return _sqlite_code(error) in _SQLITE_FIRST or _sqlstate(error) in _POSTGRES_FIRST


def is_locked_out(error: DBAPIError) -> bool:
    """Whether another writer held its lock for longer than we wait; nothing of ours was written."""
    return _sqlite_code(error) & 0xFF in _SQLITE_LOCKED or _sqlstate(error) in _POSTGRES_LOCKED


def lost_file(error: DBAPIError) -> FileLost | None:
    """What the error says of an SQLite file that is no longer at its path; None of any other error."""
    return error.orig if isinstance(error.orig, FileLost) else None


def is_lost_connection(error: DBAPIError) -> bool:
    """Whether the server went away; what was sent last may or may not have been committed."""
    return error.connection_invalidated


def is_of_a_value(error: Exception) -> bool:
    """Whether a read failed for a value that it was asked with, or that it came upon: without that one it succeeds."""
    return isinstance(error, DataError) or not isinstance(error, DBAPIError | OSError)


def without_row(error: Exception) -> Exception:
    """The driver's error, without what a PostgreSQL server says beside it: by DETAIL it quotes the row, or the key,
    that it refuses, and a student is in it. Log lines have none."""
    if said := getattr(getattr(error, "diag", None), "message_primary", None):
        error.args = (said,)
    return error


def _sqlite_code(error: DBAPIError) -> int:
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code if isinstance(code, int) else 0


def _sqlstate(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)
