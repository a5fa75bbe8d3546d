"""Which prices Stripe takes, and how it refuses the others, by its pages "Supported currencies" and "Error codes"."""

from typing import Any

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
ZERO_IN_HUNDREDTHS = frozenset({"isk", "ugx"})
THREE_DECIMAL = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
NOT_TAKEN = frozenset({"iqd", "lyd", "kpw", "syp", "irr", "cup"})
LEAST, MOST = 50, 99_999_999
"""Of most currencies: what 50 US cents are in them, and eight digits."""


def refusal(form: dict[str, Any]) -> dict[str, object] | None:
    """The error of an intent that is not opened; None where it is."""
    amount, currency = str(form["amount"]), str(form["currency"])
    if currency in NOT_TAKEN or not (currency.isascii() and currency.isalpha() and len(currency) == 3):
        said = f"Invalid currency: {currency}. Stripe currently supports these currencies: usd, aed, afn, …"
        return _error("currency", said)
    if not amount.isdigit():
        return _error("amount", f"Invalid integer: {amount}", "parameter_invalid_integer")
    least = 1 if currency in ZERO_DECIMAL else LEAST
    if int(amount) < least:
        return _error("amount", "Amount must convert to at least 50 cents.", "amount_too_small")
    if int(amount) > MOST:
        return _error("amount", f"Amount must be no more than 999,999.99 {currency}", "amount_too_large")
    if currency in ZERO_IN_HUNDREDTHS and int(amount) % 100:
        code = "invalid_charge_amount_no_decimal_compatible"
        return _error("amount", "Charged amounts must be evenly divisible by 100.", code)
    if currency in THREE_DECIMAL and int(amount) % 10:
        return _error("amount", "The last digit must be 0.")
    return None


def _error(param: str, message: str, code: str | None = None) -> dict[str, object]:
    named = {"code": code} if code else {}
    return {"error": {"type": "invalid_request_error", "message": message, "param": param, **named}}
