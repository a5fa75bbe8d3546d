"""Windows over lists: what they show, whether the list goes on at either side, and what they cost."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession
from uuid_utils.compat import uuid7

from db.tables import CourseRow
from gateway.services.catalog import Page, PurchaseFilter
from gateway.services.core.values import Course, OnExisting, Origin, Purchase, PurchaseStatus
from gateway.services.paging import Keys, Window, keys_of
from tests.service import Service, statements_of, student

pytestmark = pytest.mark.anyio

ALL = PurchaseFilter()


async def granted(service: Service, course: Course, number: int) -> list[UUID]:
    """So many purchases of as many students, the oldest first."""
    return [(await service.created(course, f"student-{index}")).id for index in range(number)]


def ids_of(page: Page[Purchase] | Page[Course]) -> list[UUID]:
    return [item.id for item in page.items]


async def page_of(service: Service, size: int, **window: object) -> tuple[list[UUID], bool, bool]:
    page = await service.catalog.purchase_page(ALL, Window(size, **window))  # type: ignore[arg-type]  # by name
    return ids_of(page), page.has_previous, page.has_next


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


async def test_bounds_that_cross_show_nothing(service: Service) -> None:
    ids = await granted(service, await service.save_course(), 3)
    found, _, _ = await page_of(service, 2, after=ids[2], before=ids[0])
    assert found == []


def expected(listed: Sequence[UUID], window: Window) -> Keys:
    """What a window over a list shows, told without SQL. The Relay specification leaves open what lies beyond a
    bound; here it counts on the side that the window is not counted from."""

    def place(key: UUID) -> int:  # ids are in time order, so a key that is not in the list has its place as well
        return sum(1 for each in listed if (each > key if window.is_newest_first else each < key))

    begin = 0 if window.after is None else place(window.after) + (window.after in listed)
    end = len(listed) if window.before is None else place(window.before)
    inside = list(listed[begin:end])
    shown = inside[-window.size :] if window.from_end else inside[: window.size]
    has_more = len(inside) > window.size
    first = listed.index(shown[0]) if shown else begin
    last = listed.index(shown[-1]) + 1 if shown else end
    if window.from_end:
        return Keys(shown, has_more, window.before is not None and last < len(listed))
    return Keys(shown, window.after is not None and first > 0, has_more)


@pytest.mark.parametrize("is_newest_first", [False, True])
@pytest.mark.parametrize("from_end", [False, True])
async def test_every_window_shows_what_the_same_window_of_a_plain_list_does(
    service: Service, is_newest_first: bool, from_end: bool
) -> None:
    first, second, absent, third = [(await service.save_course()).id for _ in range(4)]
    ids = [first, second, third]
    listed = ids[::-1] if is_newest_first else ids
    bounds: list[UUID | None] = [None, UUID(int=0), absent, *ids]
    async with AsyncSession(service.readers) as session:
        for size, after, before in product((1, 2, 4), bounds, bounds):
            window = Window(size, after, before, from_end, is_newest_first)
            found = await keys_of(session, col(CourseRow.id), [col(CourseRow.id) != absent], window)
            assert found == expected(listed, window), window


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
    page = await service.catalog.purchase_page(
        PurchaseFilter(tier="BASIC", status=PurchaseStatus.ACTIVE), Window(9, ids[1])
    )
    assert ids_of(page) == ids[2:]


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
        page = await service.catalog.purchase_page(wanted, Window(9))
        assert (ids_of(page), page.has_previous, page.has_next) == (found, False, False), wanted


async def test_a_filtered_list_is_walked_as_a_whole_one_is(service: Service) -> None:
    yoga, chess = await service.save_course(), await service.save_course()
    ids = []
    for index in range(4):
        ids.append((await service.created(yoga, f"student-{index}")).id)
        await service.created(chess, f"student-{index}")
    wanted = PurchaseFilter(course_id=yoga.id)
    page = await service.catalog.purchase_page(wanted, Window(2, after=ids[0]))
    assert (ids_of(page), page.has_previous, page.has_next) == (ids[1:3], True, True)


async def test_courses_are_listed_with_their_tiers_in_the_order_they_were_added(service: Service) -> None:
    courses = [await service.save_course(title=title) for title in ("Yoga", "Chess", "Go")]
    page = await service.catalog.course_page(Window(2))
    assert (list(page.items), page.has_previous, page.has_next) == (courses[:2], False, True)


async def test_a_page_takes_the_same_number_of_statements_whatever_its_size(service: Service) -> None:
    course = await service.save_course()
    ids = await granted(service, course, 12)
    for _ in range(5):
        await service.save_course()
    for window in (Window(1), Window(1, ids[0]), Window(1, before=ids[9], from_end=True)):
        counts = []
        for size in (1, 8):
            with statements_of(service.readers.sync_engine) as statements:
                assert (await service.catalog.purchase_page(ALL, replace(window, size=size))).items
                await service.catalog.course_page(replace(window, size=size))
            counts.append(len(statements))
        assert counts[0] == counts[1] <= 2 * 3, window


async def test_reads_of_many_take_one_statement(service: Service) -> None:
    course = await service.save_course()
    paid = [await service.paid(student(f"student-{index}"), course) for index in range(5)]
    payments, purchases = [payment.id for payment, _ in paid], [purchase.id for _, purchase in paid]
    for read, ids in (
        (service.catalog.payments, payments),
        (service.catalog.purchases, purchases),
        (service.catalog.purchases_of_payments, payments),
        (service.catalog.successors, purchases),
        (service.catalog.courses, [course.id]),
    ):
        with statements_of(service.readers.sync_engine) as statements:
            await read(ids)
        assert len(statements) == 1, read


async def test_purchases_are_found_by_their_payments_and_by_what_they_superseded(service: Service) -> None:
    course = await service.save_course()
    payment, first = await service.paid(student(), course)
    _, second = await service.paid(student(), course, "STANDARD")
    found = await service.catalog.purchases_of_payments([payment.id, uuid7()])
    assert {key: purchase.id for key, purchase in found.items()} == {payment.id: first.id}
    assert await service.catalog.successors([first.id, second.id]) == {first.id: second}
