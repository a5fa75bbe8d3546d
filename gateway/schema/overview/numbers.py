"""What came in, went back and was granted, day by day, in the API."""

import datetime as dt

from strawberry import type as graphql_type

from gateway.schema.courses import Course, Money
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model.overview import numbers

_course = FieldsOf[numbers.CourseNumbers]()
_day = FieldsOf[numbers.DayNumbers]()


@graphql_type(
    description="What came in, went back and was granted of a course on a day, in one currency; what no money was paid "
    "for has none."
)
class CourseNumbers(Wraps[numbers.CourseNumbers]):
    course: Course = _course.relation("The course.", by=lambda course: course.course_id)
    captured: Money | None = _course.wrapped(
        "What was captured; that of duplicates too, which goes back. Null where no money was paid.",
        lambda course: course.captured,
    )
    refunded: Money | None = _course.wrapped(
        "What went back: what was settled on that day, whenever it was captured; by a lost dispute and at the "
        "provider's dashboard too. Null where no money was paid.",
        lambda course: course.refunded,
    )
    payments: int = _course.field("How many payments were captured.", lambda course: course.payments)
    bought: int = _course.field("How many purchases were made of payments.", lambda course: course.bought)
    granted: int = _course.field("How many purchases an admin granted.", lambda course: course.granted)


@graphql_type(description="A day, and what came in, went back and was granted on it.")
class DayNumbers(Wraps[numbers.DayNumbers]):
    day: dt.date = _day.field("The day.", lambda numbers: numbers.day)
    courses: list[CourseNumbers] = _day.wrapped(
        "Each course, and each currency that it was paid in, of which there is anything; in the order of the "
        "catalogue.",
        lambda numbers: numbers.courses,
    )
