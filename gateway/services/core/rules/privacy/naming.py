"""Whether a text, such as a caller's key or an old system's id, names a student by their id."""

import re

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


def _edge(character: str, side: str) -> str:
    """That what stands beside a character does not go on with its word or number."""
    if character.isdigit():
        return rf"(?{side}!\d)"
    return rf"(?{side}![^\W\d_])" if character.isalpha() else ""
