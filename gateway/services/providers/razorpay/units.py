"""Razorpay's minor units, by its page "Create an Order" (razorpay.com/docs/api/orders/create).

Amounts are of the currency's smallest sub-unit: 295 of JPY are 295. Of three-decimal currencies, "such as KWD, BHD and
OMR", the last digit has to be 0.
"""

from gateway.services.providers.units import Units

RAZORPAY_UNITS = Units("RAZORPAY", in_tens=frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}))
