"""What changed at Stripe in a span of time: by its events, or, where those cannot be had, by what was created."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import stripe
import structlog

from gateway.services.providers.base import BadSignature, WebhookEvent, Window
from gateway.services.providers.rights import Right
from gateway.services.providers.stripe.webhooks import webhook_event_of

log = structlog.get_logger(__name__)

PAGE_SIZE = 100

TYPES = (
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "charge.refunded",
    "charge.refund.updated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
)
"""Events that move money, or say that none will come. Stripe takes up to 20 names."""

LATE = timedelta(minutes=5)
"""How much later than its time an event may appear in the list. Times are whole seconds, and appear in no order."""

KEPT = timedelta(days=29)
"""Stripe keeps events for 30 days, and everything else for ever."""

List = Callable[[Any], Awaitable[stripe.ListObject[Any]]]


async def changes_of(client: stripe.StripeClient, right: Right, window: Window) -> list[WebhookEvent]:
    """The changes, the oldest first. Where there are no events, because they are too old or the key may not read them,
    it is what was created in that time; changes of older records are found by their payments' schedules.

    Args:
        right: whether events may be read.
    """
    v1 = client.v1
    if window.until > window.now - KEPT:
        try:
            events = [event async for event in _events(v1.events.list_async, window)]
        except stripe.PermissionError as error:
            right.missed(f"refused with {error.http_status}, {error.request_id}")
        else:
            right.held()
            return events[::-1]
    lists = (v1.payment_intents.list_async, v1.refunds.list_async, v1.disputes.list_async)
    return [event for each in lists for event in await _created(each, window)]


async def _events(list_page: List, window: Window) -> AsyncIterator[WebhookEvent]:
    async for event in _all(list_page, window.since - LATE, window.until, {"types": list(TYPES)}):
        try:
            yield webhook_event_of(event)
        except BadSignature as error:  # one that cannot be read does not hide the others
            log.warning("an event in Stripe's list cannot be read", event_id=str(event.get("id")), error=str(error))


async def _created(list_page: List, window: Window) -> list[WebhookEvent]:
    """The records of a list, as events would bring them; none where the key may not read the list."""
    try:
        listed = [each async for each in _all(list_page, window.since - LATE, window.until, {})]
    except stripe.PermissionError:
        return []
    return [_webhook_event(each) for each in reversed(listed) if _is_news(each)]


async def _all(list_page: List, since: datetime, until: datetime, wanted: Mapping[str, Any]) -> AsyncIterator[Any]:
    """The records of that time, page by page, the newest first."""
    created = {"gte": int(since.timestamp()), "lte": int(until.timestamp())}
    last: dict[str, str] = {}
    while True:
        page = await list_page({**wanted, "created": created, "limit": PAGE_SIZE, **last})
        for each in page.data:
            yield each.to_dict()
        if not page.has_more or not page.data:
            return
        last = {"starting_after": page.data[-1].id}


def _is_news(thing: Mapping[str, Any]) -> bool:
    """An intent that nobody has paid is no news."""
    return bool(thing["object"] != "payment_intent" or thing["status"] == "succeeded")


def _webhook_event(thing: Mapping[str, Any]) -> WebhookEvent:
    """A record as an event of its own: once for each state that it is found in."""
    kind, status = thing["object"], thing["status"]
    return webhook_event_of({"id": f"{thing['id']}.{status}", "type": f"{kind}.{status}", "data": {"object": thing}})
