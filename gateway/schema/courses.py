"""The catalogue in the API: courses, their tiers, and money."""

from typing import Self

from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.ids import Node
from gateway.schema.conventions.scalars import Currency, MinorUnits, PurchaseTier
from gateway.services.core.model import values


@graphql_type(description="An amount of money.")
class Money:
    amount_minor: MinorUnits = field(
        description="In the currency's minor unit by ISO 4217: 49900 INR are ₹499.00, 499 JPY are ¥499."
    )
    currency: Currency = field(description="The currency of the amount.")

    @classmethod
    def of(cls, money: values.Money) -> Self:
        return cls(amount_minor=MinorUnits(money.amount_minor), currency=Currency(money.currency))


@graphql_type(description="One way to buy a course.")
class CourseTier:
    code: PurchaseTier = field(description="What to give as `tier` or `purchaseTier`.")
    session_count: int = field(description="How many sessions it has; `sessionCount` names a tier as well.")
    price: Money = field(description="What it costs now. A payment keeps the price that it was opened with.")
    validity_days: int | None = field(description="How many days the access lasts from its start; null for no end.")
    rank: int = field(description="Orders the tiers of a course: buying a higher one upgrades a lower one.")

    @classmethod
    def of(cls, tier: values.Tier) -> Self:
        return cls(
            code=PurchaseTier(tier.code),
            session_count=tier.session_count,
            price=Money.of(tier.price),
            validity_days=tier.validity_days,
            rank=tier.rank,
        )


@graphql_type(description="A course of the catalogue.")
class Course(Node):
    title: str = field(description="What people call it.")
    tiers: list[CourseTier] = field(description="The ways to buy it, lowest rank first.")

    @classmethod
    def of(cls, course: values.Course) -> Self:
        return cls(
            id=ID(ids.to_text(ids.COURSE, course.id)),
            title=course.title,
            tiers=[CourseTier.of(tier) for tier in course.tiers],
        )
