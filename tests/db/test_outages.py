"""Which errors of the drivers are outages: each code by what it means, and none of ours taken for one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from db.outages import Outage, in_a_line, may_be_committed, outage_of, outage_of_read

OF_POSTGRES = {
    "08006": Outage.OUT_OF_REACH,
    "28P01": Outage.REFUSED,
    "3D000": Outage.OUT_OF_REACH,
    "42501": Outage.REFUSED,
    "25006": Outage.READ_ONLY,
    "53100": Outage.FULL,
    "53200": Outage.CROWDED,
    "53300": Outage.CROWDED,
    "57014": Outage.SLOW,
    "57P01": Outage.OUT_OF_REACH,
    "57P02": Outage.OUT_OF_REACH,
    "57P03": Outage.OUT_OF_REACH,
    "57P04": Outage.OUT_OF_REACH,
    "58030": Outage.FAILING,
    "XX001": Outage.DAMAGED,
    "XX002": Outage.DAMAGED,
    # Races, locked rows and bugs of ours: others know what to do with them.
    "23505": None,
    "40P01": None,
    "55P03": None,
    "42P01": None,
    "42601": None,
    "22003": None,
    "XX000": None,
}


@pytest.mark.parametrize(("state", "expected"), OF_POSTGRES.items())
def test_an_error_of_postgresql_is_judged_by_its_sqlstate(state: str, expected: Outage | None) -> None:
    error = psycopg.errors.lookup(state)("said")
    assert outage_of(error) is expected
    wrapped = DBAPIError.instance("SELECT 1", None, error, psycopg.Error)
    assert outage_of(wrapped) is expected


def test_without_a_sqlstate_it_is_the_connection_that_failed() -> None:
    with pytest.raises(psycopg.OperationalError) as refused:
        psycopg.connect("postgresql://nobody@127.0.0.1:1/nothing")
    assert outage_of(refused.value) is Outage.OUT_OF_REACH
    assert "\n" not in in_a_line(refused.value)
    assert outage_of(psycopg.errors.PipelineAborted("what another error led to")) is None
    assert outage_of(psycopg.ProgrammingError("a bug of ours")) is None


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as opened:
        opened.execute("CREATE TABLE said (text TEXT)")
        yield opened


def _raised(connection: sqlite3.Connection, *statements: str) -> sqlite3.Error:
    *before, last = statements
    for each in before:
        connection.execute(each)
    with pytest.raises(sqlite3.Error) as raised:
        connection.execute(last).fetchall()
    return raised.value


def test_a_full_disk_is_full(connection: sqlite3.Connection) -> None:
    error = _raised(connection, "PRAGMA max_page_count = 2", "INSERT INTO said VALUES (zeroblob(20000))")
    assert outage_of(error) is outage_of_read(error) is Outage.FULL


def test_a_file_that_another_holds_is_locked(connection: sqlite3.Connection, tmp_path: Path) -> None:
    connection.execute("BEGIN EXCLUSIVE")
    with closing(sqlite3.connect(tmp_path / "a.db", timeout=0)) as other:
        assert outage_of(_raised(other, "SELECT * FROM said")) is Outage.LOCKED


def test_a_file_that_is_not_there_is_out_of_reach(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.Error) as raised:
        sqlite3.connect(f"file:{tmp_path / 'none.db'}?mode=rw", uri=True)
    assert outage_of(raised.value) is Outage.OUT_OF_REACH


@pytest.mark.parametrize("spoilt", [b"no database at all, for whatever reason, is in this file" * 100, None])
def test_a_file_of_something_else_is_damaged(connection: sqlite3.Connection, tmp_path: Path, spoilt: bytes) -> None:
    connection.execute("INSERT INTO said VALUES (zeroblob(20000))")
    path = tmp_path / "a.db"
    whole = path.read_bytes()
    path.write_bytes(spoilt or whole[:4096] + b"\xff" * (len(whole) - 4096))
    with closing(sqlite3.connect(path)) as other:
        assert outage_of(_raised(other, "SELECT * FROM said")) is Outage.DAMAGED


def test_who_may_not_write_and_would_is_a_bug_of_ours_where_it_reads(connection: sqlite3.Connection) -> None:
    error = _raised(connection, "PRAGMA query_only = ON", "INSERT INTO said VALUES ('a')")
    assert (outage_of(error), outage_of_read(error)) == (Outage.READ_ONLY, None)
    of_server = psycopg.errors.ReadOnlySqlTransaction("said")
    assert (outage_of(of_server), outage_of_read(of_server)) == (Outage.READ_ONLY, None)


def test_what_is_wrong_with_a_statement_or_a_value_is_no_outage(connection: sqlite3.Connection) -> None:
    connection.execute("INSERT INTO said VALUES (CAST(x'ff' AS TEXT))")
    for statement in ("SELECT nothing", "SELECT * FROM said"):  # the latter is no UTF-8
        assert outage_of(_raised(connection, statement)) is None


def test_whether_a_commit_that_failed_may_be_done_depends_on_who_refused_it() -> None:
    def failed(error: Exception, *, is_lost: bool = False) -> DBAPIError:
        made = DBAPIError.instance("COMMIT", None, error, psycopg.Error, connection_invalidated=is_lost)
        assert isinstance(made, DBAPIError)
        return made

    assert may_be_committed(failed(psycopg.OperationalError("the connection was lost"), is_lost=True))
    assert may_be_committed(failed(psycopg.errors.AdminShutdown("said"), is_lost=True))
    assert not may_be_committed(failed(psycopg.errors.DiskFull("said")))
    assert not may_be_committed(failed(psycopg.errors.ReadOnlySqlTransaction("said")))
