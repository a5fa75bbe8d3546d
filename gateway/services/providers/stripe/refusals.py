"""What Stripe means when it will not open a payment intent.

Either it does not take the price, or an operator has something to correct: by its page "Error codes"
(docs.stripe.com/error-codes).
"""

import re

import stripe

from gateway.services.providers.base import PriceRefused

OF_PRICES = frozenset({"amount", "currency"})
"""The parameters of an intent that the price decides."""

CURABLE = re.compile(
    r"account|activat|api.?key|authenticat|country_unsupported|idempotency|livemode|lock_timeout|permission|platform"
    r"|rate.?limit|request_timeout|secret|testmode|tls|upgrade",
    re.IGNORECASE,
)
"""What an operator, or time, puts right, by the words of codes and messages: keys, an account that is not activated
yet, or no payment method activated for the currency. The same intent may be opened then."""


def refusal_of(error: stripe.StripeError) -> PriceRefused | None:
    """The refusal, where the same intent will never be opened; None where it may be, later."""
    if not isinstance(error, stripe.InvalidRequestError | stripe.CardError) or error.http_status == 404:
        return None
    reason = error.user_message or "Stripe gave no reason."
    is_of_price = getattr(error, "param", None) in OF_PRICES or (error.code or "").startswith("amount_too_")
    if not is_of_price and CURABLE.search(f"{error.code} {reason}"):
        return None
    return PriceRefused(f"{reason} ({error.code})" if error.code else reason)
