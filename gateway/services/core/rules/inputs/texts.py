"""Which texts are accepted from callers."""

import unicodedata


def text_problem(text: str, longest: int) -> str | None:
    """Why a text cannot be stored and shown as it is, or None.

    Control characters, line separators and the marks that change the direction of writing are refused, because they
    hide things from readers; lone surrogates and NUL, because not every database can store them. Joiners are part of
    letters in some scripts, and are allowed."""
    if text.isascii() and text.isprintable() and text.strip():  # nearly every text: told at once
        return _length_problem(text, longest)
    if not any(unicodedata.category(character) not in _INVISIBLE for character in text):
        return "must not be empty"
    if problem := _length_problem(text, longest):
        return problem
    if any(unicodedata.category(each) in _REFUSED or each in _TURNS_DIRECTION for each in text):
        return "must not have control characters or broken Unicode in it"
    return None


def lines_problem(text: str, longest: int) -> str | None:
    """The same for a text of one or more lines, which may be empty."""
    if problem := _length_problem(text, longest):
        return problem
    problems = (text_problem(line, longest) for line in text.split("\n") if line)
    return next((problem for problem in problems if problem), None)


def tidy_lines(text: str | None) -> str | None:
    """A text of lines without blanks around it or at their ends, ended by a line feed alone; None where nothing is
    left."""
    lines = (text or "").replace("\r\n", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip() or None


def _length_problem(text: str, longest: int) -> str | None:
    return f"must have at most {longest} characters; this has {len(text)}" if len(text) > longest else None


_INVISIBLE = {"Cf", "Zs", "Zl", "Zp"}


_REFUSED = {"Cc", "Cs", "Zl", "Zp"}


_TURNS_DIRECTION = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
