"""What `gateway verify` would say of a test's database."""

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from gateway.services.verification.looking import verify
from gateway.services.verification.model import Fault, Invariant

SWEEPS = "The sweeps go on."
"""A server or a worker starts them, and most tests run jobs without either."""


def faults(connection: Connection, clock: Callable[[], datetime]) -> list[tuple[Invariant, Fault]]:
    """Each fault, with the invariant that it breaks; but for sweeps where nobody ever started them."""
    swept = connection.exec_driver_sql("SELECT count(*) FROM job WHERE kind IN ('sweep.open', 'sweep.lapsed')").scalar()
    findings = [finding for step in verify(connection, clock) for finding in step.findings]
    return [
        (finding.invariant, fault)
        for finding in findings
        if swept or finding.invariant.sentence != SWEEPS
        for fault in finding.faults
    ]


def broken(connection: Connection, clock: Callable[[], datetime]) -> list[str]:
    """In words, the invariants that the whole database does not keep."""
    return [f"{invariant.sentence} {fault.wrong} {fault.values}" for invariant, fault in faults(connection, clock)]
