"""Each list, with each combination of its filters, is read from an index in the list's own order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import combinations
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from db.engine import reader_engine
from db.urls import is_embedded
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.pages import Place, Window
from gateway.services.core.model.values import Fulfilment, Origin, PaymentStatus, Provider, PurchaseStatus
from gateway.services.reading.filters import JobFilter, PaymentFilter, PurchaseFilter
from gateway.services.reading.job_lookups import WorkCatalog
from gateway.services.reading.lookups import Catalog

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PLACE = Place(UUID(int=1), NOW)
WINDOW = Window(20, after=PLACE, is_newest_first=True)
OF_PURCHASES = {
    "student_id": "student-1",
    "course_id": UUID(int=2),
    "status": PurchaseStatus.REFUNDED,
    "origin": Origin.ADMIN,
    "created_from": NOW,
    "created_before": NOW,
    "tier": "BASIC",
}
OF_PAYMENTS = {
    "student_id": "student-1",
    "course_id": UUID(int=2),
    "fulfilment": Fulfilment.UNFULFILLABLE,
    "status": PaymentStatus.FAILED,
    "created_from": NOW,
    "created_before": NOW,
    "tier": "BASIC",
    "provider": Provider.STRIPE,
}
OF_JOBS = {
    "subject_ids": frozenset([UUID(int=3)]),
    "state": JobState.FAILED,
    "kind": JobKind.PAYMENT_CHECK,
}
"""A condition of each kind, the most telling first."""

INDEXED = ("student_id", "course_id", "status", "fulfilment", "origin", "subject_id", "kind", "state")


class Planner:
    """What a database says of how it would run the statements of a read."""

    def __init__(self, engine: AsyncEngine, is_sqlite: bool) -> None:
        self._engine, self.is_sqlite = engine, is_sqlite
        self.catalog, self.work = Catalog(engine), WorkCatalog(engine)

    async def plans(self, read: Callable[[], Awaitable[object]]) -> list[str]:
        asked: list[tuple[str, Any]] = []

        def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
            asked.append((statement, parameters))

        event.listen(self._engine.sync_engine, "before_cursor_execute", note)
        try:
            await read()
        finally:
            event.remove(self._engine.sync_engine, "before_cursor_execute", note)
        async with self._engine.connect() as connection:
            if not self.is_sqlite:  # an empty table is always read whole, and sorted, unless that is forbidden
                for way in ("seqscan", "bitmapscan", "sort"):
                    await connection.exec_driver_sql(f"SET enable_{way} = off")
            return [await self._plan(connection, *each) for each in asked]

    async def _plan(self, connection: Any, statement: str, parameters: object) -> str:
        explain = "EXPLAIN QUERY PLAN" if self.is_sqlite else "EXPLAIN (COSTS OFF)"
        rows = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in rows)


@pytest.fixture
async def planner(database_url: str) -> AsyncIterator[Planner]:
    engine = reader_engine(database_url)
    yield Planner(engine, is_embedded(database_url))
    await engine.dispose()


def subsets(conditions: Iterable[str], most: int) -> list[tuple[str, ...]]:
    return [names for number in range(most + 1) for names in combinations(conditions, number)]


def index_of(table: str, names: tuple[str, ...]) -> str | None:
    """The index of the most telling condition; None where the list's own order is all that there is."""
    for name in (name.removesuffix("s") if name == "subject_ids" else name for name in names):
        if name in INDEXED:
            return f"ix_{table}_{name}"
    return None if table == "job" else f"ix_{table}_created_at"


def is_read_in_order(plan: str) -> bool:
    return not any(word in plan for word in ("TEMP B-TREE", "Seq Scan", "Sort"))


async def test_every_filter_of_purchases_is_served(planner: Planner) -> None:
    for names in subsets(OF_PURCHASES, 3):
        wanted = PurchaseFilter(**{name: OF_PURCHASES[name] for name in names})  # type: ignore[arg-type]
        await _is_served(planner, "purchase", names, partial(planner.catalog.purchase_page, wanted, WINDOW))


async def test_every_filter_of_payments_is_served(planner: Planner) -> None:
    for names in subsets(OF_PAYMENTS, 3):
        wanted = PaymentFilter(**{name: OF_PAYMENTS[name] for name in names})  # type: ignore[arg-type]
        await _is_served(planner, "payment", names, partial(planner.catalog.payment_page, wanted, WINDOW))


async def test_every_filter_of_jobs_is_served(planner: Planner) -> None:
    window = Window(20, after=Place(UUID(int=1)), is_newest_first=True)
    for names in subsets(OF_JOBS, 3):
        wanted = JobFilter(**{name: OF_JOBS[name] for name in names})  # type: ignore[arg-type]
        await _is_served(planner, "job", names, partial(planner.catalog.job_page, wanted, window))


async def _is_served(
    planner: Planner, table: str, names: tuple[str, ...], read: Callable[[], Awaitable[object]]
) -> None:
    """The page, and what lies beyond it, are read in order; with nothing to sort, and by the right index."""
    keys, beyond, *_ = await planner.plans(read)
    index = index_of(table, names)
    # PostgreSQL chooses by what the columns hold, which is nothing here; with one condition there is one choice.
    if index is not None and (planner.is_sqlite or len(names) < 2):
        assert index in keys, (names, keys)
        assert index in beyond, (names, beyond)
    assert is_read_in_order(keys), (names, keys)
    assert is_read_in_order(beyond), (names, beyond)


async def test_histories_are_read_from_where_they_lie(planner: Planner) -> None:
    window = Window(20, after=Place(UUID(int=1)))
    for plan in await planner.plans(lambda: planner.catalog.histories([UUID(int=2), UUID(int=3)], window)):
        assert "PRIMARY KEY" in plan or "pk_audit_entry" in plan, plan


async def test_the_payments_to_be_asked_after_next_are_read_from_their_index_in_order(planner: Planner) -> None:
    [plan] = await planner.plans(lambda: planner.work.next_asks(Provider.STRIPE, 65))
    assert "ix_payment_ask_at" in plan
    assert is_read_in_order(plan), plan


async def test_payments_without_a_schedule_are_found_among_those_opened_lately(planner: Planner) -> None:
    [plan] = await planner.plans(lambda: planner.work.unscheduled(NOW, 200))
    assert "ix_payment_fulfilment" in plan
    assert is_read_in_order(plan), plan


async def test_what_was_heard_of_is_found_by_its_names(planner: Planner) -> None:
    [plan] = await planner.plans(lambda: planner.work.known_events(Provider.STRIPE, ["evt_1", "evt_2"]))
    assert "uq_provider_event_provider_event_id" in plan, plan
    [plan] = await planner.plans(lambda: planner.work.known_captures(Provider.STRIPE, [("pi_1", "ch_1")]))
    assert "uq_payment_provider_reference" in plan, plan


async def test_the_runner_still_finds_what_is_due_in_order(planner: Planner) -> None:
    """An index more must not lead its query astray: it asks for kinds as well, and must not go through all of them."""
    [plan] = await planner.plans(lambda: planner.work.due_jobs(NOW, 10, [JobKind.PAYMENT_CHECK]))
    assert "ix_job_due" in plan
