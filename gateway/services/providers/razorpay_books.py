"""What became of the money that an order took, by Razorpay's books: refunds, and further captures."""

from collections.abc import Sequence
from dataclasses import replace

from gateway.services.core.verdicts import Captured, ExtraCapture, Truth
from gateway.services.providers.razorpay_api import Attempt, RazorpayApi
from gateway.services.providers.razorpay_words import fact, money


async def truth_of(api: RazorpayApi, main: Captured, captured: Sequence[Attempt]) -> Truth:
    """All of an order whose money was captured.

    Args:
        main: the capture that paid it, with what the order's notes say it is for.
        captured: every attempt that was captured, the main one too, the oldest first.
    """
    refunds = {each.id: await api.refunds(each.id) for each in captured}
    facts = {each.id: tuple(fact(given) for given in refunds[each.id]) for each in captured}
    extra = (
        ExtraCapture(replace(main, attempt=each.id, amount=money(each)), facts[each.id])
        for each in captured
        if each.id != main.attempt
    )
    return Truth(main, facts[main.attempt], tuple(extra))
