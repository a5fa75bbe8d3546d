"""Ids and instants made of what SQLite stores: no other than their own constructors make."""

import copy
import pickle
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from db.types import id_from_bytes, instant_from_microseconds, microseconds_of, new_id

STORED = st.binary(min_size=16, max_size=16)


@settings(derandomize=True)
@given(STORED | st.sampled_from([b"\0" * 16, b"\xff" * 16]))
def test_an_id_of_bytes_is_what_its_constructor_makes(stored: bytes) -> None:
    made, constructed = id_from_bytes(stored), UUID(bytes=stored)
    assert (type(made), made, hash(made), repr(made)) == (UUID, constructed, hash(constructed), repr(constructed))
    assert (made.bytes, made.is_safe, made.version) == (stored, constructed.is_safe, constructed.version)
    assert {made: 1}[constructed] == {constructed: 1}[made] == 1
    assert copy.copy(made) == copy.deepcopy(made) == pickle.loads(pickle.dumps(made)) == constructed
    with pytest.raises(TypeError, match="immutable"):
        made.int = 0  # type: ignore[misc]


@settings(derandomize=True)
@given(STORED, STORED)
def test_ids_of_bytes_sort_as_their_bytes_do(one: bytes, other: bytes) -> None:
    assert (id_from_bytes(one) < id_from_bytes(other)) is (one < other)


@pytest.mark.parametrize("stored", [b"", b"\0" * 15, b"\0" * 17])
def test_other_bytes_are_no_id(stored: bytes) -> None:
    with pytest.raises(ValueError, match="16 bytes"):
        id_from_bytes(stored)


@settings(derandomize=True)
@given(
    st.datetimes(timezones=st.just(UTC))
    | st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
)
def test_an_instant_is_read_as_it_is_stored_to_the_microsecond(instant: datetime) -> None:
    stored = microseconds_of(instant)
    assert (instant_from_microseconds(stored), instant_from_microseconds(stored).tzinfo) == (instant, UTC)


def test_new_ids_are_of_version_7_of_now_and_each_is_greater_than_the_one_before() -> None:
    began = datetime.now(UTC) - timedelta(milliseconds=1)  # which is what they count in
    made = [new_id() for _ in range(10_000)]
    assert {each.version for each in made} == {7}
    assert all(one < other for one, other in pairwise(made))
    at = datetime.fromtimestamp((made[0].int >> 80) / 1_000, UTC)
    assert began <= at <= datetime.now(UTC)
    assert type(made[0]) is UUID
    assert pickle.loads(pickle.dumps(made[0])) == made[0] == UUID(made[0].hex)
