"""What an admin may ask about the catalogue: input, what it answers, and what it may come to."""

from typing import Annotated

import strawberry
from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions.scalars import Currency, MinorUnits, PurchaseTier
from gateway.schema.courses import Course
from gateway.schema.mutations.descriptions import ALREADY, KEY
from gateway.schema.problems import (
    IdempotencyKeyReused,
    InvalidInput,
    NotFound,
)
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import outcomes, values

_saved = FieldsOf[outcomes.CourseSaved]()


@strawberry.input(description="A course as it is to be in the catalogue.")
class SaveCourseInput:
    id: ID | None = field(default=None, description="The course to change; left out, a new one.")
    title: str = field(description="Its name, 1 to 200 characters.")
    description: str | None = field(
        default=strawberry.UNSET,
        description="What it is about, in plain text of at most 2000 characters, line breaks included. Left out, it "
        "stays as it is; null or blank takes it away.",
    )
    tiers: "list[CourseTierInput]" = field(
        description="All its tiers, 1 to 50. A tier left out is no longer sold; purchases of it stand."
    )
    idempotency_key: str | None = field(default=None, description=KEY)


@strawberry.input(description="One way to buy a course.")
class CourseTierInput:
    code: PurchaseTier = field(description="1 to 32 letters, digits, - or _; once in a course.")
    session_count: int = field(description="How many sessions: 1 to 10000.")
    price: "MoneyInput" = field(description="What it costs; 0 is free, and then an admin grants it.")
    validity_days: int | None = field(default=None, description="How many days an access lasts; left out, without end.")
    rank: int = field(description="Orders the tiers, 0 to 1000, once in a course: buying a higher one is an upgrade.")

    def to_value(self) -> values.Tier:
        price = values.Money(self.price.amount_minor, self.price.currency)
        return values.Tier(self.code, self.session_count, price, self.validity_days, self.rank)


@strawberry.input(description="An amount of money.")
class MoneyInput:
    amount_minor: MinorUnits = field(
        description="In the currency's minor unit by ISO 4217: 49900 INR are ₹499.00, 499 JPY are ¥499."
    )
    currency: Currency = field(description="ISO 4217.")


@graphql_type(description="The course is in the catalogue as given.")
class SaveCourseSuccess(Wraps[outcomes.CourseSaved]):
    course: Course = _saved.wrapped("The course.", lambda saved: saved.course)
    already_processed: bool = _saved.field(ALREADY, lambda saved: saved.already_processed)


SaveCourseResult = Annotated[
    SaveCourseSuccess | InvalidInput | NotFound | IdempotencyKeyReused,
    strawberry.union("SaveCourseResult", description="What `saveCourse` answers."),
]
