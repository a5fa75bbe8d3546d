"""A reason is one short line that every database and every screen can hold."""

import pytest

from gateway.services.providers.reasons import as_text, dispute_reason


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
    assert as_text(said) == words


def test_a_dispute_without_a_reason_is_a_dispute() -> None:
    assert [dispute_reason(said) for said in ("general", "", None)] == ["disputed: general", "disputed", "disputed"]
