"""JSON is read and written as the standard library does it, by whichever of the two is faster."""

import json as standard
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.http import json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@given(VALUES)
def test_what_is_read_is_what_was_meant(value: Any) -> None:
    assert json.read(standard.dumps(value).encode()) == value
    assert json.read(standard.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize("number", [2**53 + 1, 2**63, 2**64, -(2**64), 10**30])
def test_an_integer_stays_that_integer(number: int) -> None:
    assert json.read(str(number).encode()) == number


def test_a_lone_surrogate_is_read_and_written() -> None:
    assert json.read(rb'"\ud800"') == "\ud800"
    assert json.write({"a": "\ud800"}) == rb'{"a": "\ud800"}'


@pytest.mark.parametrize("content", [b"", b"{", b"NaN", b'{"a": Infinity}', b'"\xff"', b"[" * 2_000, b"\xef\xbb\xbf{}"])
def test_what_is_no_json_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  which, nobody asks
        json.read(content)
