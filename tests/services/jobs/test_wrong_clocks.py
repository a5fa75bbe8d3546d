"""What a wrong clock planned is due, and what it would have ended waits until it is believed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from db.job_tables import JobRow, ProviderEventRow
from db.last_sweep import last_sweep
from db.tables import PaymentRow
from gateway.clock import Clock, start_clock
from gateway.services.core.model.jobs import LONGEST_WAIT_S, JobKind
from gateway.services.core.model.values import Course
from gateway.services.core.rules.asks import LONGEST_ASK
from gateway.services.core.rules.outages import LONG_GONE_S, last_sign_of_life
from gateway.services.jobs.sweeps import LAPSED_S, Sweeps
from tests.service import Service, student
from tests.simulation.shop import Shop, open_shop
from tests.test_clock import Machine

pytestmark = pytest.mark.anyio

YEAR = timedelta(days=365)
SWEEPS = ("sweep.lapsed", "sweep.open", "sweep.settled")


@pytest.fixture
async def shop(service: Service) -> Shop:
    """Whose rounds go, on a machine of whose clock nothing is known."""
    service.clock.is_certain = False
    shop = open_shop(service)
    await shop.sweep()
    return shop


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def pass_by(shop: Shop, seconds: int, step_s: int = 60) -> None:
    """So much time, in which the runner does what is due, as it comes to be due."""
    for _ in range(seconds // step_s):
        shop.service.clock.advance(seconds=step_s)
        await shop.run_jobs()


def sweeps(service: Service) -> Sequence[JobRow]:
    return [row for row in service.stored(JobRow) if row.kind in SWEEPS]


async def test_sweeps_that_were_planned_for_next_year_are_run_now(service: Service, shop: Shop) -> None:
    for row in sweeps(service):
        service.change(JobRow, row.id, run_at=row.run_at + YEAR)
    assert await shop.runner().run_due() == len(SWEEPS)
    assert {row.run_at - service.clock.now <= timedelta(seconds=LAPSED_S) for row in sweeps(service)} == {True}
    assert await shop.runner().run_due() == 0


async def test_a_leap_of_a_year_ends_nothing_and_delays_no_sweep(service: Service, shop: Shop, course: Course) -> None:
    """Where nothing guards the clock itself: that of a process that began amid the leap."""
    for number in range(3):
        await service.created(course, f"student-{number}")
    before = shop.purchases()
    service.clock.advance(days=365)
    await shop.run_jobs()
    service.clock.advance(seconds=8)
    await shop.run_jobs()
    assert shop.purchases() == before
    service.clock.advance(days=-365)
    await pass_by(shop, LAPSED_S)
    assert (shop.purchases(), shop.broken()) == (before, [])
    for row in sweeps(service):
        assert row.run_at - service.clock.now <= timedelta(seconds=LAPSED_S), row.kind
    service.clock.advance(days=6)
    await shop.run_jobs()
    lost, _ = await shop.paid(course, actor=student("another"))
    shop.books.refund_at_dashboard(shop.capture(lost))
    await pass_by(shop, 120)
    assert shop.payment(lost)[0] == "REFUNDED"


async def lapsed_in_an_outage(service: Service, shop: Shop, course: Course, lasting: timedelta) -> None:
    """A purchase whose expiry is the end of that outage."""
    purchase = await service.created(course)
    assert purchase.access.expires_at is not None
    service.clock.now = purchase.access.expires_at - lasting
    [sweep] = service.stored(JobRow, kind="sweep.lapsed")
    service.change(JobRow, sweep.id, run_at=service.clock.now)
    await shop.run_jobs()
    service.clock.now += lasting


@pytest.mark.parametrize("days", [3, 10], ids=["a weekend", "longer"])
async def test_after_a_long_outage_what_lapsed_ends_a_little_later(
    service: Service, shop: Shop, course: Course, days: int
) -> None:
    await lapsed_in_an_outage(service, shop, course, timedelta(days=days))
    await shop.run_jobs()
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    await pass_by(shop, days * 3_600 - 60, step_s=300)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    await pass_by(shop, LAPSED_S + 60)
    assert shop.purchases() == [("BASIC", "EXPIRED")]


@pytest.mark.parametrize("is_known", [True, False], ids=["a machine whose clock went on", "a short outage"])
async def test_where_nothing_speaks_against_the_clock_what_lapsed_ends_at_once(
    service: Service, shop: Shop, course: Course, is_known: bool
) -> None:
    service.clock.is_certain = is_known
    outage = timedelta(days=10) if is_known else timedelta(seconds=LONG_GONE_S - LAPSED_S)
    await lapsed_in_an_outage(service, shop, course, outage)
    await shop.run_jobs()
    assert shop.purchases() == [("BASIC", "EXPIRED")]


async def test_a_crash_amid_a_leap_of_days_ends_nothing_until_the_operator_says_that_the_clock_is_right(
    service: Service, shop: Shop, course: Course
) -> None:
    purchase = await service.created(course)
    assert purchase.access.expires_at is not None
    machine = Machine(wall_s=purchase.access.expires_at.timestamp() - 86_400)

    async def a_process_lives(*, is_right: bool = False) -> bool:
        """Whether the wall's clock is what it goes by."""
        clock = machine.clock(boot="this boot")
        await start_clock(service.url, is_right=is_right, clock=clock)
        service.clock.now = clock.now()
        runner = replace(shop.runner(), work=replace(shop.runner().work, sweeps=sweeps_by(shop, clock)))
        [sweep] = service.stored(JobRow, kind="sweep.lapsed")
        service.change(JobRow, sweep.id, run_at=service.clock.now)
        await runner.run_due()
        return clock.is_going_on

    assert await a_process_lives(is_right=True)
    machine.wall_s += 3 * 86_400
    assert not await a_process_lives()
    assert not await a_process_lives()
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert await a_process_lives(is_right=True)
    assert shop.purchases() == [("BASIC", "EXPIRED")]


