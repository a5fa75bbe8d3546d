"""Payments that nobody confirms: each is asked after by its own schedule, and never forgotten."""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest

from db.job_tables import JobRow
from db.tables import PaymentRow
from gateway.services.core.commands.jobs.asks import PlanAsk
from gateway.services.core.commands.open_payment import RecordIntent
from gateway.services.core.commands.reconcile import Reconcile
from gateway.services.core.model.jobs import SUBJECTS, JobKind
from gateway.services.core.model.outcomes import InvalidInput, Opened, PaymentDeclined
from gateway.services.core.model.state import Decision, Moment, State
from gateway.services.core.model.values import GATEWAY, Course, Payment, Provider
from gateway.services.core.rules.asks import CLOSED_AFTER, FIRST_ASK_S, RARELY_S, SPREAD, WAITS_S
from gateway.services.jobs.pace import MOST_UNDER_WAY, Pace
from gateway.services.jobs.planned_asks import ASKED_IN_A_RUN, PlannedAsks
from gateway.services.jobs.runner import Runner
from gateway.services.jobs.sweeps import start_sweeps
from gateway.services.rows.lookups import PAYMENT_BY_ID
from tests.service import Service, student
from tests.simulation.books import BUSY_S, Books
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def test_a_payment_opened_fifteen_days_ago_whose_webhook_was_lost_is_settled(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    only_by_schedule(shop)
    service.clock.advance(days=15)
    await shop.sweep()
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert schedule_of(service, payment) == (None, 0)


async def test_an_open_payment_is_asked_after_in_a_minute_and_then_ever_more_rarely(
    service: Service, shop: Shop, course: Course
) -> None:
    only_by_schedule(shop)
    payment = await service.opened(student(), course)
    asked_at = [service.clock.now]
    for _ in range(10):
        due, _asks = schedule_of(service, payment)
        assert due is not None
        service.clock.now = due
        await shop.sweep()
        asked_at.append(due)
    waits = [(later - earlier).total_seconds() for earlier, later in pairwise(asked_at)]
    assert waits[0] == FIRST_ASK_S
    for wait, planned in zip(waits[1:], WAITS_S, strict=False):
        assert planned <= wait <= planned * (1 + SPREAD)
    assert [question for question, _ in shop.books.asked if question == "inspect"] == ["inspect"] * 10
    assert schedule_of(service, payment)[1] == 10


async def test_a_payment_that_is_settled_otherwise_is_asked_after_no_more(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _purchase = await shop.paid(course)
    only_by_schedule(shop)
    service.clock.advance(days=40)
    shop.books.asked.clear()
    await shop.sweep()
    assert schedule_of(service, payment) == (None, 0)
    assert shop.books.asked.count(("inspect", reference_of(payment))) == 0


def test_a_thousand_abandoned_checkouts_a_day_cost_less_than_one_ask_in_three_seconds() -> None:
    age, asks = float(FIRST_ASK_S), 1
    while age < CLOSED_AFTER.total_seconds():
        age += WAITS_S[min(asks - 1, len(WAITS_S) - 1)]
        asks += 1
    assert asks <= 20
    assert 1_000 * asks / 86_400 < 1 / 3


async def test_what_is_due_is_asked_side_by_side_and_no_more_at_once_than_the_provider_bears(
    service: Service, shop: Shop, course: Course
) -> None:
    payments = [await service.opened(student(f"student-{number}"), course) for number in range(20)]
    under_way, most = 0, 0

    async def inspect(payment: Payment, books: Books = shop.books) -> object:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await service.find(PAYMENT_BY_ID, payment.id)  # others have their turn meanwhile
        under_way -= 1
        return await Books.inspect(books, payment)

    shop.books.inspect = inspect  # type: ignore[method-assign, assignment]
    service.clock.advance(seconds=FIRST_ASK_S)
    await start_rounds(service)
    await paced_runner(service, Pace(per_s=1_000_000)).run_due()
    assert most == MOST_UNDER_WAY
    assert {schedule_of(service, each)[1] for each in payments} == {1}


async def test_a_page_of_unpaid_checkouts_takes_one_turn_and_what_is_not_due_takes_none(
    service: Service, course: Course
) -> None:
    count = ASKED_IN_A_RUN + 6
    opening = [service.opening(student(f"student-{number}"), course) for number in range(count)]
    opened = await service.purchases.submit_all(opening)
    intents = [
        RecordIntent(GATEWAY, each.payment.id, f"sbx_{each.payment.id.hex}")
        for each in opened
        if isinstance(each, Opened)
    ]
    await service.purchases.submit_all(intents)
    asks = PlannedAsks(service.runner().work.reconciler, service.work)
    turns = []
    for seconds in (0, FIRST_ASK_S, 0, 0):
        service.clock.advance(seconds=seconds)
        before = service.writer.turns
        wait_s = await asks.run(Provider.SANDBOX, None, service.clock.now)
        turns.append((service.writer.turns - before, wait_s > 0))
    assert turns == [(0, True), (1, False), (1, True), (0, True)]
    assert {row.asks for row in service.stored(PaymentRow)} == {1}


async def test_where_one_answer_cannot_be_written_those_of_its_page_are(
    service: Service, course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, *others = [await service.opened(student(f"student-{number}"), course) for number in range(3)]
    decide = Reconcile.decide

    def refuse(command: Reconcile, state: State, moment: Moment) -> Decision:
        if command.payment_id == lost.id:
            raise ValueError(lost.id)
        return decide(command, state, moment)

    monkeypatch.setattr(Reconcile, "decide", refuse)
    service.clock.advance(seconds=FIRST_ASK_S)
    asks = PlannedAsks(service.runner().work.reconciler, service.work)
    await asks.run(Provider.SANDBOX, None, service.clock.now)
    assert {schedule_of(service, each)[1] for each in (lost, *others)} == {1}
    assert [service.actions(each.id).count("payment.asked") for each in (lost, *others)] == [0, 1, 1]


async def test_one_payment_that_cannot_be_asked_holds_up_no_other(service: Service, shop: Shop, course: Course) -> None:
    lost, *others = [await service.opened(student(f"student-{number}"), course) for number in range(3)]
    for each in others:
        shop.pay(each)
    shop.books.fault = lambda question, about: (
        "before" if question == "changes" or about == reference_of(lost) else None
    )
    service.clock.advance(seconds=FIRST_ASK_S)
    await shop.sweep()
    assert [shop.payment(each)[1] for each in (lost, *others)] == ["PENDING", "FULFILLED", "FULFILLED"]
    due, asks = schedule_of(service, lost)
    assert asks == 1
    assert due is not None
    assert due >= service.clock.now + timedelta(seconds=WAITS_S[0])


async def test_too_many_requests_slow_only_the_provider_that_said_so(service: Service, course: Course) -> None:
    slow, quick = Books(name=Provider.STRIPE), Books(name=Provider.RAZORPAY)
    providers = {Provider.STRIPE: slow, Provider.RAZORPAY: quick}
    service.set_up(by_name=providers)
    payments = {
        name: await service.opened(student(name), course, provider=name)
        for name in (Provider.STRIPE, Provider.RAZORPAY)
    }
    slow.fault = lambda _question, _subject: "busy"
    service.clock.advance(seconds=FIRST_ASK_S)
    await start_rounds(service)
    await service.runner().run_due()
    assert schedule_of(service, payments[Provider.STRIPE]) == (service.clock.now, 0)  # not passed over: still due
    assert schedule_of(service, payments[Provider.RAZORPAY])[1] == 1
    waits = {
        row.subject_id: (row.run_at - service.clock.now).total_seconds() for row in jobs_of(service, JobKind.SWEEP_OPEN)
    }
    assert waits[SUBJECTS[Provider.STRIPE]] == BUSY_S
    assert waits[SUBJECTS[Provider.RAZORPAY]] == FIRST_ASK_S
    slow.fault = lambda _question, _subject: None
    service.clock.advance(seconds=BUSY_S)
    await service.runner().run_due()
    assert schedule_of(service, payments[Provider.STRIPE])[1] == 1


async def test_an_abandoned_intent_is_cancelled_at_the_provider_at_the_end_of_its_schedule(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    service.clock.advance(days=CLOSED_AFTER.days, seconds=-1)
    await shop.sweep()
    assert shop.payment(payment)[0] == "REQUIRES_PAYMENT"
    service.clock.advance(days=9)
    await shop.sweep()
    assert shop.books.intents[reference_of(payment)].is_closed
    [row] = service.stored(PaymentRow, id=payment.id)
    assert (row.status, row.failure_code, row.ask_at) == ("CANCELED", "abandoned", None)
    assert service.actions(payment.id).count("payment.canceled") == 1
    answer = await service.confirm(student(), payment)
    assert isinstance(answer, PaymentDeclined)
    assert answer.payment.failure is not None
    assert "Open a new payment" in answer.payment.failure.message
    assert shop.broken() == []


async def test_what_was_paid_at_the_last_moment_is_settled_and_not_cancelled(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    cancel = shop.books.cancel

    async def paid_first(asked: Payment) -> object:
        shop.pay(asked)
        return await cancel(asked)

    shop.books.cancel = paid_first  # type: ignore[method-assign, assignment]
    service.clock.advance(days=CLOSED_AFTER.days)
    await shop.sweep()
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    assert shop.broken() == []


async def test_an_attempt_that_a_bank_has_under_way_is_never_cancelled(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.books.begin(reference_of(payment))
    service.clock.advance(days=CLOSED_AFTER.days)
    await shop.sweep()
    assert shop.payment(payment)[0] == "PROCESSING"
    assert ("cancel", reference_of(payment)) not in shop.books.asked
    assert schedule_of(service, payment)[0] is not None


async def test_a_checkout_that_its_vendor_cannot_close_is_asked_after_rarely_and_for_ever(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    only_by_schedule(shop)
    shop.books.can_cancel = False
    for _ in range(2):
        service.clock.advance(days=2 * RARELY_S / 86_400)
        await shop.sweep()
        due, _asks = schedule_of(service, payment)
        assert due is not None
        assert timedelta(seconds=RARELY_S) <= due - service.clock.now <= timedelta(seconds=RARELY_S * (1 + SPREAD))
    shop.pay(payment)
    service.clock.advance(days=2 * RARELY_S / 86_400)
    await shop.sweep()
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)


async def test_an_ask_that_another_one_overtook_plans_nothing(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    for asks in (0, 0, 5):
        await service.purchases.submit(PlanAsk(payment.id, asks))
    assert schedule_of(service, payment)[1] == 1
    unknown = await service.purchases.submit(PlanAsk(UUID(int=9), 0))
    assert not isinstance(unknown, InvalidInput)


async def test_a_payment_that_the_release_before_opened_gets_its_schedule(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    service.change(PaymentRow, payment.id, ask_at=None)
    assert shop.broken() != []
    await shop.sweep()
    assert schedule_of(service, payment) == (service.clock.now + timedelta(seconds=FIRST_ASK_S), 0)
    assert shop.broken() == []


async def test_disputed_money_is_asked_after_until_the_bank_has_decided(
    service: Service, shop: Shop, course: Course
) -> None:
    """However long that takes, and whatever nobody tells us of it."""
    payment, _purchase = await shop.paid(course)
    dispute = shop.books.dispute(shop.capture(payment))
    await shop.receive(payment)
    assert schedule_of(service, payment)[0] is not None
    only_by_schedule(shop)
    for _ in range(4):
        service.clock.advance(days=30)
        await shop.sweep()
        assert schedule_of(service, payment)[0] is not None
    shop.books.decide(dispute, is_students=True)
    service.clock.advance(days=14)
    await shop.sweep()
    assert shop.payment(payment)[0] == "REFUNDED"
    assert schedule_of(service, payment) == (None, 0)


async def test_a_round_waits_for_the_next_payment_and_not_longer_than_a_new_one_may(
    service: Service, shop: Shop, course: Course
) -> None:
    await start_rounds(service)
    await shop.run_jobs()
    assert round_due_in(service) == FIRST_ASK_S
    service.clock.advance(seconds=FIRST_ASK_S - 20)
    await service.opened(student(), course)
    service.clock.advance(seconds=20)
    await shop.run_jobs()
    assert round_due_in(service) == FIRST_ASK_S - 20


def schedule_of(service: Service, payment: Payment) -> tuple[datetime | None, int]:
    [row] = service.stored(PaymentRow, id=payment.id)
    return row.ask_at, row.asks


def jobs_of(service: Service, kind: JobKind) -> list[Any]:
    return service.stored(JobRow, kind=kind.value)


def only_by_schedule(shop: Shop) -> None:
    """The provider tells of no change by itself."""
    shop.books.fault = lambda question, _: "before" if question == "changes" else None


def round_due_in(service: Service) -> float:
    [job] = jobs_of(service, JobKind.SWEEP_OPEN)
    return float((job.run_at - service.clock.now).total_seconds())


async def start_rounds(service: Service) -> None:
    for round_ in start_sweeps(service.purchases.providers.by_name):
        await service.purchases.submit(round_)


def paced_runner(service: Service, pace: Pace) -> Runner:
    return service.runner(paces={Provider.SANDBOX: pace})
