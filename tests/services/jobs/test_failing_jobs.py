"""Jobs whose work fails: each is tried again, ever more rarely, and what it does happens once all the same."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NoReturn

import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from db.job_tables import JobRow
from db.tables import RefundRow
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import Course, Payment, Refund
from gateway.services.core.model.verdicts import RefundResult
from gateway.services.core.rules.jobs import BACKOFF_S, LONGEST_BACKOFF_S, MOST_ATTEMPTS
from tests.service import BASIC, Service, student
from tests.simulation.books import RETRY_AFTER_S, Books, Fault
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


@pytest.fixture
async def owed(service: Service, shop: Shop, course: Course) -> Payment:
    """A payment of which an admin wants all back."""
    payment, _ = await shop.paid(course)
    await service.refund(payment)
    return payment


@pytest.fixture
def logs() -> Iterator[list[EventDict]]:
    """What is logged, unrendered: a traceback takes longer to draw than its job to run."""
    with capture_logs() as entries:
        yield entries


@pytest.mark.parametrize("draw", [0.0, 0.5, 1.0])
async def test_a_job_that_raises_waits_twice_as_long_each_time_times_what_was_drawn(
    service: Service, course: Course, logs: list[EventDict], draw: float
) -> None:
    shop = open_shop(service, Broken())
    await shop.owe(course, 1)
    waits = []
    for run in range(1, 13):
        assert await shop.runner(draw).run_due() == 1
        [job] = service.stored(JobRow)
        assert (job.state, job.attempts, job.last_error) == ("RETRYING", run, "ZeroDivisionError")
        waits.append((job.run_at - service.clock.now).total_seconds())
        service.clock.now = job.run_at
    assert waits == [draw * min(LONGEST_BACKOFF_S, BACKOFF_S * 2**doubled) for doubled in range(12)]
    assert max(waits) == draw * LONGEST_BACKOFF_S


async def test_a_job_that_always_raises_ends_failed_after_its_last_attempt_and_is_never_dropped(
    service: Service, course: Course, logs: list[EventDict]
) -> None:
    shop = open_shop(service, Broken())
    await shop.owe(course, 1)
    runs = 0
    while await shop.runner(draw=0.0).run_due():
        runs += 1
    [job] = service.stored(JobRow)
    assert runs == MOST_ATTEMPTS[JobKind.PAYMENT_REFUND] == job.attempts
    assert (job.state, job.last_error, job.finished_at) == ("FAILED", "ZeroDivisionError", service.clock.now)
    assert [row.status for row in service.stored(RefundRow)] == ["PENDING"]
    assert [entry["event"] for entry in logs].count("job failed") == runs
    assert shop.broken() == []


async def test_a_job_that_raises_holds_up_no_other(service: Service, course: Course, logs: list[EventDict]) -> None:
    books = Broken(healthy_after=1)
    shop = open_shop(service, books)
    await shop.owe(course, 3)
    assert await shop.runner().run_due() == 3
    assert sorted(row.state for row in service.stored(JobRow)) == ["COMPLETED", "COMPLETED", "RETRYING"]


@pytest.mark.parametrize("fault", ["before", "after"])
async def test_a_refund_whose_answer_was_lost_is_given_once(
    service: Service, shop: Shop, owed: Payment, fault: Fault
) -> None:
    faults: list[Fault | None] = [fault, fault]
    shop.books.fault = lambda *_: faults.pop() if faults else None
    for run in (1, 2):
        await shop.run_jobs()
        [job] = service.stored(JobRow)
        assert (job.state, job.attempts) == ("RETRYING", run)
        assert job.last_error == f"the provider is unavailable; ask again in {RETRY_AFTER_S} s"
        assert shop.refunds(owed.id) == [(PRICE, "PENDING")]
        service.clock.now = job.run_at
    await shop.run_jobs()
    assert [(each.amount.amount_minor, each.status) for each in shop.books.returns] == [(PRICE, "SUCCEEDED")]
    assert [question for question, _ in shop.books.asked].count("refund") == 3
    assert (shop.payment(owed)[0], shop.agrees(), shop.broken()) == ("REFUNDED", True, [])


async def test_a_check_waits_at_least_as_long_as_the_provider_named(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.books.begin(reference_of(payment))
    await service.confirm(student(), payment)
    [job] = service.stored(JobRow)
    service.clock.now = job.run_at
    assert await shop.runner(draw=0.0).run_due() == 1
    [job] = service.stored(JobRow)
    assert (job.state, job.run_at) == ("RETRYING", service.clock.now + timedelta(seconds=RETRY_AFTER_S))


class Broken(Books):
    """Books whose owner's program has a fault: after so many failures it is mended."""

    def __init__(self, healthy_after: int = 1_000_000) -> None:
        super().__init__()
        self.failures_left = healthy_after

    async def refund(self, payment: Payment, refund: Refund) -> RefundResult:
        if self.failures_left:
            self.failures_left -= 1
            _raise()
        return await super().refund(payment, refund)


def _raise() -> NoReturn:
    raise ZeroDivisionError("a fault")


async def test_a_check_of_a_checkout_that_nobody_pays_ends_and_is_no_failure(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(), await service.save_course())
    shop.books.fault = lambda question, _: "before" if question == "settle" else None
    await service.confirm(student(), payment)  # unreachable once: a check is scheduled
    shop.books.fault = lambda *_: None
    for _ in range(70):
        service.clock.advance(hours=2)
        await shop.run_jobs()
    assert [row.state for row in service.stored(JobRow)] == ["COMPLETED"]


async def test_a_refund_outlasts_a_weekends_outage_on_average(service: Service, shop: Shop) -> None:
    """`MOST_ATTEMPTS` says so; with full jitter the mean wait is half of the longest."""
    payment, _ = await shop.paid(await service.save_course())
    await service.refund(payment)
    shop.books.fault = lambda question, _: "before" if question == "refund" else None
    began = service.clock.now
    while (job := service.stored(JobRow)[0]).state != "FAILED":
        service.clock.now = max(service.clock.now, job.run_at)
        await shop.runner(draw=0.5).run_due()
    assert service.clock.now - began > timedelta(days=2)
