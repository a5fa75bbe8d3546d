"""Stripe's own minor units, by its page "Supported currencies" (docs.stripe.com/currencies).

Its sections "Zero-decimal currencies", "Three-decimal currencies" and "Special cases" are what is here: two decimals
unless it says otherwise. Where that is not what ISO 4217 lists:

| currency      | ISO 4217 | Stripe | which says                                                                   |
|---------------|----------|--------|------------------------------------------------------------------------------|
| ISK           | 0        | 2      | zero-decimal since 2023, sent with two decimals: 500 for 5 krónur, no fraction |
| UGX           | 0        | 2      | the same: 500 for 5 shillings, no fraction                                   |
| MGA           | 2        | 0      | zero-decimal: 5 for 5 ariary                                                 |
| BHD … TND     | 3        | 3      | the last digit has to be 0                                                   |
| IQD, LYD      | 3        | –      | not named among the three-decimal currencies                                 |

HUF and TWD are special for payouts alone; amounts charged in them have two decimals on both sides.
"""

from gateway.services.providers.units import Units

STRIPE_UNITS = Units(
    "STRIPE",
    digits={"ISK": 2, "UGX": 2, "MGA": 0},
    in_tens=frozenset({"BHD", "JOD", "KWD", "OMR", "TND"}),
    unlisted=frozenset({"IQD", "LYD"}),
)
