"""Windows over lists: what they show, whether the list goes on at either side, and what they cost."""

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import product
from typing import Annotated, Any
from uuid import UUID

import pytest
from sqlalchemy import Column, bindparam
from uuid_utils.compat import uuid7

from db.statements import COURSE
from db.tables import CourseRow
from gateway.services.core.model.pages import Page, Place, Window
from gateway.services.core.model.values import Course, OnExisting, Origin, Purchase, PurchaseStatus
from gateway.services.reading.filters import Condition, Filter, PurchaseFilter
from gateway.services.reading.lists import COURSES, PURCHASES, Listing, page
from gateway.services.reading.windows import Order
from gateway.services.rows.lookups import (
    COURSE_BY_ID,
    PAYMENT_BY_ID,
    PURCHASE_BY_ID,
    PURCHASE_OF_PAYMENT,
    SUCCESSOR,
)
from tests.service import Service, reads_of, student
from tests.services.reading.plain import Shown, expected

pytestmark = pytest.mark.anyio

ALL = PurchaseFilter()


async def granted(service: Service, course: Course, number: int) -> list[UUID]:
    """So many purchases of as many students, the oldest first."""
    return [(await service.created(course, f"student-{index}")).id for index in range(number)]


def ids_of(page: Page[Purchase] | Page[Course]) -> list[UUID]:
    return [item.id for item in page.items]


async def page_of(service: Service, size: int, **window: object) -> tuple[list[UUID], bool, bool]:
    """A page of all purchases, each of which was created at the clock's present time."""
    places = {name: Place(key, service.clock.now) for name, key in window.items() if isinstance(key, UUID)}
    shown = await page(service.source, PURCHASES, Window(size, **{**window, **places}), ALL)  # type: ignore[arg-type]
    return ids_of(shown), shown.has_previous, shown.has_next


async def test_a_list_is_walked_forwards_page_by_page_to_its_end(service: Service) -> None:
    ids = await granted(service, await service.save_course(), 5)
    assert await page_of(service, 2) == (ids[0:2], False, True)
    assert await page_of(service, 2, after=ids[1]) == (ids[2:4], True, True)
    assert await page_of(service, 2, after=ids[3]) == (ids[4:5], True, False)
    assert await page_of(service, 2, after=ids[4]) == ([], True, False)


async def test_a_list_is_walked_backwards_page_by_page_to_its_beginning(service: Service) -> None:
    ids = await granted(service, await service.save_course(), 5)
    assert await page_of(service, 2, from_end=True) == (ids[3:5], True, False)
    assert await page_of(service, 2, from_end=True, before=ids[3]) == (ids[1:3], True, True)
    assert await page_of(service, 2, from_end=True, before=ids[1]) == (ids[0:1], False, True)
    assert await page_of(service, 2, from_end=True, before=ids[0]) == ([], False, True)


async def test_the_newest_may_come_first(service: Service) -> None:
    ids = await granted(service, await service.save_course(), 5)
    newest = ids[::-1]
    assert await page_of(service, 2, is_newest_first=True) == (newest[0:2], False, True)
    assert await page_of(service, 2, is_newest_first=True, after=newest[1]) == (newest[2:4], True, True)
    assert await page_of(service, 2, is_newest_first=True, from_end=True) == (newest[3:5], True, False)


async def test_a_page_of_just_all_items_is_the_whole_list(service: Service) -> None:
    ids = await granted(service, await service.save_course(), 3)
    for from_end in (False, True):
        assert await page_of(service, 3, from_end=from_end) == (ids, False, False)


async def test_an_empty_list_goes_on_nowhere(service: Service) -> None:
    for from_end, bounds in product((False, True), ({}, {"after": uuid7()}, {"before": uuid7()})):
        assert await page_of(service, 2, from_end=from_end, **bounds) == ([], False, False)


async def test_a_page_of_none_says_whether_there_are_any(service: Service) -> None:
    assert await page_of(service, 0) == ([], False, False)
    ids = await granted(service, await service.save_course(), 2)
    assert await page_of(service, 0) == ([], False, True)
    assert await page_of(service, 0, from_end=True) == ([], True, False)
    assert await page_of(service, 0, after=ids[0]) == ([], True, True)
    assert await page_of(service, 0, after=ids[1]) == ([], True, False)


