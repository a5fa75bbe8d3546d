"""Each list, with each combination of its filters, is read from an index in the list's own order."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import UTC, datetime
from functools import partial
from itertools import combinations, product
from typing import Any
from uuid import UUID

import pytest

from db.engine import writer_engine
from db.urls import is_embedded
from gateway.services.core.model.jobs import JobKind, JobState
from gateway.services.core.model.pages import Place, Window
from gateway.services.core.model.values import (
    Fulfilment,
    Origin,
    PaymentStatus,
    Provider,
    PurchaseStatus,
    RefundOrigin,
    RefundStatus,
)
from gateway.services.reading.filters import Filter, JobFilter, PaymentFilter, PurchaseFilter, RefundFilter
from gateway.services.reading.job_lookups import JobLookups
from gateway.services.reading.lists import JOBS, PAYMENTS, PURCHASES, REFUNDS, Listing, page
from gateway.services.reading.owned import ENTRIES_OF_SUBJECT, Owned
from gateway.services.reading.reader import Reader
from gateway.services.reading.source import Source
from tests.service import reads_of

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
OF_REFUNDS = {
    "status": RefundStatus.FAILED,
    "origin": RefundOrigin.DISPUTE,
    "created_from": NOW,
    "created_before": NOW,
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

    def __init__(self, url: str) -> None:
        self.is_sqlite = is_embedded(url)
        self.source, self._engine = Source(url), writer_engine(url)
        self.work = JobLookups(Reader(self.source))

    async def plan(self, read: Callable[[], Awaitable[object]]) -> str:
        """The plan of the one statement that the read is."""
        with reads_of(self.source) as reads:
            await read()
        [(statement, parameters)] = reads
        explain = "EXPLAIN QUERY PLAN" if self.is_sqlite else "EXPLAIN (COSTS OFF)"
        with self._engine.begin() as connection:
            if not self.is_sqlite:  # an empty table is always read whole, and sorted, unless that is forbidden
                for way in ("seqscan", "bitmapscan", "sort"):
                    connection.exec_driver_sql(f"SET LOCAL enable_{way} = off")
            rows = connection.exec_driver_sql(f"{explain} {statement}", tuple(parameters))
            return "\n".join(str(row[-1]) for row in rows)

    async def close(self) -> None:
        await self.source.close()
        self._engine.dispose()


@pytest.fixture
async def planner(database_url: str) -> AsyncIterator[Planner]:
    planner = Planner(database_url)
    yield planner
    await planner.close()


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
        await _is_served(planner, PURCHASES, names, wanted)


async def test_every_filter_of_payments_is_served(planner: Planner) -> None:
    for names in subsets(OF_PAYMENTS, 3):
        wanted = PaymentFilter(**{name: OF_PAYMENTS[name] for name in names})  # type: ignore[arg-type]
        await _is_served(planner, PAYMENTS, names, wanted)


async def test_every_filter_of_refunds_is_served(planner: Planner) -> None:
    for names in subsets(OF_REFUNDS, 3):
        wanted = RefundFilter(**{name: OF_REFUNDS[name] for name in names})  # type: ignore[arg-type]
        await _is_served(planner, REFUNDS, names, wanted)


async def test_every_filter_of_jobs_is_served(planner: Planner) -> None:
    for names in subsets(OF_JOBS, 3):
        wanted = JobFilter(**{name: OF_JOBS[name] for name in names})  # type: ignore[arg-type]
        await _is_served(planner, JOBS, names, wanted)


@pytest.mark.parametrize("is_newest_first", [True, False])
@pytest.mark.parametrize("from_end", [True, False])
async def test_every_window_is_served(planner: Planner, is_newest_first: bool, from_end: bool) -> None:
    for after, before in product((None, PLACE), (None, PLACE)):
        window = Window(20, after, before, from_end, is_newest_first)
        await _is_served(planner, PURCHASES, ("student_id",), PurchaseFilter(student_id="student-1"), window)
        await _is_served(planner, PAYMENTS, (), PaymentFilter(), window)
        await _is_served(planner, JOBS, ("state",), JobFilter(state=JobState.FAILED), window)


async def _is_served(
    planner: Planner, listing: Listing[Any], names: tuple[str, ...], wanted: Filter, window: Window = WINDOW
) -> None:
    """The page and what lies beyond its bounds are read in order, nothing is sorted, and the right index serves."""
    plan = await planner.plan(partial(page, planner.source, listing, window, wanted))
    index = index_of(listing.order.id.table.name, names)
    # PostgreSQL chooses by what the columns hold, which is nothing here; with one condition there is one choice.
    if index is not None and (planner.is_sqlite or len(names) < 2):
        assert plan.count(index) == 1 + (window.after is not None) + (window.before is not None), (names, plan)
    assert is_read_in_order(plan), (names, plan)


async def _histories(planner: Planner, of: Owned[Any]) -> None:
    parameters = of.parameters([UUID(int=2), UUID(int=3)], planner.source.dialect)
    await planner.source.rows(of.statement, **parameters)


async def test_histories_are_read_from_where_they_lie(planner: Planner) -> None:
    window = Window(20, after=Place(UUID(int=1)))
    plan = await planner.plan(lambda: _histories(planner, Owned(ENTRIES_OF_SUBJECT, window)))
    assert "PRIMARY KEY" in plan or "pk_audit_entry" in plan, plan


async def test_the_payments_to_be_asked_after_next_are_read_from_their_index_in_order(planner: Planner) -> None:
    plan = await planner.plan(lambda: planner.work.next_asks(Provider.STRIPE, 65))
    assert "ix_payment_ask_at" in plan
    assert is_read_in_order(plan), plan


async def test_payments_without_a_schedule_are_found_among_those_opened_lately(planner: Planner) -> None:
    plan = await planner.plan(lambda: planner.work.unscheduled(NOW, 200))
    assert "ix_payment_fulfilment" in plan
    assert is_read_in_order(plan), plan


@pytest.mark.parametrize("after", [None, UUID(int=4)])
async def test_lapsed_purchases_are_read_from_the_index_of_those_that_end(planner: Planner, after: UUID | None) -> None:
    plan = await planner.plan(lambda: planner.work.lapsed_purchases(NOW, after, 200))
    assert "ix_student_access_expires_at" in plan, plan
    assert "TEMP B-TREE" not in plan, plan


async def test_what_was_heard_of_is_found_by_its_names(planner: Planner) -> None:
    plan = await planner.plan(lambda: planner.work.known_events(Provider.STRIPE, ["evt_1", "evt_2"]))
    assert "uq_provider_event_provider_event_id" in plan, plan
    plan = await planner.plan(lambda: planner.work.known_captures(Provider.STRIPE, [("pi_1", "ch_1")]))
    assert "uq_payment_provider_reference" in plan, plan


async def test_the_runner_still_finds_what_is_due_in_order(planner: Planner) -> None:
    """An index more must not lead its query astray: it asks for kinds as well, and must not go through all of them."""
    work = planner.work
    for read in (work.due_jobs, work.misplanned_jobs):
        plan = await planner.plan(partial(read, NOW, 10, [JobKind.PAYMENT_CHECK]))
        assert "ix_job_due" in plan
