"""What a provider's webhook comes to: the end follows from what happened, not from when it was heard, or how often."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import permutations

import pytest
from structlog.testing import capture_logs

from db.job_tables import ProviderEventRow
from db.tables import PaymentRow, PurchaseRow
from gateway.services.core.commands.provider_events import StoreEvent
from gateway.services.core.model.job_outcomes import EventStored
from gateway.services.core.model.outcomes import Confirmed, PaymentDeclined, PaymentPending, Unfulfillable
from gateway.services.core.model.values import Course, Money, Payment
from gateway.services.core.model.verdicts import ProviderRecord
from gateway.services.providers.metadata import of_payment
from tests.service import ADMIN, BASIC, Service, student
from tests.simulation.books import Books
from tests.simulation.shop import Shop, open_shop, reference_of

pytestmark = pytest.mark.anyio

PRICE = BASIC.price.amount_minor

STORIES = [
    story
    for story in permutations("123abc")
    if [step for step in story if step.isdigit()] == ["1", "2", "3"]
    and all(story.index(happened) < story.index(told) for happened, told in zip("123", "abc", strict=True))
]
"""A capture, a refund of a part, and one of the rest, in this order; the event of each comes at any time after it."""


@pytest.fixture
def shop(service: Service) -> Shop:
    return open_shop(service)


@pytest.fixture
async def course(service: Service) -> Course:
    return await service.save_course()


async def test_an_event_that_comes_again_is_stored_once_and_handled_once(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    assert [(await shop.store(payment, event_id="evt")).is_new for _ in range(2)] == [True, False]
    await shop.run_jobs()
    before = service.everything()
    assert not (await shop.store(payment, event_id="evt")).is_new
    assert await shop.run_jobs() == 0
    assert service.everything() == before
    assert shop.purchases() == [("BASIC", "ACTIVE")]


async def test_copies_of_an_event_at_one_instant_are_one(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    copies = [StoreEvent(shop.event(payment, event_id="evt")) for _ in range(5)]
    outcomes = await service.together(*copies)
    assert [each.is_new for each in outcomes if isinstance(each, EventStored)] == [True, *[False] * 4]
    assert (service.count("provider_event"), service.count("job")) == (1, 1)


async def test_a_settled_payment_is_told_of_again_and_nothing_but_the_event_changes(
    service: Service, shop: Shop, course: Course
) -> None:
    payment, purchase = await shop.paid(course)
    before = service.everything()
    await shop.receive(payment)
    assert unheard(service.everything()) == unheard(before)
    assert [row.state for row in service.stored(ProviderEventRow)] == ["HANDLED"]
    again = await service.confirm(student(), payment)
    assert isinstance(again, Confirmed)
    assert (again.purchase.id, again.already_processed) == (purchase.id, True)


async def test_a_confirmation_after_the_webhook_finds_its_purchase(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    await shop.receive(payment)
    outcome = await service.confirm(student(), payment)
    assert isinstance(outcome, Confirmed)
    assert outcome.already_processed
    assert service.actions(outcome.purchase.id) == ["purchase.created"]


async def test_however_late_each_part_of_a_story_is_heard_of_the_end_is_the_same(
    service: Service, shop: Shop, course: Course
) -> None:
    for number, story in enumerate(STORIES):
        actor = student(f"student-{number}")
        payment = await service.opened(actor, course)
        for step in story:
            match step:
                case "1":
                    shop.pay(payment)
                case "2":
                    shop.books.refund_at_dashboard(shop.capture(payment), 100_000)
                case "3":
                    shop.books.refund_at_dashboard(shop.capture(payment))
                case told:
                    await shop.receive(payment, event_id=f"evt_{told}_{number}")
        assert shop.payment(payment) == ("REFUNDED", "FULFILLED", PRICE), story
        assert sorted(shop.refunds(payment.id)) == [(99_900, "SUCCEEDED"), (100_000, "SUCCEEDED")], story
    assert shop.purchases() == [("BASIC", "REFUNDED")] * len(STORIES)
    assert (shop.agrees(), shop.broken()) == (True, [])


async def test_a_refund_that_is_heard_of_before_the_success_ends_as_after_it(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.books.refund_at_dashboard(shop.pay(payment))
    await shop.receive(payment)
    assert (shop.payment(payment)[0], shop.purchases()) == ("REFUNDED", [("BASIC", "REFUNDED")])
    [purchase] = service.stored(PurchaseRow)
    assert service.actions(purchase.id) == ["purchase.created", "purchase.refunded"]
    assert shop.broken() == []


async def test_one_event_may_speak_of_many_payments(service: Service, shop: Shop, course: Course) -> None:
    payments = [await service.opened(student(name), course) for name in ("student-1", "student-2")]
    for payment in payments:
        shop.pay(payment)
    await shop.receive(*payments)
    assert shop.purchases() == [("BASIC", "ACTIVE")] * 2


async def test_an_event_that_speaks_of_no_payment_is_kept_and_leads_to_nothing(service: Service, shop: Shop) -> None:
    outcome = await shop.store()
    assert (outcome.event.state, service.count("job")) == ("IGNORED", 0)


async def test_a_failure_heard_after_another_attempt_succeeded_changes_nothing(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.books.decline(reference_of(payment))
    assert isinstance(await service.confirm(student(), payment), PaymentDeclined)
    shop.pay(payment)
    await service.confirm(student(), payment)
    before = service.everything()
    await shop.receive(payment)
    assert unheard(service.everything()) == unheard(before)
    assert (shop.payment(payment)[0], shop.purchases()) == ("SUCCEEDED", [("BASIC", "ACTIVE")])


async def test_an_event_of_an_older_attempt_leaves_the_one_under_way(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.books.decline(reference_of(payment))
    second = shop.books.begin(reference_of(payment))
    assert isinstance(await service.confirm(student(), payment), PaymentPending)
    await shop.receive(payment)
    [row] = service.stored(PaymentRow)
    assert (row.status, row.attempt, row.failure_code) == ("PROCESSING", second.id, None)
    shop.books.pay(reference_of(payment), second)
    await shop.receive(payment)
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "ACTIVE")], [])


async def test_a_decline_that_arrives_late_leaves_the_attempt_that_began_meanwhile(
    service: Service, course: Course
) -> None:
    books = Interrupted()
    shop = open_shop(service, books)
    payment = await service.opened(student(), course)
    shop.books.decline(reference_of(payment))

    async def try_again() -> None:
        shop.books.begin(reference_of(payment))
        assert isinstance(await service.confirm(student(), payment), PaymentPending)

    books.meanwhile.append(try_again)
    await shop.receive(payment)
    [row] = service.stored(PaymentRow)
    assert (row.status, row.attempt) == ("PROCESSING", books.intents[reference_of(payment)].attempts[1].id)
    assert shop.broken() == []


@pytest.mark.parametrize("ends", ["declined", "under way", "unpaid"])
async def test_an_answer_from_before_the_capture_changes_nothing_when_it_arrives_after_it(
    service: Service, course: Course, ends: str
) -> None:
    books = Interrupted()
    shop = open_shop(service, books)
    payment = await service.opened(student(), course)
    if ends == "declined":
        books.decline(reference_of(payment))
    attempt = books.begin(reference_of(payment)) if ends == "under way" else None

    async def pay() -> None:
        books.pay(reference_of(payment), attempt)
        assert isinstance(await service.confirm(student(), payment), Confirmed)

    books.meanwhile.append(pay)
    await shop.receive(payment)
    assert shop.payment(payment) == ("SUCCEEDED", "FULFILLED", 0)
    assert (shop.purchases(), shop.broken()) == ([("BASIC", "ACTIVE")], [])


async def test_a_webhook_while_the_student_confirms_leads_to_one_purchase(service: Service, course: Course) -> None:
    books = Interrupted()
    shop = open_shop(service, books)
    payment = await service.opened(student(), course)
    shop.pay(payment)

    async def confirm() -> None:
        outcome = await service.confirm(student(), payment)
        assert isinstance(outcome, Confirmed)
        assert not outcome.already_processed

    books.meanwhile.append(confirm)
    await shop.receive(payment)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
    [purchase] = service.stored(PurchaseRow)
    assert (purchase.created_by_id, service.actions(purchase.id)) == ("student-1", ["purchase.created"])


async def test_many_doors_at_once_lead_to_one_purchase(service: Service, shop: Shop, course: Course) -> None:
    payment = await service.opened(student(), course)
    shop.pay(payment)
    for _ in range(3):
        await shop.store(payment)
    confirmed = [service.confirm(actor, payment) for actor in (student(), ADMIN)]
    outcomes = await asyncio.gather(*confirmed, shop.run_jobs())
    fresh = [each for each in outcomes if isinstance(each, Confirmed) and not each.already_processed]
    assert (len(fresh) <= 1, shop.purchases(), shop.broken()) == (True, [("BASIC", "ACTIVE")], [])


async def test_a_capture_that_is_not_what_was_opened_is_refunded_by_its_webhook_alone(
    service: Service, shop: Shop, course: Course
) -> None:
    payment = await service.opened(student(), course)
    shop.books.pay(reference_of(payment), amount=Money(PRICE, "USD"))
    await shop.receive(payment)
    assert shop.payment(payment) == ("REFUNDED", "UNFULFILLABLE", PRICE)
    assert service.stored(PaymentRow)[0].failure_code == "payment_mismatch"
    assert isinstance(await service.confirm(student(), payment), Unfulfillable)
    assert (shop.purchases(), shop.agrees(), shop.broken()) == ([], True, [])


@dataclass
class Interrupted(Books):
    """Books whose answer is on its way for so long that other things happen before it arrives."""

    meanwhile: list[Callable[[], Awaitable[object]]] = field(default_factory=list)

    async def inspect(self, payment: Payment) -> ProviderRecord:
        provider_record = await super().inspect(payment)
        if self.meanwhile:
            await self.meanwhile.pop()()
        return provider_record


def unheard(everything: dict[str, list[str]]) -> dict[str, list[str]]:
    """All rows but those of webhooks and their jobs."""
    return {table: rows for table, rows in everything.items() if table not in ("provider_event", "job", "change")}


async def test_money_on_a_second_intent_of_a_payment_is_not_passed_over(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(), await service.save_course())
    mark = await service.purchases.providers.installation()
    other = shop.books.book(BASIC.price, of_payment(payment, mark), "pi_second")
    shop.books.pay(other.reference)
    with capture_logs():
        await shop.receive(other.reference)
    [event] = service.stored(ProviderEventRow)
    assert (event.state, service.count("payment", "captured_minor IS NOT NULL")) != ("HANDLED", 0)


async def test_an_unknown_intent_holds_up_no_other_payment_of_its_event(service: Service, shop: Shop) -> None:
    payment = await service.opened(student(), await service.save_course())
    shop.pay(payment)
    with capture_logs():
        await shop.receive("pi_unknown", payment)
    assert shop.purchases() == [("BASIC", "ACTIVE")]
