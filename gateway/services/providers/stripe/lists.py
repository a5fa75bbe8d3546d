"""The refunds and disputes of a payment intent at Stripe, read page by page to the end."""

from collections.abc import Awaitable, Callable
from typing import Any

import stripe

PAGE_SIZE, MOST_PAGES = 100, 10
"""No real payment has more than this; to return a part of them as all would be wrong."""


async def all_of(list_page: Callable[[Any], Awaitable[stripe.ListObject[Any]]], reference: str) -> list[dict[str, Any]]:
    """All refunds, or all disputes, of an intent, the newest first.

    Args:
        list_page: the library's own call that lists them.
    """
    found: list[dict[str, Any]] = []
    for _ in range(MOST_PAGES):
        wanted = {"payment_intent": reference, "limit": PAGE_SIZE}
        if found:
            wanted["starting_after"] = found[-1]["id"]
        page = await list_page(wanted)
        found += (each.to_dict() for each in page.data)
        if not page.has_more:
            return found
    raise RuntimeError(f"{reference} has more than {len(found)} of them")
