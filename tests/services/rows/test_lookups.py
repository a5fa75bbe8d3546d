"""The look-ups: each is served by its index, and what is found is what the rows hold, however extreme they are."""

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, Integer, Table, select

from db.compiled import Statement
from db.engine import writer_engine
from db.statements import AUDIT, COURSE, EVENT, JOB, PAYMENT, PURCHASE, REFUND, SESSION, TIER
from db.types import Id
from gateway.services.core.model.values import Purchase
from gateway.services.reading.source import Source
from gateway.services.rows import lookups
from gateway.services.rows.audit import audit_columns
from gateway.services.rows.columns import Columns
from gateway.services.rows.courses import course_columns, tier_columns
from gateway.services.rows.jobs import event_columns, job_columns
from gateway.services.rows.kinds import COURSES, ENTRIES, EVENTS, JOBS, PAYMENTS, PURCHASES, REFUNDS, SESSIONS, Kind
from gateway.services.rows.lookups import Lookup
from gateway.services.rows.payments import payment_columns, refund_columns
from gateway.services.rows.purchases import access_columns, purchase_columns, session_columns
from tests.beside import beside
from tests.resolvers.test_extreme_rows import TEXTS
from tests.service import values_of

pytestmark = pytest.mark.anyio

LOOKUPS: dict[str, tuple[str, str]] = {
    "PAYMENT_BY_ID": ("PRIMARY KEY", "pk_payment"),
    "PAYMENTS_OF_ATTEMPT": ("ix_payment_attempt",) * 2,
    "REFUNDS_OF_REFERENCE": ("ix_refund_reference",) * 2,
    "PAYMENT_BY_REFERENCE": ("uq_payment_provider_reference",) * 2,
    "PURCHASE_BY_ID": ("PRIMARY KEY", "pk_purchase"),
    "PURCHASE_OF_PAYMENT": ("uq_purchase_payment_id",) * 2,
    "SUCCESSOR": ("ix_purchase_supersedes",) * 2,
    "ACTIVE_PURCHASE": ("uq_purchase_active",) * 2,
    "PURCHASES_OF_PAIR": ("ix_purchase_", "ix_purchase_"),
    "HELD_PURCHASE": ("ix_purchase_", "ix_purchase_"),
    "SESSION_BY_NUMBER": ("uq_recorded_session_purchase_id_number",) * 2,
    "SESSIONS_OF_PURCHASE": ("uq_recorded_session_purchase_id_number",) * 2,
    "COURSE_BY_ID": ("PRIMARY KEY", "pk_course"),
    "REFUND_BY_ID": ("PRIMARY KEY", "pk_refund"),
    "REFUNDS_OF_PAYMENT": ("ix_refund_payment_id",) * 2,
    "JOB_BY_ID": ("PRIMARY KEY", "pk_job"),
    "CASES_OF_SUBJECT": ("ix_job_subject_id", "ix_job_"),
    "LIVE_JOBS_OF_SUBJECT": ("ix_job_", "ix_job_"),
    "EVENT_BY_ID": ("PRIMARY KEY", "pk_provider_event"),
    "EVENT_BY_NAME": ("uq_provider_event_provider_event_id",) * 2,
    "RECORD_BY_KEY": ("PRIMARY KEY", "pk_idempotency_record"),
}
"""Each look-up, and the index that serves it: SQLite's and PostgreSQL's."""

CONDITIONAL = {"ACTIVE_PURCHASE", "PAYMENTS_OF_ATTEMPT", "CASES_OF_SUBJECT", "LIVE_JOBS_OF_SUBJECT"}
"""Those that find some of what has their key."""


