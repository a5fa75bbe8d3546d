"""What is kept of entries that somebody else wrote: as they are where they are right, cleaned where that helps."""

import pytest

from gateway.services.core.model.metadata import Label
from gateway.services.core.rules.inputs.free_entries import keep
from gateway.services.core.rules.inputs.metadata import LONGEST_LABEL_KEY, LONGEST_LABEL_VALUE, MOST_LABELS


def test_right_entries_are_kept_as_they_are_in_the_order_of_their_names() -> None:
    kept = keep({"b": "two  words", "a": "one"})
    assert kept.labels == (Label("a", "one"), Label("b", "two  words"))
    assert (kept.cleaned, kept.left_out) == ((), ())


def test_blank_entries_are_none_and_nobody_is_told() -> None:
    kept = keep({"a": "", "b": "  \n"})
    assert (kept.labels, kept.cleaned, kept.left_out) == ((), (), ())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("two\nlines", "two lines"),
        ("a\u202eb", "ab"),
        ("half \ud83d", "half \ufffd"),
        ("x" * (LONGEST_LABEL_VALUE + 1), "x" * LONGEST_LABEL_VALUE),
    ],
)
def test_a_value_that_is_not_right_is_cleaned_and_named(text: str, value: str) -> None:
    kept = keep({"a": text})
    assert (kept.labels, kept.cleaned, kept.left_out) == ((Label("a", value),), ("a",), ())


def test_what_cannot_be_a_label_is_left_out_by_a_name_that_can_be_read() -> None:
    kept = keep({"n" * (LONGEST_LABEL_KEY + 1): "x", "a": "\u202e"})
    assert (kept.labels, kept.left_out) == ((), ("a", "n" * LONGEST_LABEL_KEY))


def test_those_beyond_the_most_are_left_out() -> None:
    names = [f"n{number:03}" for number in range(MOST_LABELS + 2)]
    kept = keep(dict.fromkeys(names, "x"))
    assert ([label.key for label in kept.labels], list(kept.left_out)) == (names[:MOST_LABELS], names[MOST_LABELS:])
