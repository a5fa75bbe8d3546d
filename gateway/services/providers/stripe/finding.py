"""The intent that a Stripe event is about, found by the id that it names: of an intent, a charge, a refund."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import stripe

from gateway.services.providers.base import FoundIntent
from gateway.services.providers.stripe.units import STRIPE_UNITS

Retrieve = Callable[[str, Any], Awaitable[stripe.StripeObject]]

IN_FULL = "payment_intent"


class Finder:
    """Finds the intent of a reference to any of Stripe's objects, by one call."""

    def __init__(self, v1: stripe.V1Services) -> None:
        self._of_intent: Retrieve = v1.payment_intents.retrieve_async
        self._of_others: Mapping[str, Retrieve] = {
            "ch": v1.charges.retrieve_async,
            "py": v1.charges.retrieve_async,  # a charge that is not a card's
            "re": v1.refunds.retrieve_async,
            "pyr": v1.refunds.retrieve_async,
            "du": v1.disputes.retrieve_async,
            "dp": v1.disputes.retrieve_async,
            "cs": v1.checkout.sessions.retrieve_async,
        }

    async def find(self, reference: str) -> FoundIntent | None:
        """The intent; None where Stripe has no such thing, or one that no intent belongs to."""
        prefix = reference.partition("_")[0]
        ask = self._of_others.get(prefix)
        try:
            if ask is None:
                return _found((await self._of_intent(reference, {})).to_dict(), {})
            thing = (await ask(reference, {"expand": [IN_FULL]})).to_dict()
        except stripe.InvalidRequestError as error:
            if error.http_status == 404:
                return None
            raise
        intent = thing.get(IN_FULL)
        # A checkout session keeps its metadata to itself, unless whoever opened it gave the intent some as well.
        beside = thing.get("metadata") if prefix == "cs" else None
        return _found(intent, beside or {}) if isinstance(intent, Mapping) else None


def _found(intent: Mapping[str, Any], beside: Mapping[str, str]) -> FoundIntent:
    metadata = {**beside, **(intent.get("metadata") or {})}
    return FoundIntent(
        intent["id"],
        STRIPE_UNITS.read(intent["amount"], intent["currency"].upper()),
        metadata,
        intent["status"] == "succeeded",
    )
