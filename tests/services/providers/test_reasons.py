"""A reason is one short line that every database and every screen can hold."""

import pytest

from gateway.services.providers.reasons import in_words, of_dispute


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("requested_by_customer", "requested by customer"),
        ("  bought\ttwice,\nsorry ", "bought twice, sorry"),
        ("a\x00b\ud800c\u202ed", "a b c d"),
        ("é" * 300, "é" * 200),
        ("", None),
        ("\x00", None),
        (None, None),
    ],
)
def test_it_is_one_short_printable_line(said: str | None, words: str | None) -> None:
    assert in_words(said) == words


def test_a_dispute_without_a_reason_is_a_dispute() -> None:
    assert [of_dispute(said) for said in ("general", "", None)] == ["disputed: general", "disputed", "disputed"]
