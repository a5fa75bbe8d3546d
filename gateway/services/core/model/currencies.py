"""Currencies and amounts: which codes there are, their minor units, and the largest amount.

The list is ISO 4217's own, from a package that is released when the list changes. It is data, as the time zones of
`zoneinfo` are, and so the one package that the core may import.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

HIGHEST_AMOUNT_MINOR = 2**53 - 1
"""The largest whole number that JSON's readers agree on: JavaScript's safe integers end here."""

UNITS_OF_ACCOUNT = frozenset({"UYW", "XAD"})
"""Uruguay's pension unit and the Arab Monetary Fund's dinar, which the list does not mark as funds codes."""


def is_currency(code: str) -> bool:
    """Whether it is a code of ISO 4217 that prices can be in."""
    return code in exponents()


def exponent_of(code: str) -> int:
    """How many decimal digits the currency has: 2 for INR, 0 for JPY, 3 for KWD."""
    return exponents()[code]


def in_whole_units(amount_minor: int, currency: str) -> str | None:
    """An amount as people write it, without its currency: 199900 of INR are `1,999.00`, 1999 of JPY `1,999`. None where
    nobody knows what its minor unit is."""
    digits = exponents().get(currency)
    if digits is None:
        return None
    sign, (units, rest) = "-" if amount_minor < 0 else "", divmod(abs(amount_minor), 10**digits)
    return f"{sign}{units:,}" + (f".{rest:0{digits}}" if digits else "")


@cache
def exponents() -> Mapping[str, int]:
    """Each currency with the decimal digits of its minor unit.

    Left out are codes without a minor unit (precious metals, XDR, XTS for tests, XXX for no currency), and funds codes
    and other units of account, such as CLF and USN, which nobody pays with.
    """
    from iso4217 import raw_xml  # it reads its table when it is imported; most commands never need it

    listed = {}
    for entry in raw_xml.iter("CcyNtry"):
        name, code, digits = entry.find("CcyNm"), entry.findtext("Ccy"), entry.findtext("CcyMnrUnts")
        is_fund = name is not None and name.get("IsFund", "").strip().lower() == "true"
        if code and digits and digits.strip().isdigit() and not is_fund and code not in UNITS_OF_ACCOUNT:
            listed[code.strip()] = int(digits)
    return MappingProxyType(listed)
