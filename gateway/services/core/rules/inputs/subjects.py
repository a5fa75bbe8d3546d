"""The one rule for a token's subject, and so for a student's id at every endpoint.

Two subjects are the same when their characters are: nothing is folded or normalised (RFC 7519 §7.3). So characters that
a reader cannot see are refused: a student's id that no token can have would be a purchase for nobody.
"""

import unicodedata
from typing import TypeGuard

LONGEST_SUBJECT = 128

PSEUDONYM = "erased-"
PSEUDONYM_BYTES = 16
"""Of chance, in hexadecimal after the prefix: nobody comes from it to an id, nor to it from an id."""

_BLANK = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")
"""Invisible characters that Python calls printable: fillers, joiners, unwritten vowels. With the variation selectors,
these are Unicode's Default_Ignorable_Code_Points and the Braille blank."""
_HEXADECIMAL = frozenset("0123456789abcdef")
_TRIMMED = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})


def subject_problem(text: str) -> str | None:
    """Why this cannot be anybody's id, or None."""
    if not text:
        return "must not be empty"
    if len(text) > LONGEST_SUBJECT:
        return f"must have at most {LONGEST_SUBJECT} characters; this has {len(text)}"
    is_plain = text.isascii() and text.isprintable()  # nearly every id: told at once
    if not is_plain and any(character != " " and not _is_seen(character) for character in text):
        return "must not have invisible characters, control characters or broken Unicode in it"
    if text != text.strip():
        return "must not begin or end with a blank"
    return None


def pseudonym_of(random: bytes) -> str:
    """What stands for an erased student, made of so many random bytes."""
    assert len(random) == PSEUDONYM_BYTES
    return PSEUDONYM + random.hex()


def is_pseudonym(text: str) -> bool:
    """Whether it has the form of what stands for an erased student, and so is nobody's id."""
    random = text.removeprefix(PSEUDONYM)
    return text.startswith(PSEUDONYM) and len(random) == 2 * PSEUDONYM_BYTES and not set(random) - _HEXADECIMAL


def is_subject(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and subject_problem(value) is None and not is_pseudonym(value)


def trimmed(text: str) -> str:
    """The text without invisible characters at its ends, for ids that were written where this rule was not applied.
    Broken Unicode stays, as nobody knows what it was."""
    if text and "!" <= text[0] <= "~" and "!" <= text[-1] <= "~":  # nearly every id: told at once
        return text
    begin, end = 0, len(text)
    while begin < end and _is_dispensable(text[begin]):
        begin += 1
    while begin < end and _is_dispensable(text[end - 1]):
        end -= 1
    return text[begin:end]


def _is_seen(character: str) -> bool:
    """Python's `isprintable` excludes control, format, surrogate and unassigned characters, and every other space."""
    return character.isprintable() and character != " " and not _is_ignorable(character)


def _is_ignorable(character: str) -> bool:
    return character in _BLANK or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"


def _is_dispensable(character: str) -> bool:
    return unicodedata.category(character) in _TRIMMED or _is_ignorable(character)
