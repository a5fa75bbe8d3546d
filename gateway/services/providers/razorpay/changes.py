"""What changed at Razorpay in a span of time, though it keeps no list of events.

Its lists of payments, refunds and disputes go by when a record was created, not by when it changed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.services.providers.base import KnownEvents, WebhookEvent, Window
from gateway.services.providers.razorpay.api import Dispute, Listed, RazorpayApi, RefundEntity, Refused
from gateway.services.providers.rights import Right

LATE = timedelta(hours=1)
"""How long after its creation a payment is still looked for: a bank's page is open for some minutes."""

VERY_LATE = timedelta(days=6)
"""Razorpay asks a bank for five days about a payment that was not answered, and may capture it then. Once a day the
last six days are read again; what is in our books already costs no call of its own. What takes longer, as a dispute
does, is found by its payment's own schedule."""


async def changes_of(api: RazorpayApi, right: Right, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
    """Each capture, and each refund and dispute, once for each state that it is found in.

    Args:
        right: whether disputes may be read.
    """
    since, until = _reach(window), int(window.until.timestamp())
    captures = [each for each in await api.listed("payments", Listed, since, until) if each.is_captured]
    refunds = await api.listed("refunds", RefundEntity, since, until)
    disputes = await _disputes(api, right, since, until)
    known_ids = await known_events([*map(_event_id, captures), *map(_event_id, refunds), *map(_event_id, disputes)])
    events = [
        WebhookEvent(_event_id(each), "payment.captured", (each.order_id,), attempt=each.id)
        for each in captures
        if each.order_id and _event_id(each) not in known_ids
    ]
    for kind, things in (("refund", refunds), ("dispute", disputes)):
        for each in things:
            if _event_id(each) not in known_ids:
                events.append(
                    WebhookEvent(_event_id(each), f"{kind}.{each.status}", await _order_of(api, each.payment_id))
                )
    return events


def _reach(window: Window) -> int:
    """From when on, in Unix seconds; further back once a day, when the date changes."""
    is_new_day = window.since.date() != window.until.date()
    since: datetime = window.since - (VERY_LATE if is_new_day else LATE)
    return int(since.timestamp())


async def _disputes(api: RazorpayApi, right: Right, since: int, until: int) -> Sequence[Dispute]:
    """None where the key may not read them."""
    try:
        disputes = await api.listed("disputes", Dispute, since, until)
    except Refused as refused:
        right.missed(str(refused))
        return []
    right.held()
    return disputes


async def _order_of(api: RazorpayApi, payment_id: str) -> tuple[str, ...]:
    """The order that a payment was for; not every payment has one."""
    try:
        order_id = (await api.payment(payment_id)).order_id
    except Refused:
        return ()
    return (order_id,) if order_id else ()


def _event_id(thing: Listed | RefundEntity | Dispute) -> str:
    """An id for a record in its present state: in another state it has another id."""
    return f"{thing.id}.{'captured' if isinstance(thing, Listed) else thing.status}"
