"""What Stripe says has changed, and checkouts that are closed there."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.services.core.model.verdicts import AwaitingPayment, Canceled, Captured, Processing
from gateway.services.providers.base import ProviderBusy, ProviderUnavailable, WebhookEvent, Window
from gateway.services.providers.stripe.changes import KEPT, LATE, TYPES
from gateway.services.providers.stripe.provider import Stripe
from tests.services.providers.stripe.fake import FakeStripe, Fault, event
from tests.services.providers.stripe.test_provider import opened

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def window(since: datetime = NOW - MINUTE, until: datetime = NOW) -> Window:
    return Window(since, until, NOW)


async def changes(provider: Stripe, which: Window | None = None, known: set[str] | None = None) -> list[WebhookEvent]:
    async def heard(_event_ids: object) -> set[str]:
        return known or set()

    return await provider.changes(which or window(), heard)


def test_stripe_takes_no_more_types_than_are_asked_for() -> None:
    assert len(TYPES) <= 20


async def test_events_of_that_time_are_told_the_oldest_first_by_the_ids_of_their_webhooks(
    provider: Stripe, books: FakeStripe
) -> None:
    await opened(provider)
    books.tell(event("payment_intent.succeeded", books.pay("pi_1"), "evt_1"), NOW - MINUTE)
    books.tell(event("refund.created", books.give_back("pi_1"), "evt_2"), NOW)
    told = await changes(provider)
    assert [(each.event_id, each.references, each.attempt) for each in told] == [
        ("evt_1", ("pi_1",), "ch_1"),
        ("evt_2", ("pi_1",), None),
    ]
    assert books.asked.count("GET events") == 1
    assert [each.event_id for each in await changes(provider, known={"evt_1"})] == ["evt_2"]


async def test_events_that_appear_late_are_told_and_older_and_other_ones_are_not(
    provider: Stripe, books: FakeStripe
) -> None:
    await opened(provider)
    paid = books.pay("pi_1")
    since = NOW - MINUTE
    books.tell(event("payment_intent.succeeded", paid, "evt_old"), since - LATE - timedelta(seconds=1))
    books.tell(event("payment_intent.succeeded", paid, "evt_late"), since - LATE)
    books.tell(event("payment_intent.created", paid, "evt_other"), NOW)
    books.tell(event("payment_intent.succeeded", paid, "evt_next"), NOW + timedelta(seconds=1))
    assert [each.event_id for each in await changes(provider)] == ["evt_late"]


async def test_a_list_of_several_pages_is_read_to_its_end(provider: Stripe, books: FakeStripe) -> None:
    await opened(provider)
    for number in range(205):
        books.tell(event("payment_intent.succeeded", books.intents["pi_1"], f"evt_{number}"), NOW)
    told = await changes(provider)
    assert [each.event_id for each in told] == [f"evt_{number}" for number in range(205)]
    assert books.asked.count("GET events") == 3


async def test_what_stripe_keeps_no_events_of_any_more_is_told_from_its_books(
    provider: Stripe, books: FakeStripe
) -> None:
    """As after a time out of service that was longer."""
    until = NOW - KEPT
    for number in (1, 2):
        await opened(provider)
        books.change(f"pi_{number}", created=int((until - MINUTE).timestamp()))
    books.pay("pi_1")
    books.give_back("pi_1", created=int(until.timestamp()))
    books.dispute("pi_1", created=int(until.timestamp()))
    told = await changes(provider, window(until - timedelta(days=1), until))
    assert [(each.event_id, each.references) for each in told] == [
        ("pi_1.succeeded", ("pi_1",)),
        ("re_1.succeeded", ("pi_1",)),
        ("du_1.needs_response", ("pi_1",)),
    ]
    assert "GET events" not in books.asked


async def test_a_key_that_may_not_read_events_is_told_what_came_to_be(provider: Stripe, books: FakeStripe) -> None:
    await opened(provider)
    books.change("pi_1", created=int(NOW.timestamp()))
    books.pay("pi_1")
    books.unreadable = {"events", "disputes"}
    assert [each.event_id for each in await changes(provider)] == ["pi_1.succeeded"]


async def test_an_event_that_cannot_be_read_holds_up_no_other(provider: Stripe, books: FakeStripe) -> None:
    await opened(provider)
    books.tell(event("payment_intent.succeeded", books.pay("pi_1"), "evt_1"), NOW)
    books.events.append(books.events[0] | {"id": ""})
    assert "evt_1" in [each.event_id for each in await changes(provider)]


@pytest.mark.parametrize("status", ["requires_payment_method", "requires_confirmation", "requires_action"])
async def test_a_checkout_that_waits_for_the_student_is_closed(
    provider: Stripe, books: FakeStripe, status: str
) -> None:
    taken = await opened(provider)
    books.change("pi_1", status=status)
    assert await provider.cancel(taken) == Canceled()
    assert books.intents["pi_1"]["cancellation_reason"] == "abandoned"
    assert await provider.cancel(taken) == Canceled()


async def test_a_checkout_that_took_money_is_not_closed(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    assert isinstance(await provider.cancel(taken), Captured)
    books.change("pi_1", status="processing")
    assert await provider.cancel(taken) == Processing("ch_1", 10)


async def test_an_outage_leaves_it_open(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.faults = ["500"]
    with pytest.raises(ProviderUnavailable):
        await provider.cancel(taken)
    assert await provider.settle(taken, None) == AwaitingPayment()


async def test_too_many_requests_are_told_from_other_outages(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.faults = ["429"]
    with pytest.raises(ProviderBusy) as busy:
        await provider.inspect(taken)
    assert busy.value.retry_after_s == 7
    others: list[Fault | None] = ["lock_timeout", "500"]
    for fault in others:
        books.faults = [fault]
        with pytest.raises(ProviderUnavailable) as away:
            await provider.inspect(taken)
        assert not isinstance(away.value, ProviderBusy)


async def test_a_refund_that_is_not_there_yet_is_not_final(provider: Stripe, books: FakeStripe) -> None:
    taken = await opened(provider)
    books.pay("pi_1")
    pending = books.give_back("pi_1", 100, status="pending")
    provider_record = await provider.inspect(taken)
    assert provider_record.is_pending
    pending["status"] = "succeeded"
    assert not (await provider.inspect(taken)).is_pending
