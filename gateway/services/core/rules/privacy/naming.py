"""Whether a text names a student by their id, as a caller's key may; and what is said of one who was erased."""

import re

from gateway.services.core.rules.inputs.subjects import is_pseudonym

ERASED = "(erased)"
"""In the place of a text."""

TELLING = 3
"""Characters from which on an id within a longer text is one, and no part of something else."""


def is_named(student_id: str, text: str) -> bool:
    """Whether a text is the id, or has it; but not in the midst of a longer word or number: `12` is not in `2129`, nor
    `ann` in `annual`, and yet in `ann_yoga`, `ann2`."""
    if text == student_id:
        return True
    if len(student_id) < TELLING:
        return False
    return re.search(f"{_edge(student_id[0], '<')}{re.escape(student_id)}{_edge(student_id[-1], '')}", text) is not None


def said_of(student_id: str, text: str) -> str:
    """What somebody else, such as a provider, says now of a student's money: whoever was erased may be named in it."""
    return ERASED if is_pseudonym(student_id) else text


def _edge(character: str, side: str) -> str:
    """That what stands beside a character does not go on with its word or number."""
    if character.isdigit():
        return rf"(?{side}!\d)"
    return rf"(?{side}![^\W\d_])" if character.isalpha() else ""
