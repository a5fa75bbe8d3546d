"""Which currencies prices can be in, and how many digits each has, by ISO 4217's own list."""

import re
from pathlib import Path

import pytest

from gateway.services.core.model.currencies import exponent_of, exponents, is_currency
from gateway.services.core.model.values import Money

CHECKOUT = Path(__file__).resolve().parents[4] / "examples" / "checkout" / "src" / "format.ts"


@pytest.mark.parametrize(
    ("code", "digits"),
    [("INR", 2), ("EUR", 2), ("MGA", 2), ("MRU", 2), ("IDR", 2), ("JPY", 0), ("ISK", 0), ("UGX", 0), ("KWD", 3)],
)
def test_a_currency_has_the_digits_that_iso_4217_lists(code: str, digits: int) -> None:
    assert is_currency(code)
    assert exponent_of(code) == digits


@pytest.mark.parametrize(
    "code",
    ["RUP", "inr", "INR ", "", "XXX", "XTS", "XAU", "XDR", "XAD", "CLF", "USN", "UYW", "DEM", "HRK", "MRO", "₹₹₹"],
)
def test_what_nobody_pays_with_is_no_currency(code: str) -> None:
    assert not is_currency(code)


def test_every_currency_has_none_two_or_three_digits() -> None:
    assert len(exponents()) > 150
    assert set(exponents().values()) == {0, 2, 3}


def test_the_checkout_example_shows_prices_by_the_same_digits() -> None:
    listed = dict(re.findall(r'(NO|THREE)_DIGITS = "([A-Z ]+)"', CHECKOUT.read_text()))
    assert {"NO": set(listed["NO"].split()), "THREE": set(listed["THREE"].split())} == {
        "NO": {code for code, digits in exponents().items() if digits == 0},
        "THREE": {code for code, digits in exponents().items() if digits == 3},
    }


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        (Money(199_900, "INR"), "1,999.00 INR"),
        (Money(1, "INR"), "0.01 INR"),
        (Money(1_999, "JPY"), "1,999 JPY"),
        (Money(5_005, "KWD"), "5.005 KWD"),
        (Money(-150, "EUR"), "-1.50 EUR"),
        (Money(2**53 - 1, "USD"), "90,071,992,547,409.91 USD"),
        (Money(1_999, "XTS"), "1999 minor units of XTS"),
    ],
    ids=str,
)
def test_an_amount_in_a_sentence_is_written_as_people_write_it(amount: Money, written: str) -> None:
    assert str(amount) == written
