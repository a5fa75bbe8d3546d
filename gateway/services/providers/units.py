"""Amounts as a provider writes them: ours are minor units by ISO 4217, and a provider may count in others.

Nothing is rounded: an amount that cannot be converted exactly is refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gateway.services.core.model.currencies import HIGHEST_AMOUNT_MINOR, exponent_of, is_currency
from gateway.services.core.model.values import Money


@dataclass(frozen=True, slots=True)
class Units:
    """How a provider writes amounts.

    Args:
        name: of the provider, for people.
        digits: the decimal digits of its own minor unit, where they are not ISO 4217's.
        in_tens: currencies whose amounts must be multiples of ten there.
        unlisted: currencies whose digits its documentation does not give.
    """

    name: str
    digits: Mapping[str, int] = field(default_factory=dict)
    in_tens: frozenset[str] = frozenset()
    unlisted: frozenset[str] = frozenset()

    def amount_problem(self, money: Money) -> str | None:
        """Why the provider cannot take this amount, for people; None where it can."""
        code = money.currency
        if not self._knows(code):
            return f"{self.name} has no amounts of {code}"
        if money.amount_minor % (step := self._step(code)):
            return f"amounts of {code} must be multiples of {step} minor units with {self.name}"
        return None

    def written(self, money: Money) -> int:
        """The amount as the provider writes it; it must be one without a problem."""
        assert self.amount_problem(money) is None, "an amount with a problem is refused before"
        ours, theirs = self._scales(money.currency)
        return money.amount_minor * theirs // ours

    def read(self, amount: int, code: str) -> Money | None:
        """An amount of the provider's as ours; None where our books could not hold it exactly."""
        if not self._knows(code):
            return None
        ours, theirs = self._scales(code)
        minor, rest = divmod(amount * ours, theirs)
        return Money(minor, code) if rest == 0 and 0 <= minor <= HIGHEST_AMOUNT_MINOR else None

    def _knows(self, code: str) -> bool:
        return is_currency(code) and code not in self.unlisted

    def _step(self, code: str) -> int:
        ours, theirs = self._scales(code)
        return max(1, ours // theirs) * (10 if code in self.in_tens else 1)

    def _scales(self, code: str) -> tuple[int, int]:
        """Minor units in one unit of the currency: ours, and theirs."""
        digits = exponent_of(code)
        return 10**digits, 10 ** self.digits.get(code, digits)
