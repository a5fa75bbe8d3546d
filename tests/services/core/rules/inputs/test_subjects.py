"""Subjects: whoever a token may speak for may own a purchase, and nobody else."""

import unicodedata
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.services.core.rules.inputs.subjects import LONGEST_SUBJECT, is_subject, subject_problem, trimmed
from tests.services.core.examples import CREATE
from tests.services.core.states import ADOPT

INVISIBLE = (
    *("\ufeff", "\u200b", "\u200c", "\u200d", "\u2060", "\u202e", "\u2066", "\u00ad", "\U000e0061"),
    *("\u00a0", "\u2003", "\u3000", "\u2028", "\t", "\n", "\x00", "\x7f", "\x85"),
    *("\u034f", "\u115f", "\u3164", "\uffa0", "\u17b4", "\u180b", "\u180e", "\u2800", "\ufe0f", "\U000e0100"),
)
PEOPLE = ("s", "auth0|5f7c", "Zoë <z@x.example>", "राम", "李", "a b", "x" * LONGEST_SUBJECT)


@pytest.mark.parametrize("subject", PEOPLE)
def test_printable_text_is_somebody(subject: str) -> None:
    assert subject_problem(subject) is None
    assert trimmed(subject) == subject


@pytest.mark.parametrize("invisible", INVISIBLE, ids=ascii)
def test_what_cannot_be_seen_is_in_nobodys_name(invisible: str) -> None:
    """Save where it is trimmed: at the ends of what was written before anybody judged it."""
    for subject in (f"{invisible}s2", f"s2{invisible}", f"s{invisible}2"):
        assert subject_problem(subject) is not None
    assert trimmed(f"{invisible} s2 {invisible}") == "s2"
    assert trimmed(f"s{invisible}2") == f"s{invisible}2"


@pytest.mark.parametrize(
    "subject", ["", " ", " s2", "s2 ", "\ud800", "s2\ud800", "x" * (LONGEST_SUBJECT + 1)], ids=ascii
)
def test_blanks_at_an_end_broken_unicode_and_what_is_too_long_are_nobody(subject: str) -> None:
    assert not is_subject(subject)


@pytest.mark.parametrize("value", [None, 7, True, [], {}])
def test_a_subject_is_text(value: object) -> None:
    assert not is_subject(value)


def test_two_spellings_of_one_letter_are_two_people() -> None:
    """As two tokens are compared: nobody comes to another's purchase by a likeness."""
    composed, decomposed = "Zo\u00eb", "Zoe\u0308"
    assert unicodedata.normalize("NFC", decomposed) == composed
    assert is_subject(composed)
    assert is_subject(decomposed)


@given(st.text(max_size=8))
def test_whoever_is_granted_or_adopted_a_purchase_may_have_a_token(text: str) -> None:
    for command in (replace(CREATE, student_id=text), replace(ADOPT, student_id=text)):
        assert ([problem.path for problem in command.problems()] == []) is is_subject(text)
    assert trimmed(trimmed(text)) == trimmed(text) in text