async def test_bounds_that_cross_show_nothing(service: Service) -> None:
    ids = await granted(service, await service.save_course(), 3)
    found, _, _ = await page_of(service, 2, after=ids[2], before=ids[0])
    assert found == []


class Differs:
    """That a column has another value."""

    def __init__(self, column: Column[Any]) -> None:
        self._condition = Condition(column != bindparam("other", type_=column.type), "other")

    def asked(self, value: object) -> tuple[Condition, object]:
        return self._condition, value


@dataclass(frozen=True, slots=True)
class Present(Filter):
    """Which courses: all but one."""

    absent: Annotated[UUID | None, Differs(COURSE.c.id)] = None


async def shown(service: Service, listing: Listing[Course], window: Window, absent: UUID | None = None) -> Shown:
    found = await page(service.source, listing, window, Present(absent))
    assert [item.id for item in found.items] == [place.id for place in found.places]
    return list(found.places), found.has_previous, found.has_next


@pytest.mark.parametrize("is_newest_first", [False, True])
@pytest.mark.parametrize("from_end", [False, True])
async def test_every_window_shows_what_the_same_window_of_a_plain_list_does(
    service: Service, is_newest_first: bool, from_end: bool
) -> None:
    first, second, absent, third = [Place((await service.save_course()).id) for _ in range(4)]
    places = [first, second, third]
    listed = places[::-1] if is_newest_first else places
    bounds: list[Place | None] = [None, Place(UUID(int=0)), absent, *places]
    for size, after, before in product((0, 1, 2, 4), bounds, bounds):
        window = Window(size, after, before, from_end, is_newest_first)
        found = await shown(service, COURSES, window, absent.id)
        assert found == expected(listed, window, lambda place: place.id), window


@pytest.mark.parametrize("is_newest_first", [False, True])
@pytest.mark.parametrize("from_end", [False, True])
async def test_a_list_by_time_is_in_the_order_of_its_instants_and_of_ids_at_one_instant(
    service: Service, is_newest_first: bool, from_end: bool
) -> None:
    """The instants run against the ids, as those of two processes may."""
    keys = [(await service.save_course()).id for _ in range(4)]
    now = service.clock.now
    instants = [now, now, now - timedelta(microseconds=1), now - timedelta(days=1)]
    for key, instant in zip(keys, instants, strict=True):
        service.change(CourseRow, key, created_at=instant)
    placed = [Place(key, instant) for key, instant in zip(keys, instants, strict=True)]
    places = [placed[3], placed[2], placed[0], placed[1]]
    listed = places[::-1] if is_newest_first else places
    bounds: list[Place | None] = [None, Place(UUID(int=0), now), *places]
    by_time = replace(COURSES, order=Order(COURSE.c.id, COURSE.c.created_at))
    for size, after, before in product((0, 1, 3, 9), bounds, bounds):
        window = Window(size, after, before, from_end, is_newest_first)
        found = await shown(service, by_time, window)
        assert found == expected(listed, window, lambda place: (place.at, place.id)), window


async def test_pages_stay_as_they_are_while_the_list_grows(service: Service) -> None:
    course = await service.save_course()
    ids = await granted(service, course, 4)
    newest = ids[::-1]
    assert await page_of(service, 2, is_newest_first=True) == (newest[:2], False, True)
    latest = (await service.created(course, "a-late-student")).id
    assert await page_of(service, 2, is_newest_first=True, after=newest[1]) == (newest[2:], True, False)
    assert await page_of(service, 3, is_newest_first=True, from_end=True, before=newest[1]) == (
        [latest, newest[0]],
        False,
        True,
    )


async def test_a_cursor_goes_on_where_it_stands_in_a_filtered_list_that_lost_it(service: Service) -> None:
    course = await service.save_course()
    ids = await granted(service, course, 4)
    await service.created(course, "student-1", "STANDARD", on_existing=OnExisting.REPLACE)
    shown = await page(
        service.source,
        PURCHASES,
        Window(9, Place(ids[1], service.clock.now)),
        PurchaseFilter(tier="BASIC", status=PurchaseStatus.ACTIVE),
    )
    assert ids_of(shown) == ids[2:]


