"""What came in, went back and was granted on each of some days: one statement, of the rows of those days alone."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    select,
    text,
    union_all,
)

from db.compiled import Statement
from db.refund_tables import MADE
from db.spans import span_parameters, spans
from db.statements import PAYMENT, PURCHASE, REFUND
from db.tables import NOT_FULFILLED
from db.types import Id, Instant
from gateway.services.core.model.overview.numbers import CourseNumbers, DayNumbers
from gateway.services.core.model.values import Fulfilment, Money, Origin
from gateway.services.reading.source import Source

MOST_GROUPS = 10_000
"""A day, a course and a currency each: more than that is no answer for a person."""

COURSE, LEAST, MOST = "course_id", "least", "most"
Course: TypeAlias = BindParameter[UUID] | None
"""The parameter that names the one course, where it is one."""
NONE, ONE = literal_column("0", Integer), literal_column("1", Integer)

WITHOUT_PURCHASE: list[ColumnElement[str]] = [
    literal_column(f"'{each.value}'") for each in (Fulfilment.DUPLICATE, Fulfilment.UNFULFILLABLE)
]


class TooManyNumbers(Exception):
    """There would be more than `MOST_GROUPS`."""


async def daily_numbers(
    source: Source, days: Sequence[date], of: Sequence[tuple[datetime, datetime]], course_id: UUID | None = None
) -> list[DayNumbers]:
    """The numbers of each day, in the order given; of one course, or of all.

    Args:
        of: the instants at which each begins and is over.

    Raises:
        TooManyNumbers: the days have to be fewer, or the course one.
        Unavailable, DBAPIError: as the source does.
    """
    if not days:
        return []
    statement = numbers_statement(is_of_one=course_id is not None)
    given = {**numbers_parameters(of, source.dialect), COURSE: course_id}
    rows = await source.rows(statement, **given)
    if len(rows) > MOST_GROUPS:
        raise TooManyNumbers
    by_day: list[list[CourseNumbers]] = [[] for _ in days]
    for place, *numbers in rows:
        by_day[int(place)].append(_numbers(*numbers))
    return [DayNumbers(day, tuple(sorted(courses, key=_place_of))) for day, courses in zip(days, by_day, strict=True)]


def numbers_parameters(of: Sequence[tuple[datetime, datetime]], dialect: Dialect) -> dict[str, object]:
    """The spans as the statement takes them."""
    bounds = {LEAST: min(begins for begins, _ in of), MOST: max(ends for _, ends in of)}
    return {**span_parameters(of, dialect), **bounds}


def _numbers(course_id: UUID, currency: str | None, captured: int, refunded: int, *counts: int) -> CourseNumbers:
    """PostgreSQL sums up to a Decimal."""
    if currency is None:
        return CourseNumbers(course_id, None, None, *map(int, counts))
    return CourseNumbers(course_id, Money(int(captured), currency), Money(int(refunded), currency), *map(int, counts))


def _place_of(numbers: CourseNumbers) -> tuple[UUID, str]:
    """Courses lie in the order of their ids, which is that of the catalogue."""
    return numbers.course_id, numbers.captured.currency if numbers.captured else ""


@lru_cache
def numbers_statement(*, is_of_one: bool) -> Statement:
    """For each day, course and currency: captured, refunded, payments, purchases bought and granted.

    Nothing is asked of rows of other days: a purchase is made in the commit that learns of its captured payment, which
    is how those payments are found; captured ones without a purchase are few, and so are refunds.
    """
    course = bindparam(COURSE, type_=Id()) if is_of_one else None
    each = union_all(_purchases(course), _unfulfilled(course), _refunds(course)).subquery("each")
    sums = [func.sum(each.c[name]) for name in ("captured", "refunded", "payments", "bought", "granted")]
    groups = (each.c.place, each.c[COURSE], each.c.currency)
    return Statement(select(*groups, *sums).group_by(*groups).limit(MOST_GROUPS + 1))


def _purchases(course: Course) -> Select[Any]:
    """Each purchase of the days, with the payment that it was bought with."""
    span = spans()
    is_bought = PURCHASE.c.origin == literal_column(f"'{Origin.PAYMENT.value}'")
    bought = cast(case((is_bought, 1), else_=0), Integer)
    return (
        select(
            span.c.place,
            PURCHASE.c.course_id.label(COURSE),
            PAYMENT.c.captured_currency.label("currency"),
            func.coalesce(PAYMENT.c.captured_minor, 0).label("captured"),
            NONE.label("refunded"),
            bought.label("payments"),
            bought.label("bought"),
            (1 - bought).label("granted"),
        )
        .select_from(span)
        .join(PURCHASE, and_(PURCHASE.c.created_at >= span.c.begins, PURCHASE.c.created_at < span.c.ends))
        .outerjoin(PAYMENT, PAYMENT.c.id == PURCHASE.c.payment_id)
        .where(*_of(course, PURCHASE.c.course_id))
    )


def _unfulfilled(course: Course) -> Select[Any]:
    """Each captured payment that no purchase stands for: its money goes back."""
    span = spans()
    return (
        select(
            span.c.place,
            PAYMENT.c.course_id.label(COURSE),
            PAYMENT.c.captured_currency.label("currency"),
            PAYMENT.c.captured_minor.label("captured"),
            NONE.label("refunded"),
            ONE.label("payments"),
            NONE.label("bought"),
            NONE.label("granted"),
        )
        .select_from(PAYMENT)
        .join(span, and_(PAYMENT.c.confirmed_at >= span.c.begins, PAYMENT.c.confirmed_at < span.c.ends))
        .where(text(f"{PAYMENT.name}.{NOT_FULFILLED}"), PAYMENT.c.fulfilment.in_(WITHOUT_PURCHASE))
        .where(*_of(course, PAYMENT.c.course_id))
    )


def _refunds(course: Course) -> Select[Any]:
    """Each refund that the provider settled on the days, by dispute and at its dashboard too.

    Its course is looked up and not joined: no database is to begin with all payments.
    """
    span = spans()
    its_course = select(PAYMENT.c.course_id).where(PAYMENT.c.id == REFUND.c.payment_id).scalar_subquery()
    least, most = (bindparam(name, type_=Instant()) for name in (LEAST, MOST))
    return (
        select(
            span.c.place,
            its_course.label(COURSE),
            REFUND.c.currency,
            NONE.label("captured"),
            REFUND.c.amount_minor.label("refunded"),
            NONE.label("payments"),
            NONE.label("bought"),
            NONE.label("granted"),
        )
        .select_from(span)
        .join(REFUND, and_(REFUND.c.settled_at >= span.c.begins, REFUND.c.settled_at < span.c.ends))
        .where(text(f"{REFUND.name}.{MADE}"), REFUND.c.settled_at >= least, REFUND.c.settled_at < most)
        .where(*_of(course, its_course))
    )


def _of(course: Course, column: ColumnElement[UUID]) -> list[ColumnElement[bool]]:
    return [] if course is None else [column == course]
