"""What Razorpay's lists tell of what changed, though it keeps no list of events."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway.services.core.model.values import Payment
from gateway.services.core.model.verdicts import RefundSucceeded
from gateway.services.providers.base import PaymentProvider, ProviderBusy, ProviderUnavailable, WebhookEvent, Window
from gateway.services.providers.razorpay.changes import LATE, VERY_LATE
from gateway.services.providers.razorpay.provider import Razorpay
from tests.services.providers.razorpay.case import order_of, refund_of
from tests.services.providers.razorpay.fake import FakeRazorpay

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LISTS = ["GET /v1/payments", "GET /v1/refunds", "GET /v1/disputes"]


def at(moment: datetime) -> dict[str, Any]:
    return {"created_at": int(moment.timestamp())}


async def changes(razorpay: Razorpay, until: datetime = NOON, known: set[str] | None = None) -> list[WebhookEvent]:
    async def heard(event_ids: Collection[str]) -> set[str]:
        return (known or set()) & set(event_ids)

    return await razorpay.changes(Window(until - MINUTE, until, until), heard)


async def test_a_capture_a_refund_and_a_dispute_are_each_told_of_their_order(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    order, attempt = order_of(opened), fake.pay(order_of(opened), **at(NOON - MINUTE))
    refund = fake.give_back(attempt, 100, **at(NOON))
    dispute = fake.dispute(attempt, "under_review", **at(NOON))
    told = await changes(razorpay)
    assert [(each.event_id, each.references, each.attempt) for each in told] == [
        (f"{attempt}.captured", (order,), attempt),
        (f"{refund}.processed", (order,), None),
        (f"{dispute}.under_review", (order,), None),
    ]


async def test_while_nothing_changes_it_is_three_calls(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened), **at(NOON))
    fake.give_back(attempt, 100, **at(NOON))
    known = {each.event_id for each in await changes(razorpay)}
    fake.calls.clear()
    assert await changes(razorpay, known=known) == []
    assert fake.calls == LISTS


async def test_a_state_that_changed_is_news_again(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    attempt = fake.pay(order_of(opened), **at(NOON))
    refund = fake.give_back(attempt, 100, status="pending", **at(NOON))
    known = {each.event_id for each in await changes(razorpay)}
    fake.refunds[refund]["status"] = "failed"
    assert [each.event_id for each in await changes(razorpay, known=known)] == [f"{refund}.failed"]


async def test_what_is_older_is_told_once_a_day_and_what_took_its_time_at_once(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    slow = fake.pay(order_of(opened), **at(NOON - LATE))
    very_slow = fake.pay(order_of(opened), **at(NOON - LATE - 2 * MINUTE))
    assert [each.attempt for each in await changes(razorpay)] == [slow]
    midnight = datetime(2026, 11, 24, tzinfo=UTC)
    assert {each.attempt for each in await changes(razorpay, midnight)} == {slow, very_slow}
    assert await changes(razorpay, midnight + VERY_LATE) == []


async def test_what_took_no_money_and_what_is_for_no_order_leads_to_nothing(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    fake.pay(order_of(opened), "failed", **at(NOON))
    fake.pay(order_of(opened), "authorized", **at(NOON))
    loose = fake.pay(order_of(opened), **at(NOON))
    fake.payments[loose]["order_id"] = None
    refund = fake.give_back(loose, 100, **at(NOON))
    [told] = await changes(razorpay)
    assert (told.event_id, told.references) == (f"{refund}.processed", ())


async def test_lists_are_read_page_by_page(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    for _ in range(250):
        fake.pay(order_of(opened), **at(NOON))
    assert len(await changes(razorpay)) == 250
    assert fake.calls.count("GET /v1/payments") == 3


async def test_a_key_that_may_not_read_disputes_is_told_the_rest(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    fake.pay(order_of(opened), **at(NOON))
    fake.fail("403", "/v1/disputes")
    assert len(await changes(razorpay)) == 1


@pytest.mark.parametrize(("fault", "is_busy"), [("429", True), ("500", False)])
async def test_too_many_requests_are_told_from_other_outages(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment, fault: str, is_busy: bool
) -> None:
    fake.fail(fault)
    with pytest.raises(ProviderUnavailable) as away:
        await razorpay.inspect(opened)
    assert isinstance(away.value, ProviderBusy) is is_busy


async def test_razorpay_cannot_close_an_order(fake: FakeRazorpay, razorpay: Razorpay, opened: Payment) -> None:
    provider: PaymentProvider = razorpay
    fake.calls.clear()
    assert await provider.cancel(opened) is None
    assert fake.calls == []


async def test_a_refund_that_is_on_its_way_is_not_final(
    fake: FakeRazorpay, razorpay: Razorpay, opened: Payment
) -> None:
    paid = replace(opened, attempt=fake.pay(order_of(opened)))
    for status, is_final in (("processed", True), ("pending", False)):
        await razorpay.refund(paid, refund_of())
        [made] = fake.refunds.values()
        made["status"] = status
        result = await razorpay.refund(paid, refund_of())
        assert result == RefundSucceeded(str(made["id"]), is_final)