def sweeps_by(shop: Shop, clock: Clock) -> Sweeps:
    return replace(shop.runner().work.sweeps, clock=clock)


@pytest.mark.parametrize("column", ["run_at", "lease_until"])
async def test_a_refund_that_a_wrong_clock_planned_or_held_for_a_year_is_made_now(
    service: Service, shop: Shop, course: Course, column: str
) -> None:
    await shop.owe(course, 1)
    if column == "lease_until":
        await shop.claimed()
    [row] = service.stored(JobRow, kind="payment.refund")
    service.change(JobRow, row.id, **{column: service.clock.now + YEAR})
    await shop.run_jobs()
    [row] = service.stored(JobRow, kind="payment.refund")
    assert (row.state, len(shop.books.returns), shop.broken()) == ("COMPLETED", 1, [])


async def test_the_latest_time_of_any_schedule_is_waited_for(service: Service, shop: Shop, course: Course) -> None:
    await shop.owe(course, 1)
    [row] = service.stored(JobRow, kind="payment.refund")
    latest = service.clock.now + timedelta(seconds=LONGEST_WAIT_S)
    service.change(JobRow, row.id, run_at=latest)
    for by, expected in ((timedelta(), []), (timedelta(microseconds=1), [row.id])):
        service.change(JobRow, row.id, run_at=latest + by)
        assert await service.work.runnable_jobs(service.clock.now, 5, [JobKind.PAYMENT_REFUND]) == expected


async def test_a_payment_that_was_to_be_asked_about_in_years_is_asked_about_now(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, later = await service.opened(student(), course), await service.opened(student("another"), course)
    shop.books.fault = lambda question, _: "before" if question == "changes" else None
    shop.pay(payment)
    service.change(PaymentRow, payment.id, ask_at=service.clock.now + LONGEST_ASK + YEAR)
    service.change(PaymentRow, later.id, ask_at=service.clock.now + LONGEST_ASK)
    await pass_by(shop, 60)
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert ("inspect", later.reference) not in shop.books.asked


async def test_changes_that_were_followed_up_to_next_year_are_looked_through_again(
    service: Service, shop: Shop, course: Course
) -> None:
    lost, _ = await shop.paid(course)
    shop.books.refund_at_dashboard(shop.capture(lost))
    [row] = service.stored(JobRow, kind="sweep.settled")
    service.change(JobRow, row.id, payload={"after": (service.clock.now + YEAR).isoformat()})
    await pass_by(shop, 120)
    assert shop.payment(lost)[0] == "REFUNDED"
    assert service.stored(ProviderEventRow)
    [row] = service.stored(JobRow, kind="sweep.settled")
    assert datetime.fromisoformat(row.payload["after"]) <= service.clock.now


async def test_the_last_sign_of_life_is_that_of_the_sweep_for_what_lapsed(service: Service) -> None:
    assert await last_sweep(service.url) is None
    service.clock.is_certain = False
    shop = open_shop(service)
    await shop.sweep()
    began = service.clock.now
    for _ in range(2):
        found = await last_sweep(service.url)
        assert found is not None
        assert last_sign_of_life(*found) == began + timedelta(seconds=LAPSED_S)
        service.clock.now = began + YEAR  # by which it holds, and says nothing of the time that is doubted
        await shop.run_jobs()


async def test_a_database_that_cannot_be_read_tells_of_no_life(tmp_path: object) -> None:
    assert await last_sweep(f"sqlite:///{tmp_path}/none.db") is None
    assert await last_sweep("postgresql://nobody@127.0.0.1:9/none") is None