async def test_each_condition_of_a_filter_holds_and_all_of_them_together(service: Service) -> None:
    yoga, chess = await service.save_course(), await service.save_course()
    first = (await service.created(yoga, "student-1")).id
    service.clock.advance(days=1)
    second = (await service.created(chess, "student-1", "STANDARD")).id
    service.clock.advance(days=1)
    third = (await service.paid(student("student-2"), yoga, "STANDARD"))[1].id
    fourth = (await service.created(yoga, "student-1", "PREMIUM", on_existing=OnExisting.REPLACE)).id
    now, day = service.clock.now, timedelta(days=1)
    for wanted, found in (
        (ALL, [first, second, third, fourth]),
        (PurchaseFilter(student_id="student-1"), [first, second, fourth]),
        (PurchaseFilter(course_id=yoga.id), [first, third, fourth]),
        (PurchaseFilter(tier="STANDARD"), [second, third]),
        (PurchaseFilter(status=PurchaseStatus.SUPERSEDED), [first]),
        (PurchaseFilter(origin=Origin.PAYMENT), [third]),
        (PurchaseFilter(created_from=now - day), [second, third, fourth]),
        (PurchaseFilter(created_before=now - day), [first]),
        (PurchaseFilter(created_from=now - day, created_before=now), [second]),
        (PurchaseFilter(student_id="student-1", course_id=yoga.id, status=PurchaseStatus.ACTIVE), [fourth]),
        (PurchaseFilter(student_id="nobody"), []),
    ):
        shown = await page(service.source, PURCHASES, Window(9), wanted)
        assert (ids_of(shown), shown.has_previous, shown.has_next) == (found, False, False), wanted


async def test_a_filtered_list_is_walked_as_a_whole_one_is(service: Service) -> None:
    yoga, chess = await service.save_course(), await service.save_course()
    ids = []
    for index in range(4):
        ids.append((await service.created(yoga, f"student-{index}")).id)
        await service.created(chess, f"student-{index}")
    wanted = PurchaseFilter(course_id=yoga.id)
    shown = await page(service.source, PURCHASES, Window(2, after=Place(ids[0], service.clock.now)), wanted)
    assert (ids_of(shown), shown.has_previous, shown.has_next) == (ids[1:3], True, True)


async def test_courses_are_listed_with_their_tiers_in_the_order_they_were_added(service: Service) -> None:
    courses = [await service.save_course(title=title) for title in ("Yoga", "Chess", "Go")]
    shown = await page(service.source, COURSES, Window(2))
    assert (list(shown.items), shown.has_previous, shown.has_next) == (courses[:2], False, True)


async def test_reads_of_many_take_one_statement(service: Service) -> None:
    course = await service.save_course()
    paid = [await service.paid(student(f"student-{index}"), course) for index in range(5)]
    payments, purchases = [payment.id for payment, _ in paid], [purchase.id for _, purchase in paid]
    for lookup, keys in (
        (PAYMENT_BY_ID, payments),
        (PURCHASE_BY_ID, purchases),
        (PURCHASE_OF_PAYMENT, payments),
        (SUCCESSOR, purchases),
        (COURSE_BY_ID, [course.id]),
    ):
        with reads_of(service.source) as reads:
            await asyncio.gather(*(service.reader.find(lookup, key) for key in keys))
        assert len(reads) == 1, lookup


async def test_purchases_are_found_by_their_payments_and_by_what_they_superseded(service: Service) -> None:
    course = await service.save_course()
    payment, first = await service.paid(student(), course)
    _, second = await service.paid(student(), course, "STANDARD")
    assert await service.reader.find(PURCHASE_OF_PAYMENT, uuid7()) is None
    assert (await service.find(PURCHASE_OF_PAYMENT, payment.id)).id == first.id
    assert await service.reader.find(SUCCESSOR, first.id) == second
    assert await service.reader.find(SUCCESSOR, second.id) is None
