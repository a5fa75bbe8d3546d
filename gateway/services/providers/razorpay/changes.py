"""What changed at Razorpay in a time, though it keeps no list of events.

What is new stands in the lists of what it has, which go by when a thing was made, and not by when it changed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.services.providers.base import KnownEvents, WebhookEvent, Window
from gateway.services.providers.razorpay.api import Dispute, Listed, RazorpayApi, RefundEntity, Refused
from gateway.services.providers.rights import Right

LATE = timedelta(hours=1)
"""How much later than it was begun a payment is still looked for: a bank's page is open for some minutes."""

VERY_LATE = timedelta(days=6)
"""Razorpay asks a bank for five days after a payment that it did not hear of, and may capture it then. Once a day
everything of so many days is looked through, and what is in our books already costs no call of its own. What is open
longer, as a dispute is, is asked after by its payment's own schedule."""


async def changes_of(api: RazorpayApi, right: Right, window: Window, known_events: KnownEvents) -> list[WebhookEvent]:
    """Each capture, and each refund and dispute, once for each state that it is found in.

    Args:
        right: that to read disputes.
    """
    since, until = _reach(window), int(window.until.timestamp())
    captures = [each for each in await api.listed("payments", Listed, since, until) if each.is_captured]
    refunds = await api.listed("refunds", RefundEntity, since, until)
    disputes = await _disputes(api, right, since, until)
    known = await known_events([*map(_name, captures), *map(_name, refunds), *map(_name, disputes)])
    told = [
        WebhookEvent(_name(each), "payment.captured", (each.order_id,), attempt=each.id)
        for each in captures
        if each.order_id and _name(each) not in known
    ]
    for kind, things in (("refund", refunds), ("dispute", disputes)):
        for each in things:
            if _name(each) not in known:
                told.append(WebhookEvent(_name(each), f"{kind}.{each.status}", await _order_of(api, each.payment_id)))
    return told


def _reach(window: Window) -> int:
    """From when on; further back once a day, as the day turns."""
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


def _name(thing: Listed | RefundEntity | Dispute) -> str:
    """Of a thing as it is now: it is another one when its state is another."""
    return f"{thing.id}.{'captured' if isinstance(thing, Listed) else thing.status}"
