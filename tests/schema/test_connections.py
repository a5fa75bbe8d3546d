"""Lists: sizes within bounds, and pages that say where they lie."""

from uuid import UUID

import pytest
from graphql import GraphQLError

from gateway.schema.conventions.connections import MOST, Listed, PageInfo, asked, asked_size, size_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.errors import ErrorCode
from gateway.services.core.model import values
from gateway.services.core.model.pages import Page, Place, Window
from tests.services.core.examples import COURSE

CURSORS = Cursors("courses")
PLACES = [Place(UUID(int=number)) for number in (1, 2, 3)]


@pytest.mark.parametrize("size", [0, 1, 2, 99, MOST])
def test_a_size_of_0_to_100_is_as_asked(size: int) -> None:
    assert size_of(size) == size
    assert asked_size(size, None) == (size, False)
    assert asked_size(None, size) == (size, True)


@pytest.mark.parametrize("size", [-1, MOST + 1, 10**6, 2**31 - 1, -(2**31)])
def test_a_size_out_of_bounds_is_refused_by_its_arguments_name(size: int) -> None:
    for first, last, name in ((size, None, "first"), (None, size, "last")):
        with pytest.raises(GraphQLError, match=f"^{name} must be 0 to 100; this is {size}$") as refused:
            asked_size(first, last)
        assert refused.value.extensions == {"code": ErrorCode.BAD_USER_INPUT.value}


def test_without_a_size_a_page_has_the_first_20() -> None:
    assert asked_size(None, None) == (20, False)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (0, 1), (1, 0)])
def test_a_page_is_counted_from_one_end_only(first: int, last: int) -> None:
    with pytest.raises(GraphQLError, match=r"^give first or last, not both$"):
        asked_size(first, last)


def test_what_is_asked_for_is_a_window_over_the_list() -> None:
    cursors = Cursors("courses", is_newest_first=True)
    one, two = (cursors.write(place) for place in PLACES[:2])
    assert asked(None, None, None, None, CURSORS) == Window(20)
    assert asked(5, one, None, two, cursors) == Window(5, PLACES[0], PLACES[1], is_newest_first=True)
    assert asked(None, None, 0, None, CURSORS) == Window(0, from_end=True)


def test_each_edge_has_its_items_own_cursor() -> None:
    listed = Listed(Page([COURSE] * 3, PLACES, has_previous=True, has_next=False), CURSORS)
    assert [CURSORS.read(placed.cursor, "after") for placed in listed.placed] == PLACES
    assert [placed.item.title for placed in listed.placed] == [COURSE.title] * 3
    assert listed.page.items == [placed.item for placed in listed.placed]


def test_a_page_names_its_first_and_its_last_cursor() -> None:
    info = PageInfo.of(Listed(Page([COURSE] * 3, PLACES, has_previous=True, has_next=False), CURSORS))
    assert (info.start_cursor, info.end_cursor) == (CURSORS.write(PLACES[0]), CURSORS.write(PLACES[2]))
    assert (info.has_previous_page, info.has_next_page) == (True, False)


def test_an_empty_page_has_no_cursors() -> None:
    nothing: Page[values.Course] = Page([], [], has_previous=False, has_next=True)
    listed = Listed(nothing, CURSORS)
    info = PageInfo.of(listed)
    assert (listed.placed, listed.page.items) == ([], [])
    assert (info.start_cursor, info.end_cursor) == (None, None)
    assert (info.has_previous_page, info.has_next_page) == (False, True)
