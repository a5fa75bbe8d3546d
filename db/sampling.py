"""What an operator's monitor asks of the books: a few numbers, each by an index, and none by a look at every row."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from db.columns import Json
from db.engine import audit_engine
from db.job_tables import LIVE_JOB, NO_EVENT, NOT_COMPLETED
from db.types import Instant

MOST_JOBS = 100_000
"""Jobs that are counted: with more than so many not completed, an operator needs no better number."""

MOST_MS = 5_000
"""How long a server may take for each."""

_JOBS = text(
    f"SELECT kind, state, count(*) AS number FROM"
    f" (SELECT kind, state FROM job WHERE {NOT_COMPLETED} LIMIT {MOST_JOBS}) AS counted GROUP BY kind, state"
)
_DUE = text(
    f"SELECT kind, min(run_at) AS run_at FROM (SELECT kind, run_at FROM job WHERE {LIVE_JOB}"
    f" AND state <> 'RUNNING' AND run_at <= :now ORDER BY run_at LIMIT {MOST_JOBS}) AS due GROUP BY kind"
).columns(run_at=Instant())
_WITHOUT_END = text(
    "SELECT count(*) AS number, min(coalesce(confirmed_at, created_at)) AS since FROM payment"
    " WHERE fulfilment <> 'FULFILLED' AND fulfilment IN ('DUPLICATE', 'UNFULFILLABLE')"
    " AND refunded_minor < captured_minor"
).columns(since=Instant())
_PROCESSING = text(
    "SELECT count(*) AS number, min(created_at) AS since FROM payment"
    " WHERE status <> 'SUCCEEDED' AND status = 'PROCESSING'"
).columns(since=Instant())
"""Of both, the first condition is that of the partial index, for which planners look word by word."""

_VERIFYING = text(
    f"SELECT payload FROM job WHERE {NO_EVENT} AND {LIVE_JOB} AND kind = 'sweep.verify' ORDER BY id DESC LIMIT 1"
).columns(payload=Json)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many there are, and since when the oldest; None where there is none."""

    number: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The books at one moment.

    Args:
        jobs: how many that are not completed, by kind and state.
        due: when the oldest was due that waits for a runner, by kind.
        without_end: payments whose captured money neither led to a purchase nor is back.
        processing: payments of which the provider has not said how they ended.
        verifying: what the job that verifies them keeps.
    """

    jobs: dict[tuple[str, str], int] = field(default_factory=dict)
    due: dict[str, datetime] = field(default_factory=dict)
    without_end: Waiting = Waiting(0, None)
    processing: Waiting = Waiting(0, None)
    verifying: Mapping[str, Any] = field(default_factory=dict)


def sample_now(url: str) -> Sample | None:
    """That of now, by a connection of its own, which nobody keeps; None where the books cannot be read."""
    engine = audit_engine(url)
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SET statement_timeout = {MOST_MS}")
            return sample(connection, datetime.now(UTC))
    except (DBAPIError, OSError):
        return None
    finally:
        engine.dispose()


def sample(connection: Connection, now: datetime) -> Sample:
    """Raises: DBAPIError, where the database cannot be read now."""
    due = _DUE.bindparams(bindparam("now", now, Instant()))
    jobs = {(str(row.kind), str(row.state)): int(row.number) for row in connection.execute(_JOBS)}
    return Sample(
        jobs,
        {str(row.kind): row.run_at for row in connection.execute(due)},
        _waiting(connection, _WITHOUT_END),
        _waiting(connection, _PROCESSING),
        connection.execute(_VERIFYING).scalar() or {},
    )


def _waiting(connection: Connection, statement: Any) -> Waiting:
    row = connection.execute(statement).one()
    return Waiting(int(row.number), row.since)
