"""What changed at the provider and nobody told us: heard from its own lists, at a cost that follows the changes."""

from itertools import pairwise

import pytest

from db.job_tables import JobRow, ProviderEventRow
from gateway.services.core.commands.jobs.retries import CancelJob, RetryJob
from gateway.services.core.model.jobs import JobKind
from gateway.services.core.model.values import Course
from gateway.services.jobs.provider_changes import LONGEST_WINDOW
from gateway.services.jobs.sweeps import CHANGES_S, start_sweeps
from gateway.services.providers.base import KnownEvents, WebhookEvent, Window
from tests.service import ADMIN, BASIC, Service, student
from tests.simulation.books import Books
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor
GOOD_WITHIN_S = 90


@pytest.fixture
async def shop(service: Service) -> Shop:
    """Whose rounds go."""
    shop = open_shop(service)
    for round_ in start_sweeps(service.purchases.providers.by_name):
        await service.purchases.submit(round_)
    await shop.run_jobs()
    return shop


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def pass_by(shop: Shop, seconds: int, step_s: int = 5) -> None:
    """So much time, in which the runner does what is due, as it comes to be due."""
    for _ in range(seconds // step_s):
        shop.service.clock.advance(seconds=step_s)
        await shop.run_jobs()


@pytest.mark.parametrize("age_s", [0, 20 * 60], ids=["just opened", "opened twenty minutes ago"])
async def test_a_lost_webhook_of_an_open_payment_is_made_good_within_ninety_seconds(
    service: Service, shop: Shop, course: Course, age_s: int
) -> None:
    payment = await service.opened(student(), course)
    await pass_by(shop, age_s, step_s=300)
    shop.pay(payment)
    await pass_by(shop, GOOD_WITHIN_S)
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)


async def test_a_lost_webhook_of_a_settled_payment_is_made_good_within_ninety_seconds(
    service: Service, shop: Shop, course: Course
) -> None:
    """However long ago it was settled."""
    payment, _purchase = await shop.paid(course)
    await pass_by(shop, 60 * 24 * 3600, step_s=30 * 24 * 3600)
    shop.books.refund_at_dashboard(shop.capture(payment))
    await pass_by(shop, GOOD_WITHIN_S)
    assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE)
    assert shop.purchases() == [("BASIC", "REFUNDED")]


async def test_settled_payments_cost_nothing_while_nothing_changes(
    service: Service, shop: Shop, course: Course
) -> None:
    for number in range(12):
        await shop.paid(course, actor=student(f"student-{number}"))
    await pass_by(shop, 2 * CHANGES_S)
    shop.books.asked.clear()
    await pass_by(shop, 10 * CHANGES_S, step_s=CHANGES_S)
    assert shop.books.asked == [("changes", shop.books.name)] * 10


