"""What `gateway verify` would say of a test's database."""

from collections.abc import Callable
from datetime import datetime
from unittest.mock import patch

from sqlalchemy import Connection

from db.standing import standing
from gateway.services.verification import work
from gateway.services.verification.model import Fault, Invariant
from gateway.services.verification.structure import missing

SWEEPS = "The sweeps go on."
"""A server or a worker starts them, and most tests run jobs without either."""


def faults(connection: Connection, clock: Callable[[], datetime]) -> list[tuple[Invariant, Fault]]:
    """Each fault, with the invariant that it breaks; but for sweeps where nobody ever started them."""
    swept = connection.exec_driver_sql("SELECT count(*) FROM job WHERE kind IN ('sweep.open', 'sweep.lapsed')").scalar()
    with patch.object(work, "missing", _missing):
        findings = [finding for step in work.verify(connection, clock) for finding in step.findings]
    return [
        (finding.invariant, fault)
        for finding in findings
        if swept or finding.invariant.sentence != SWEEPS
        for fault in finding.faults
    ]


_MADE_BY = {
    "sqlite": "SELECT group_concat(sql) FROM (SELECT sql FROM sqlite_master ORDER BY type, name)",
    "postgresql": """SELECT concat(
        ARRAY(SELECT (attrelid::regclass, attname)::text FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped
            AND attrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
            ORDER BY attrelid, attnum),
        ARRAY(SELECT (conrelid::regclass, conname, contype)::text FROM pg_constraint
            WHERE connamespace = current_schema()::regnamespace ORDER BY oid),
        ARRAY(SELECT (pg_get_indexdef(indexrelid), indisvalid, indisready)::text FROM pg_index
            WHERE indexrelid IN (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace)
            ORDER BY indexrelid))""",
}
_KNOWN = dict[tuple[object, object], list[Fault]]()


def _missing(connection: Connection) -> list[Fault]:
    """What is missing of the schema, looked up once for databases that are made alike: that takes half of a look."""
    made = connection.exec_driver_sql(_MADE_BY[connection.dialect.name]).scalar()
    key = (made, standing(connection))
    if key not in _KNOWN:
        _KNOWN[key] = missing(connection)
    return _KNOWN[key]


def broken(connection: Connection, clock: Callable[[], datetime]) -> list[str]:
    """In words, the invariants that the whole database does not keep."""
    return [f"{invariant.sentence} {fault.wrong} {fault.values}" for invariant, fault in faults(connection, clock)]