class Planner:
    """What a database says of how it would run a statement."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self.dialect = connection, connection.dialect
        self.is_sqlite = connection.dialect.name == "sqlite"
        if not self.is_sqlite:  # an empty table is always read whole, unless that is forbidden
            connection.exec_driver_sql("SET enable_seqscan = off")

    def plan(self, statement: Statement, parameters: dict[str, object]) -> str:
        compiled = statement.on(self.dialect)
        explain = "EXPLAIN QUERY PLAN" if self.is_sqlite else "EXPLAIN (COSTS OFF)"
        rows = self._connection.exec_driver_sql(f"{explain} {compiled.sql}", compiled.bound(parameters))
        return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture
def planner(database_url: str) -> Iterator[Planner]:
    engine = writer_engine(database_url)
    with engine.connect() as connection:
        yield Planner(connection)
    engine.dispose()


@pytest.fixture
async def source(database_url: str) -> AsyncIterator[Source]:
    opened = Source(database_url)
    yield opened
    await opened.close()


def declared() -> dict[str, Lookup[Any, Any, Any]]:
    return {name: found for name, found in vars(lookups).items() if isinstance(found, Lookup)}


def keys_of(lookup: Lookup[Any, Any, Any], number: int) -> list[Any]:
    """Keys that nothing has."""
    numbers = range(number)
    made: dict[type, Callable[[int], object]] = {Id: lambda number: UUID(int=number), Integer: int}
    parts = [list(map(made.get(type(column.type), str), numbers)) for column in lookup.among.columns]
    return list(zip(*parts, strict=True)) if len(parts) > 1 else parts[0]


def test_every_lookup_has_its_index_here() -> None:
    assert declared().keys() == LOOKUPS.keys()


@pytest.mark.parametrize("name", LOOKUPS)
def test_a_lookup_is_served_by_its_index_whether_it_reads_or_locks(planner: Planner, name: str) -> None:
    lookup = declared()[name]
    of_sqlite, of_postgresql = LOOKUPS[name]
    [key] = keys_of(lookup, 1)
    parts = key if isinstance(key, tuple) else (key,)
    given: dict[str, object] = {each.key: part for each, part in zip(lookup.among.columns, parts, strict=True)}
    plans = [planner.plan(of_one, given) for of_one in (lookup.of_one, lookup.locking_one)]
    for statement in (lookup.statement, lookup.locking):
        for number in (1, 300):
            plans.append(planner.plan(statement, lookup.among.parameters(keys_of(lookup, number), planner.dialect)))
    for plan in plans:
        assert (of_sqlite if planner.is_sqlite else of_postgresql) in plan, plan
        assert "SCAN " + lookup.among.columns[0].table.name not in plan, plan


async def test_what_nothing_has_is_found_as_absent(source: Source) -> None:
    for lookup in declared().values():
        statement, parameters = lookup.statement, lookup.among.parameters(keys_of(lookup, 3), source.dialect)
        assert lookup.gather(values_of(lookup.kind, await source.rows(statement, **parameters))) == {}


KINDS: Sequence[tuple[Kind[Any], Table, Callable[[Any], Columns]]] = (
    (PAYMENTS, PAYMENT, payment_columns),
    (PURCHASES, PURCHASE, lambda purchase: {**purchase_columns(purchase), **_access(purchase)}),
    (REFUNDS, REFUND, refund_columns),
    (SESSIONS, SESSION, session_columns),
    (JOBS, JOB, job_columns),
    (EVENTS, EVENT, event_columns),
    (ENTRIES, AUDIT, audit_columns),
)


def _access(purchase: Purchase) -> Columns:
    columns = access_columns(purchase)
    return {
        "access_status": columns.pop("status"),
        **{name: each for name, each in columns.items() if name != "purchase_id"},
    }


@pytest.fixture
def extremes(extreme_url: str) -> Iterator[Connection]:
    with beside(extreme_url) as connection:
        yield connection


@pytest.fixture
async def extreme_source(extreme_url: str) -> AsyncIterator[Source]:
    opened = Source(extreme_url)
    yield opened
    await opened.close()


async def test_what_is_read_is_what_the_columns_hold(extremes: Connection, extreme_source: Source) -> None:
    for kind, table, columns_of in KINDS:
        rows = extremes.execute(kind.select.order_by(*kind.order)).all()
        assert len(rows) > 5, table
        values = values_of(kind, await extreme_source.rows(Statement(kind.select.order_by(*kind.order))))
        assert values == values_of(kind, rows)
        for row, value in zip(rows, values, strict=True):
            stored, written = dict(row._mapping), columns_of(value)
            for name in list(_not_ours(stored)):
                del stored[name], written[name]
            assert written == stored


async def test_a_course_is_read_with_its_tiers_lowest_rank_first(extremes: Connection, extreme_source: Source) -> None:
    courses = values_of(COURSES, await extreme_source.rows(Statement(COURSES.select.order_by(*COURSES.order))))
    stored = [dict(row._mapping) for row in extremes.execute(select(COURSE).order_by(COURSE.c.id))]
    assert [course_columns(course) for course in courses] == stored
    tiers = [dict(row._mapping) for row in extremes.execute(select(TIER).order_by(TIER.c.course_id, TIER.c.rank))]
    assert [tier for course in courses for tier in tier_columns(course)] == tiers
    assert len(tiers) > 10


async def test_many_keys_find_each_its_own(extremes: Connection, extreme_source: Source) -> None:
    dialect = extreme_source.dialect
    for name, lookup in declared().items():
        kind = lookup.kind
        all_of_kind = lookup.gather(values_of(kind, extremes.execute(kind.select.order_by(*kind.order)).all()))
        keys = [key for key in all_of_kind if key is not None and (not isinstance(key, tuple) or None not in key)]
        given = lookup.among.parameters(keys[::2], dialect)
        read = await extreme_source.rows(lookup.statement, **given) if keys else []
        found = lookup.gather(values_of(kind, read))
        if name in CONDITIONAL:
            assert found.keys() <= set(keys[::2]), name
        else:
            assert found == {key: all_of_kind[key] for key in keys[::2]}, name


def _not_ours(stored: dict[str, Any]) -> Iterator[str]:
    """Columns that we never wrote so: what a hand put there is shown as well as it can be."""
    if "labels" in stored and not _are_labels(stored["labels"]):
        yield "labels"
    if (stored.get("failure_code") is None) != (stored.get("failure_message") is None):
        yield "failure_message"
    if stored.get("kind") in ("", *TEXTS, "case.of_another_release"):
        yield "kind"


def _are_labels(stored: object) -> bool:
    return isinstance(stored, list) and all(
        isinstance(pair, list) and len(pair) == 2 and all(isinstance(text, str) for text in pair) for pair in stored
    )
