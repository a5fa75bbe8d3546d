"""The query of numbers: which days they are of, and by whose calendar."""

import datetime as dt
from typing import Annotated

import strawberry
from strawberry import ID, field

from gateway.resolvers.inputs import GatewayInfo, id_argument
from gateway.schema.conventions import ids
from gateway.schema.conventions.connections import MOST
from gateway.schema.conventions.directives import ADMIN_ONLY
from gateway.schema.conventions.errors import bad_input
from gateway.schema.conventions.scalars import TimeZone
from gateway.schema.overview.numbers import DayNumbers
from gateway.services.core.rules.schedule.sessions import end_of_day
from gateway.services.core.rules.schedule.zones import is_time_zone
from gateway.services.reading.numbers import MOST_GROUPS, TooManyNumbers, daily_numbers

UTC = TimeZone("UTC")
FIRST, LAST = dt.date(1970, 1, 2), dt.date(9999, 12, 29)
"""Within them each day begins and ends at an instant, in every time zone."""


@strawberry.type(description="What can be counted.")
class Numbers:
    @field(
        description="What was captured, refunded, bought and granted on each of the days, by course.",
        directives=ADMIN_ONLY,
    )
    async def daily_numbers(
        self,
        info: GatewayInfo,
        days: Annotated[
            list[dt.date],
            strawberry.argument(description="Which days, at most 100; answered in this order."),
        ],
        time_zone: Annotated[
            TimeZone, strawberry.argument(description="In whose calendar the days begin and end.")
        ] = UTC,
        course_id: Annotated[ID | None, strawberry.argument(description="Only of this course.")] = None,
    ) -> list[DayNumbers]:
        course = None if course_id is None else id_argument(ids.COURSE, course_id, "courseId")
        spans = _spans(days, time_zone)
        try:
            found = await daily_numbers(info.context.reads.reader.source, days, spans, course)
        except TooManyNumbers:
            raise bad_input(
                f"days must be fewer: these have more than {MOST_GROUPS} numbers; or name a course"
            ) from None
        return [DayNumbers.of(each) for each in found]


def _spans(days: list[dt.date], time_zone: str) -> list[tuple[dt.datetime, dt.datetime]]:
    """The instants at which each day begins and is over."""
    if len(days) > MOST:
        raise bad_input(f"days must be at most {MOST}; these are {len(days)}")
    if any(not FIRST <= day <= LAST for day in days):
        raise bad_input(f"days must be from {FIRST} to {LAST}")
    if not is_time_zone(time_zone):
        raise bad_input("timeZone must be an IANA time zone, such as Asia/Kolkata")
    before = dt.timedelta(days=1)
    return [(end_of_day(day - before, time_zone), end_of_day(day, time_zone)) for day in days]
