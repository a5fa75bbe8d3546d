"""Which of the drivers' errors say that the database cannot be used now, whatever it was asked."""

import sqlite3
from enum import StrEnum

from sqlalchemy.exc import DBAPIError


class Outage(StrEnum):
    """Why a database cannot be used: what an operator reads first. But for `DAMAGED` waiting may be all it takes."""

    OUT_OF_REACH = "the database is out of reach"
    REFUSED = "the database refuses our name, our password or our rights"
    CROWDED = "the database has no room for another connection, or no memory"
    FULL = "the disk is full"
    READ_ONLY = "the database takes no changes"
    LOCKED = "somebody else holds the database locked"
    SLOW = "the database does not answer in time"
    FAILING = "the disk, or a file of the database, cannot be read or written"
    DAMAGED = "the database is damaged"


_SQLITE = {
    sqlite3.SQLITE_PERM: Outage.REFUSED,
    sqlite3.SQLITE_AUTH: Outage.REFUSED,
    sqlite3.SQLITE_BUSY: Outage.LOCKED,
    sqlite3.SQLITE_LOCKED: Outage.LOCKED,
    sqlite3.SQLITE_PROTOCOL: Outage.LOCKED,
    sqlite3.SQLITE_NOMEM: Outage.CROWDED,
    sqlite3.SQLITE_READONLY: Outage.READ_ONLY,
    sqlite3.SQLITE_IOERR: Outage.FAILING,
    sqlite3.SQLITE_FULL: Outage.FULL,
    sqlite3.SQLITE_CANTOPEN: Outage.OUT_OF_REACH,
    sqlite3.SQLITE_CORRUPT: Outage.DAMAGED,
    sqlite3.SQLITE_NOTADB: Outage.DAMAGED,
}
"""By primary result code, https://sqlite.org/rescode.html."""

_POSTGRES = {
    "08": Outage.OUT_OF_REACH,  # connection exceptions
    "28": Outage.REFUSED,  # invalid authorization
    "3D": Outage.OUT_OF_REACH,  # no such database
    "42501": Outage.REFUSED,  # insufficient privilege
    "25006": Outage.READ_ONLY,  # a standby, or an operator's default_transaction_read_only
    "25P03": Outage.OUT_OF_REACH,  # ended for being idle in a transaction
    "53": Outage.CROWDED,  # insufficient resources, too many connections
    "53100": Outage.FULL,
    "57014": Outage.SLOW,  # canceled, by the time that a statement may take
    "57P": Outage.OUT_OF_REACH,  # shut down, crashed, starting, or the database was dropped
    "58": Outage.FAILING,  # errors of the system, not of PostgreSQL
    "XX001": Outage.DAMAGED,  # data corrupted
    "XX002": Outage.DAMAGED,  # index corrupted
}
"""By SQLSTATE or the longest beginning of it, appendix A of PostgreSQL's manual."""


def outage_of(error: BaseException) -> Outage | None:
    """What is the matter with the database; None where it is with the statement, a value, or us.

    Args:
        error: a driver's own, or what SQLAlchemy made of it.
    """
    if isinstance(error, TimeoutError):
        return Outage.SLOW
    if isinstance(error, OSError):  # a driver's, where a name cannot be resolved or a socket not be made
        return Outage.OUT_OF_REACH
    cause = error.orig if isinstance(error, DBAPIError) else error
    code = getattr(cause, "sqlite_errorcode", None)
    if isinstance(code, int):
        return _SQLITE.get(code & 0xFF)
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return Outage.OUT_OF_REACH
    return _of_postgres(cause) if hasattr(cause, "sqlstate") else None


def outage_of_read(error: BaseException) -> Outage | None:
    """The same of a statement that reads: one that may not write, and would, is a bug of ours and no outage."""
    outage = outage_of(error)
    if outage is not Outage.READ_ONLY:
        return outage
    cause = error.orig if isinstance(error, DBAPIError) else error
    # The extended codes are of files: a log that has to be recovered, or made, in a folder that cannot be written to.
    is_of_files = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_READONLY) != sqlite3.SQLITE_READONLY
    return outage if is_of_files else None


def may_be_committed(error: DBAPIError) -> bool:
    """Whether a COMMIT that raised this may have been done all the same: where nobody answered; or where SQLite wrote
    it into its log and could not see that the disk has it, so that it is there once the log is read anew. A server that
    answers with an error has not."""
    is_of_sqlite = isinstance(getattr(error.orig, "sqlite_errorcode", None), int)
    return error.connection_invalidated or (is_of_sqlite and outage_of(error) is Outage.FAILING)


def in_a_line(error: BaseException) -> str:
    """What the driver says, in one line. Its errors of outages name files, hosts and users; no row and no secret."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return " ".join(str(cause).split()) or type(cause).__name__


def _of_postgres(cause: object) -> Outage | None:
    state = getattr(cause, "sqlstate", None)
    if isinstance(state, str):
        lengths = (5, 3, 2)
        return next((_POSTGRES[state[:length]] for length in lengths if state[:length] in _POSTGRES), None)
    # The driver's own: no connection could be made, or it broke off. PipelineAborted follows another error.
    names = {each.__name__ for each in type(cause).__mro__}
    return Outage.OUT_OF_REACH if "OperationalError" in names and "PipelineAborted" not in names else None
