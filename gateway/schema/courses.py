"""The catalogue in the API: courses, their tiers, and money."""

from strawberry import ID
from strawberry import type as graphql_type

from gateway.schema.conventions import ids
from gateway.schema.conventions.ids import Node
from gateway.schema.conventions.scalars import Currency, MinorUnits, PurchaseTier
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values

_course = FieldsOf[values.Course]()
_tier = FieldsOf[values.Tier]()
_money = FieldsOf[values.Money]()


@graphql_type(description="An amount of money.")
class Money(Wraps[values.Money]):
    amount_minor: MinorUnits = _money.field(
        "In the currency's minor unit by ISO 4217: 49900 INR are ₹499.00, 499 JPY are ¥499.",
        lambda money: MinorUnits(money.amount_minor),
    )
    currency: Currency = _money.field("The currency of the amount.", lambda money: Currency(money.currency))


@graphql_type(description="One way to buy a course.")
class CourseTier(Wraps[values.Tier]):
    code: PurchaseTier = _tier.field("What to give as `tier` or `purchaseTier`.", lambda tier: PurchaseTier(tier.code))
    session_count: int = _tier.field(
        "How many sessions it has; `sessionCount` names a tier as well.", lambda tier: tier.session_count
    )
    price: Money = _tier.wrapped(
        "What it costs now. A payment keeps the price that it was opened with.", lambda tier: tier.price
    )
    validity_days: int | None = _tier.field(
        "How many days the access lasts from its start; null for no end.", lambda tier: tier.validity_days
    )
    rank: int = _tier.field(
        "Orders the tiers of a course: buying a higher one upgrades a lower one.", lambda tier: tier.rank
    )


@graphql_type(description="A course of the catalogue.")
class Course(Node, Wraps[values.Course]):
    id: ID = ids.id_field(ids.COURSE)
    title: str = _course.field("Its name.", lambda course: course.title)
    description: str | None = _course.field(
        "What it is about: plain text, which may have several lines; never HTML or Markdown.",
        lambda course: course.description,
    )
    tiers: list[CourseTier] = _course.wrapped("The ways to buy it, lowest rank first.", lambda course: course.tiers)