async def test_a_payment_on_which_much_happened_is_asked_about_once_a_round(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, _purchase = await shop.paid(course)
    await pass_by(shop, 2 * CHANGES_S)
    tell = shop.books.changes

    async def three_times(window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        told = await tell(window, known_events)
        return [
            WebhookEvent(f"{each.event_id}.{time}", each.type, each.references) for each in told for time in range(3)
        ]

    shop.books.changes = three_times  # type: ignore[method-assign]
    shop.books.refund_at_dashboard(shop.capture(payment), 1_000)
    shop.books.asked.clear()
    await pass_by(shop, CHANGES_S, step_s=CHANGES_S)
    assert shop.books.asked.count(("inspect", reference_of(payment))) == 1
    assert shop.payment(payment)[2] == 1_000


async def test_a_capture_that_is_in_our_books_is_no_news(service: Service, shop: Shop, course: Course) -> None:
    payment, _purchase = await shop.paid(course)
    attempt = shop.capture(payment).id
    notices = [
        WebhookEvent("evt_known", "payment_intent.succeeded", (reference_of(payment),), attempt=attempt),
        WebhookEvent("evt_again", "payment_intent.succeeded", (reference_of(payment),), attempt="another attempt"),
    ]
    tell_these(shop.books, notices)
    await pass_by(shop, CHANGES_S, step_s=CHANGES_S)
    assert [row.event_id for row in service.stored(ProviderEventRow)] == ["evt_again"]


async def test_a_webhook_that_came_is_not_heard_a_second_time_from_the_list(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    tell_these(shop.books, [WebhookEvent("evt_1", "payment_intent.succeeded", (reference_of(payment),))])
    await shop.receive(payment, event_id="evt_1")
    await pass_by(shop, 3 * CHANGES_S, step_s=CHANGES_S)
    assert len(service.stored(ProviderEventRow)) == 1
    assert shop.books.asked.count(("inspect", reference_of(payment))) == 1


async def test_a_webhook_that_comes_after_all_is_known_from_the_list(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    tell_these(shop.books, [WebhookEvent("evt_1", "payment_intent.succeeded", (reference_of(payment),))])
    await pass_by(shop, CHANGES_S, step_s=CHANGES_S)
    assert (await shop.store(payment, event_id="evt_1")).is_new is False
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)


async def test_the_cursor_moves_only_over_what_was_told(service: Service, shop: Shop, course: Course) -> None:
    windows: list[Window] = []
    remember(shop.books, windows)
    await pass_by(shop, CHANGES_S, step_s=CHANGES_S)
    shop.books.fault = lambda question, _: "after" if question == "changes" else None
    await pass_by(shop, 10 * CHANGES_S, step_s=CHANGES_S)
    shop.books.fault = lambda _question, _subject: None
    await pass_by(shop, 2 * CHANGES_S, step_s=CHANGES_S)
    told, *failed, caught_up, last = windows
    assert {each.since for each in failed} == {told.until}
    assert (caught_up.since, last.since) == (told.until, caught_up.until)


async def test_after_a_long_time_out_of_service_nothing_in_between_is_left_out(
    service: Service, shop: Shop, course: Course
) -> None:
    windows: list[Window] = []
    remember(shop.books, windows)
    began = service.clock.now
    service.clock.advance(days=40, hours=5)
    await shop.run_jobs()
    assert windows[0].since == began
    assert windows[-1].until == service.clock.now
    assert all(later.since == earlier.until for earlier, later in pairwise(windows))
    assert max(each.until - each.since for each in windows) == LONGEST_WINDOW


async def test_changes_are_followed_from_when_the_rounds_began(service: Service) -> None:
    """What another system sold before there was a gateway is not taken over."""
    shop = open_shop(service)
    windows: list[Window] = []
    remember(shop.books, windows)
    await shop.sweep()
    assert [(each.since, each.until) for each in windows] == [(service.clock.now, service.clock.now)]


async def test_a_round_that_was_called_off_goes_on_where_it_stood_once_it_is_wanted_again(
    service: Service, shop: Shop
) -> None:
    windows: list[Window] = []
    stood_at = service.clock.now
    [job] = service.stored(JobRow, kind=JobKind.SWEEP_SETTLED.value)
    await service.purchases.submit(CancelJob(ADMIN, job.id, "a test"))
    service.clock.advance(hours=3)
    await service.purchases.submit(RetryJob(ADMIN, job.id, "a test"))
    remember(shop.books, windows)
    await shop.run_jobs()
    assert [each.since for each in windows] == [stood_at]


async def test_the_audit_says_that_nobody_sent_it(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    service.clock.advance(seconds=CHANGES_S)
    await shop.run_jobs()
    [job] = service.stored(JobRow, kind=JobKind.WEBHOOK_HANDLE.value)
    assert job.payload == {"isListed": True}


def tell_these(books: Books, notices: list[WebhookEvent]) -> None:
    async def changes(_window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        known = await known_events([each.event_id for each in notices])
        return [each for each in notices if each.event_id not in known]

    books.changes = changes  # type: ignore[method-assign, assignment]


def remember(books: Books, windows: list[Window]) -> None:
    tell = books.changes

    async def changes(window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
        windows.append(window)
        return await tell(window, known_events)

    books.changes = changes  # type: ignore[method-assign]
