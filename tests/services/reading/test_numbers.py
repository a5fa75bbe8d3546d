"""The numbers of days: what the rows of those days come to, by the calendar that is asked for."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from db.tables import PaymentRow, PurchaseRow, RefundRow
from gateway.services.core.model.overview.numbers import DayNumbers
from gateway.services.core.model.values import Course, Money
from gateway.services.core.rules.schedule.sessions import end_of_day
from gateway.services.reading import numbers
from gateway.services.reading.numbers import TooManyNumbers, daily_numbers
from tests.service import BASIC, STANDARD, Service, student

pytestmark = pytest.mark.anyio

MONDAY = date(2026, 11, 23)
DAYS = [MONDAY + timedelta(days=number) for number in range(5)]


def spans(days: list[date], zone: str = "UTC") -> list[tuple[datetime, datetime]]:
    return [(end_of_day(day - timedelta(days=1), zone), end_of_day(day, zone)) for day in days]


async def asked(
    service: Service, days: list[date], zone: str = "UTC", course: Course | None = None
) -> list[DayNumbers]:
    return await daily_numbers(service.source, days, spans(days, zone), course.id if course else None)


async def lived(service: Service) -> list[Course]:
    """Four days: bought, bought twice, upgraded, granted, refunded in part and in full, at different hours."""
    dear = (BASIC, STANDARD)
    cheap = tuple(
        type(tier)(tier.code, tier.session_count, Money(500, "JPY"), tier.validity_days, tier.rank) for tier in dear
    )
    courses = [await service.save_course(*dear), await service.save_course(*cheap, title="Tea")]
    for number in range(12):
        course = courses[number % 2]
        buyer = student(f"student-{number % 5}")
        payment, _ = await service.paid(buyer, course, "BASIC" if number < 6 else "STANDARD")
        twice = student(f"student-twice-{number}")
        for each in [await service.opened(twice, course) for _ in range(2)]:
            await service.confirm(twice, each)
        if number % 3 == 0:
            await service.refund(payment, 100)
        await service.created(course, f"granted-{number}")
        service.clock.advance(hours=7, minutes=13)
        if number % 2:
            await service.runner().run_due()
    return courses


def plainly(service: Service, days: list[date]) -> list[dict[str, Counter[str]]]:
    """The same by UTC's days, from whole tables: captured and refunded by currency, and how many."""
    course_of = {row.id: row.course_id for row in service.stored(PaymentRow)}
    told: list[dict[str, Counter[str]]] = [{} for _ in days]

    def add(at: datetime | None, course: object, **what: int) -> None:
        if at is not None and at.astimezone(UTC).date() in days:
            counter = told[days.index(at.astimezone(UTC).date())].setdefault(str(course), Counter())
            counter.update(what)

    for payment in service.stored(PaymentRow):
        if payment.captured_minor is not None:
            captured = {f"captured {payment.captured_currency}": payment.captured_minor, "payments": 1}
            add(payment.confirmed_at, payment.course_id, **captured)
    for refund in service.stored(RefundRow):
        if refund.status == "SUCCEEDED":
            add(refund.settled_at, course_of[refund.payment_id], **{f"refunded {refund.currency}": refund.amount_minor})
    for purchase in service.stored(PurchaseRow):
        how = "bought" if purchase.origin == "PAYMENT" else "granted"
        add(purchase.created_at, purchase.course_id, **{how: 1})
    return told


def counted(day: DayNumbers) -> dict[str, Counter[str]]:
    told: dict[str, Counter[str]] = {}
    for each in day.courses:
        counts = {"payments": each.payments, "bought": each.bought, "granted": each.granted}
        for name, money in (("captured", each.captured), ("refunded", each.refunded)):
            if money is not None:
                counts[f"{name} {money.currency}"] = money.amount_minor
        told.setdefault(str(each.course_id), Counter()).update({name: n for name, n in counts.items() if n})
    return told


async def test_numbers_are_what_the_rows_of_their_days_come_to(service: Service) -> None:
    await lived(service)
    found = await asked(service, DAYS)
    assert [day.day for day in found] == DAYS
    assert list(map(counted, found)) == plainly(service, DAYS)
    told = list(map(counted, found))
    names = {name for day in told for numbers in day.values() for name in numbers}
    assert names >= {"captured INR", "captured JPY", "refunded INR", "refunded JPY", "payments", "bought", "granted"}


async def test_days_are_answered_in_the_order_asked_for_and_need_not_follow_each_other(service: Service) -> None:
    await lived(service)
    all_of_them = {day.day: day for day in await asked(service, DAYS)}
    some = [DAYS[2], DAYS[0], DAYS[2]]
    assert await asked(service, some) == [all_of_them[day] for day in some]
    assert await asked(service, []) == []


async def test_numbers_of_one_course_are_those_of_no_other(service: Service) -> None:
    courses = await lived(service)
    whole = await asked(service, DAYS)
    for course in courses:
        alone = await asked(service, DAYS, course=course)
        expected = [tuple(each for each in day.courses if each.course_id == course.id) for day in whole]
        assert [day.courses for day in alone] == expected


async def test_a_day_begins_and_ends_by_the_calendar_asked_for(service: Service) -> None:
    course = await service.save_course()
    service.clock.now = datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)
    await service.created(course, "before-midnight")
    service.clock.now = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)  # midnight in Kolkata
    await service.created(course, "after-midnight")

    async def granted(zone: str) -> list[int]:
        found = await asked(service, DAYS[:2], zone)
        return [sum(each.granted for each in day.courses) for day in found]

    assert await granted("Asia/Kolkata") == [1, 1]
    assert await granted("UTC") == [2, 0]


async def test_a_day_on_which_clocks_change_is_as_long_as_it_is(service: Service) -> None:
    course = await service.save_course()
    for number, hour in enumerate((4, 5)):  # in New York that Sunday lasts from 4:00 to 5:00 the next day
        service.clock.now = datetime(2026, 11, 1 + number, hour, tzinfo=UTC) - timedelta(seconds=number)
        await service.created(course, f"student-{number}")
    [sunday] = await asked(service, [date(2026, 11, 1)], "America/New_York")
    assert [each.granted for each in sunday.courses] == [2]


async def test_more_numbers_than_anybody_reads_are_refused(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    await lived(service)
    monkeypatch.setattr(numbers, "MOST_GROUPS", 3)
    numbers.numbers_statement.cache_clear()
    try:
        with pytest.raises(TooManyNumbers):
            await asked(service, DAYS)
    finally:
        numbers.numbers_statement.cache_clear()
