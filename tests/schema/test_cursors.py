"""Cursors: read as they were written, and taken by no other list than their own."""

import base64
from datetime import UTC, datetime
from itertools import permutations
from uuid import UUID

import pytest
from graphql import GraphQLError
from hypothesis import given, settings
from hypothesis import strategies as st

from db.types import microseconds_of
from gateway.schema.conventions.cursors import Cursors
from gateway.schema.conventions.errors import ErrorCode
from gateway.services.core.model.pages import Place
from tests.draws import many

KEY = UUID("01a205cf-b5a5-76d7-9021-422d7ed12b95")
PLAIN, TIMED = Cursors("list"), Cursors("list", is_timed=True)
EVERY = [
    Cursors(name, is_timed, is_newest_first)
    for name in ("list", "lists", "a.list")
    for is_timed in (False, True)
    for is_newest_first in (False, True)
]
CURSOR = PLAIN.write(Place(KEY))
INSTANTS = st.datetimes(timezones=st.just(UTC))


def test_a_cursor_is_the_items_place_safe_in_a_url() -> None:
    assert CURSOR == "bGlzdCsBogXPtaV215AhQi1-0SuV"
    assert "/" not in PLAIN.write(Place(UUID(int=2**128 - 1)))


@settings(derandomize=True)
@given(st.sampled_from(EVERY), st.uuids(), INSTANTS)
def test_a_cursor_is_read_as_the_place_it_was_written_for(cursors: Cursors, key: UUID, at: datetime) -> None:
    place = Place(key, at if cursors.is_timed else None)
    assert cursors.read(cursors.write(place), "after") == place


@settings(derandomize=True)
@given(st.sampled_from(EVERY), st.uuids(), INSTANTS)
def test_a_cursor_is_written_of_a_place_as_it_is_stored(cursors: Cursors, key: UUID, at: datetime) -> None:
    place = Place(key, at if cursors.is_timed else None)
    stored = microseconds_of(at) if cursors.is_timed else None
    assert cursors.write_stored(stored, key.bytes) == cursors.write(place)


@pytest.mark.parametrize(("at", "key"), [(0, b"short"), (0, KEY.bytes * 2), (2**62, KEY.bytes), (-(2**62), KEY.bytes)])
def test_what_is_no_place_has_no_cursor(at: int, key: bytes) -> None:
    with pytest.raises(ValueError, match="no place"):
        TIMED.write_stored(at, key)


def test_no_cursor_is_no_place() -> None:
    assert PLAIN.read(None, "after") is None


@pytest.mark.parametrize(("theirs", "ours"), list(permutations(EVERY, 2)))
def test_a_cursor_of_another_list_or_another_order_is_refused(theirs: Cursors, ours: Cursors) -> None:
    cursor = theirs.write(Place(KEY, datetime(2026, 11, 23, tzinfo=UTC) if theirs.is_timed else None))
    with pytest.raises(GraphQLError):
        ours.read(cursor, "after")


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
        base64.b64encode(KEY.bytes).decode(),
    ],
    ids=lambda cursor: ascii(cursor)[:40],
)
def test_what_is_no_cursor_is_refused_by_its_arguments_name(cursor: str, argument: str) -> None:
    with pytest.raises(GraphQLError, match=f"^{argument} is not a cursor of this list in this order$") as refused:
        PLAIN.read(cursor, argument)
    assert refused.value.extensions == {"code": ErrorCode.BAD_USER_INPUT.value}


@pytest.mark.parametrize("since", [2**63 - 1, -(2**63)])
def test_an_instant_that_there_is_not_is_no_place(since: int) -> None:
    forged = b"list+" + since.to_bytes(8, "big", signed=True) + KEY.bytes
    with pytest.raises(GraphQLError):
        TIMED.read(base64.urlsafe_b64encode(forged).decode().rstrip("="), "after")


@settings(derandomize=True, max_examples=many(100))
@given(st.sampled_from([PLAIN, TIMED]), st.text(max_size=50) | st.binary(max_size=40))
def test_any_text_is_either_a_cursor_or_refused(cursors: Cursors, given_: str | bytes) -> None:
    text = given_ if isinstance(given_, str) else base64.urlsafe_b64encode(b"list+" + given_).decode().rstrip("=")
    try:
        place = cursors.read(text, "after")
    except GraphQLError as refused:
        assert refused.message == "after is not a cursor of this list in this order"  # noqa: PT017  it may also be right
    else:
        assert place is not None
        assert cursors.write(place) == text
