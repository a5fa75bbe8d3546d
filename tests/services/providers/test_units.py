"""Amounts at the providers' borders: what is written there is read back the same, and what is none is not rounded."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, exponents
from gateway.services.core.model.values import Money
from gateway.services.providers.razorpay.units import RAZORPAY_UNITS
from gateway.services.providers.stripe.units import STRIPE_UNITS
from gateway.services.providers.units import Units
from tests.draws import many
from tests.services.providers.stripe.prices import THREE_DECIMAL, ZERO_DECIMAL, ZERO_IN_HUNDREDTHS

BORDERS = (STRIPE_UNITS, RAZORPAY_UNITS)
AMOUNTS = st.integers(1, 10_000) | st.integers(1, HIGHEST_AMOUNT_MINOR)


@pytest.mark.parametrize("units", BORDERS, ids=lambda units: units.name)
@settings(max_examples=many(500), derandomize=True)
@given(code=st.sampled_from(sorted(exponents())), amount=AMOUNTS)
def test_an_amount_of_any_currency_is_read_back_as_it_was_written(units: Units, code: str, amount: int) -> None:
    money = Money(amount, code)
    if units.amount_problem(money) is None:
        assert units.read(units.written(money), code) == money


@pytest.mark.parametrize("code", sorted(exponents()))
def test_stripe_is_written_to_in_the_digits_that_it_documents(code: str) -> None:
    """One unit of the currency: 1 INR is 100 paise there, 1 JPY is 1, 1 ISK is 100, 1 MGA is 1."""
    lower, one = code.lower(), Money(10 ** exponents()[code], code)
    if STRIPE_UNITS.amount_problem(one):
        assert code in ("IQD", "LYD")
        return
    documented = 1 if lower in ZERO_DECIMAL else 1_000 if lower in THREE_DECIMAL else 100
    assert STRIPE_UNITS.written(one) == documented
    if lower in ZERO_IN_HUNDREDTHS:
        assert STRIPE_UNITS.written(Money(5_000, code)) == 500_000


@pytest.mark.parametrize(
    ("units", "money", "why"),
    [
        (STRIPE_UNITS, Money(150, "MGA"), "amounts of MGA must be multiples of 100 minor units with STRIPE"),
        (STRIPE_UNITS, Money(5_005, "KWD"), "amounts of KWD must be multiples of 10 minor units with STRIPE"),
        (STRIPE_UNITS, Money(5_000, "IQD"), "STRIPE has no amounts of IQD"),
        (STRIPE_UNITS, Money(5_000, "RUP"), "STRIPE has no amounts of RUP"),
        (RAZORPAY_UNITS, Money(5_005, "BHD"), "amounts of BHD must be multiples of 10 minor units with RAZORPAY"),
        (RAZORPAY_UNITS, Money(5_000, "XXX"), "RAZORPAY has no amounts of XXX"),
    ],
    ids=lambda each: each.name if isinstance(each, Units) else str(each),
)
def test_what_cannot_be_said_exactly_is_not_said(units: Units, money: Money, why: str) -> None:
    assert units.amount_problem(money) == why


@pytest.mark.parametrize(
    ("amount", "code"),
    [
        (550, "ISK"),
        (12_345, "UGX"),
        (2**53, "INR"),
        (2**52, "MGA"),
        (-1, "INR"),
        (100, "RUP"),
        (100, "IQD"),
        (5, "inr"),
    ],
)
def test_an_amount_that_our_books_could_not_hold_is_not_read(amount: int, code: str) -> None:
    assert STRIPE_UNITS.read(amount, code) is None


def test_an_amount_is_read_in_our_minor_units() -> None:
    assert STRIPE_UNITS.read(500_000, "UGX") == Money(5_000, "UGX")
    assert STRIPE_UNITS.read(5, "MGA") == Money(500, "MGA")
    assert STRIPE_UNITS.read(5_123, "KWD") == Money(5_123, "KWD")  # a dispute may be of any amount
