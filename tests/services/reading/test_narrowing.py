"""What is selected of rows: what the operation read of them before, and always all that it reads now."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest

from gateway.context import Context
from gateway.execution.executor import Executor
from gateway.execution.operations import Operation
from gateway.execution.schema import build_schema
from gateway.services.changes.follower import Live
from gateway.services.core.model.pages import Page, Window
from gateway.services.reading.lists import COURSES, PURCHASES, Listing
from gateway.services.reading.lookups import COURSE_BY_ID, PAYMENT_BY_ID
from gateway.services.reading.reader import Finder
from gateway.services.reading.snapshot import Snapshot
from gateway.services.rows.views import NotRead, whole
from gateway.settings.model import Settings
from tests.callers import Unlimited
from tests.service import ADMIN, Service, reads_of, student

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 26, tzinfo=UTC)


class Runs:
    """One operation's runs, which read a list."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self.learnt: dict[object, Any] = {}
        self.reads = Snapshot(service.reader)
        self.statement = ""

    async def page(self, listing: Listing[Any] = PURCHASES, **window: Any) -> Page[Any]:
        """In a new run."""
        self.reads = Snapshot(self._service.reader)
        self.reads.narrow(self.learnt)
        return await self._page(listing, **window)

    async def page_again(self) -> Page[Any]:
        """In the same run, from its start."""
        self.reads.forget()
        return await self._page(PURCHASES)

    async def _page(self, listing: Listing[Any], **window: Any) -> Page[Any]:
        with reads_of(self._service.source) as reads:
            found = await self.reads.page(listing, Window(20, is_newest_first=True, **window))
        [(self.statement, _)] = reads
        return found

    def selects(self, *columns: str) -> Sequence[bool]:
        return [f".{column}" in self.statement for column in columns]


async def test_a_later_run_selects_what_the_first_one_read(service: Service) -> None:
    course, runs = await service.save_course(), Runs(service)
    bought = [await service.created(course, f"student-{number}") for number in range(3)]
    for place in (None, (await runs.page()).places[0]):  # with a bound, and without one
        first = await runs.page(after=place)
        assert all(runs.selects("labels", "tier", "sessions_total"))
        assert [(item.tier, item.access.sessions_total) for item in first.items]
        runs.reads.settle()
        second = await runs.page(after=place)
        assert runs.selects("tier", "sessions_total", "labels", "origin") == [True, True, False, False]
        read = [(item.id, item.created_at, item.tier, item.access.sessions_total) for item in second.items]
        stored = {purchase.id: purchase for purchase in bought}
        assert read == [(key, stored[key].created_at, "BASIC", 4) for key in (item.id for item in first.items)]
        assert (second.places, second.has_next) == (first.places, first.has_next)
        runs = Runs(service)


async def test_what_was_not_selected_is_not_read_as_nothing_and_is_selected_from_then_on(service: Service) -> None:
    course, runs = await service.save_course(), Runs(service)
    bought = await service.created(course)
    [item] = (await runs.page()).items
    assert item.tier == "BASIC"
    runs.reads.settle()
    [item] = (await runs.page()).items
    reads: Sequence[Callable[[], object]] = (
        lambda: item.status,
        lambda: item.metadata.labels,
        lambda: whole(item),
        lambda: item == bought,
    )
    for read in reads:
        with pytest.raises(NotRead):
            read()
    [item] = (await runs.page_again()).items
    assert item == bought
    [item] = (await runs.page()).items
    assert (item.status, item.metadata.labels) == (bought.status, bought.metadata.labels)
    runs.reads.settle()
    [item] = (await runs.page()).items
    assert (item.tier, item.status, item.metadata.labels) == ("BASIC", bought.status, bought.metadata.labels)


async def test_a_run_that_is_under_way_teaches_the_others_nothing_and_neither_does_an_empty_page(
    service: Service,
) -> None:
    course, runs = await service.save_course(), Runs(service)
    await runs.page()
    runs.reads.settle()
    await service.created(course)
    [item] = (await runs.page()).items
    assert item.tier == "BASIC"
    await runs.page()
    assert all(runs.selects("tier", "labels"))


async def test_what_lies_in_several_rows_is_selected_whole(service: Service) -> None:
    course, runs = await service.save_course(), Runs(service)
    for _ in range(3):
        [found] = (await runs.page(COURSES)).items
        assert found.title == course.title
        runs.reads.settle()
    assert found == course


async def test_rows_that_lead_an_operation_elsewhere_are_answered_all_the_same(service: Service) -> None:
    executor = Executor(build_schema(), Settings(), compile_at=1)
    document = "{ payments { nodes { amountRefunded { amountMinor currency } } } }"

    async def answers(number: int) -> list[Any]:
        given = []
        for _ in range(number):
            reads, live = Snapshot(service.reader), cast(Live, None)
            context = Context(ADMIN, NOW, service.purchases, reads, Unlimited(), live, lambda: NOW)
            given.append((await executor.run(Operation(document), context)).payload["data"]["payments"]["nodes"])
        return given

    course, nothing = await service.save_course(), {"amountRefunded": {"amountMinor": 0, "currency": "INR"}}
    opened = await service.opened(student(), course)
    assert await answers(3) == [[nothing]] * 3
    assert executor.ways.by_plan == 3
    await service.confirm(student(), opened)  # from now on it is told in the currency that was captured
    assert await answers(3) == [[nothing]] * 3
    assert (executor.ways.deviated, executor.ways.by_plan) == (1, 5)


async def found_by(runs: Runs, service: Service, finder: Finder[Any, Any], key: UUID) -> Any:
    """In a new run."""
    runs.reads = Snapshot(service.reader)
    runs.reads.narrow(runs.learnt)
    with reads_of(service.source) as reads:
        found = runs.reads.find_all(finder, [key, key])
        [found, same] = await found if isinstance(found, Awaitable) else found
    [(runs.statement, _)] = reads
    assert found is same
    return found


async def test_a_lookup_selects_what_earlier_runs_read_of_what_it_found(service: Service) -> None:
    course, runs = await service.save_course(), Runs(service)
    payment = await service.opened(student(), course)
    for _ in range(2):
        found = await found_by(runs, service, PAYMENT_BY_ID, payment.id)
        assert (found.id, found.terms.tier, found.captured) == (payment.id, "BASIC", None)
        runs.reads.settle()
    assert runs.selects("tier", "captured_minor", "currency", "labels") == [True, True, False, False]
    with pytest.raises(NotRead):
        found.amount.currency  # noqa: B018  that is what raises
    for _ in range(2):
        found = await found_by(runs, service, PAYMENT_BY_ID, payment.id)
        assert found.amount == payment.amount
        runs.reads.settle()
    assert runs.selects("tier", "captured_minor", "currency", "labels") == [True, True, True, False]


async def test_a_course_is_read_without_its_tiers_where_nobody_reads_them(service: Service) -> None:
    course, runs = await service.save_course(), Runs(service)
    assert (await found_by(runs, service, COURSE_BY_ID, course.id)).title == course.title
    runs.reads.settle()
    found = await found_by(runs, service, COURSE_BY_ID, course.id)
    assert (found.id, found.title, "tier" in runs.statement) == (course.id, course.title, False)
    reads: Sequence[Callable[[], object]] = (lambda: found.created_at, lambda: found.tiers, lambda: whole(found))
    for read in reads:
        with pytest.raises(NotRead):
            read()
    for _ in range(2):
        found = await found_by(runs, service, COURSE_BY_ID, course.id)
        assert (found.tiers, found.created_at, found) == (course.tiers, course.created_at, course)
        assert "tier" in runs.statement
        runs.reads.settle()
