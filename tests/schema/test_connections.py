"""Lists: cursors that are read as they were written, sizes within bounds, and pages that say where they lie."""

import base64
from uuid import UUID

import pytest
from graphql import GraphQLError
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.schema.connections import asked_size, connection_of, cursor_of, edges_of, key_of
from gateway.schema.courses import Course
from gateway.schema.errors import ErrorCode
from gateway.schema.sizes import MOST, size_of
from tests.services.core.examples import COURSE

KEY = UUID("01a205cf-b5a5-76d7-9021-422d7ed12b95")
CURSOR = "AaIFz7WldteQIUItftErlQ"


def test_a_cursor_is_the_items_key_safe_in_a_url() -> None:
    assert cursor_of(KEY) == CURSOR
    assert cursor_of(UUID(int=2**128 - 1)) == "_" * 21 + "w"


@settings(derandomize=True)
@given(st.uuids())
def test_a_cursor_is_read_as_the_key_it_was_written_for(key: UUID) -> None:
    assert key_of(cursor_of(key), "after") == key


def test_no_cursor_is_no_key() -> None:
    assert key_of(None, "after") is None


@pytest.mark.parametrize("argument", ["after", "before"])
@pytest.mark.parametrize(
    "cursor",
    [
        *("", "A", "AA", CURSOR[:-1], CURSOR + "A", CURSOR + "AA", CURSOR * 2, CURSOR * 10_000, CURSOR + "=", "=" * 22),
        *(
            CURSOR + "==",
            CURSOR + "\n",
            " " + CURSOR,
            CURSOR[:10] + " " + CURSOR[10:],
            CURSOR[:10] + "\n" + CURSOR[10:],
        ),
        *(CURSOR[:-1] + letter for letter in "!%é\x00\ud800\U0001f9d8"),
        *("crs_01m82wzdd5evbs08a25nzd2awn", str(KEY), KEY.hex, "YXJyYXljb25uZWN0aW9uOjA", "0", "null"),
        base64.b64encode(b"short").decode(),
    ],
    ids=lambda cursor: ascii(cursor)[:40],
)
def test_what_is_no_cursor_is_refused_by_its_arguments_name(cursor: str, argument: str) -> None:
    with pytest.raises(GraphQLError, match=f"^{argument} is not a cursor of this list$") as refused:
        key_of(cursor, argument)
    assert refused.value.extensions == {"code": ErrorCode.BAD_USER_INPUT.value}


@settings(derandomize=True, max_examples=300)
@given(st.text(max_size=30) | st.text("AaZz09-_=", min_size=20, max_size=24))
def test_any_text_is_either_a_cursor_or_refused(text: str) -> None:
    try:
        key = key_of(text, "after")
    except GraphQLError as refused:
        assert refused.message == "after is not a cursor of this list"  # noqa: PT017  a text may also be right
    else:
        assert key is not None
        assert key_of(cursor_of(key), "after") == key


@pytest.mark.parametrize("size", [1, 2, 99, MOST])
def test_a_size_of_1_to_100_is_as_asked(size: int) -> None:
    assert size_of(size) == size
    assert asked_size(size, None) == (size, False)
    assert asked_size(None, size) == (size, True)


@pytest.mark.parametrize("size", [0, -1, MOST + 1, 2**31 - 1, -(2**31)])
def test_a_size_out_of_bounds_is_refused_by_its_arguments_name(size: int) -> None:
    for first, last, name in ((size, None, "first"), (None, size, "last")):
        with pytest.raises(GraphQLError, match=f"^{name} must be 1 to 100; this is {size}$") as refused:
            asked_size(first, last)
        assert refused.value.extensions == {"code": ErrorCode.BAD_USER_INPUT.value}


def test_without_a_size_a_page_has_the_first_20() -> None:
    assert asked_size(None, None) == (20, False)


@pytest.mark.parametrize(("first", "last"), [(1, 1), (0, 1), (1, 0)])
def test_a_page_is_counted_from_one_end_only(first: int, last: int) -> None:
    with pytest.raises(GraphQLError, match=r"^give first or last, not both$"):
        asked_size(first, last)


def test_each_edge_has_its_items_own_cursor() -> None:
    keys = [UUID(int=1), UUID(int=2)]
    edges = edges_of([(key, COURSE) for key in keys], Course.of)
    assert [key_of(edge.cursor, "after") for edge in edges] == keys
    assert [edge.node.title for edge in edges] == [COURSE.title] * 2


def test_a_page_names_its_first_and_its_last_cursor() -> None:
    edges = edges_of([(UUID(int=number), COURSE) for number in (1, 2, 3)], Course.of)
    page = connection_of(edges, has_previous=True, has_next=False)
    assert page.edges == edges
    assert page.nodes == [edge.node for edge in edges]
    assert (page.page_info.start_cursor, page.page_info.end_cursor) == (cursor_of(UUID(int=1)), cursor_of(UUID(int=3)))
    assert (page.page_info.has_previous_page, page.page_info.has_next_page) == (True, False)


def test_an_empty_page_has_no_cursors() -> None:
    edges = edges_of([], Course.of)
    page = connection_of(edges, has_previous=False, has_next=True)
    assert (page.edges, page.nodes) == ([], [])
    assert (page.page_info.start_cursor, page.page_info.end_cursor) == (None, None)
    assert (page.page_info.has_previous_page, page.page_info.has_next_page) == (False, True)
