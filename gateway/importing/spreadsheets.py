"""How a text of others is written where a spreadsheet may open it: in reports of imports, and in what is exported."""

FORMULAS = frozenset("=+-@\t\r\n'＝＋－＠")
"""How a text begins that a spreadsheet takes for a formula (OWASP, "CSV Injection"); and the sign that we put before
it, so that one leading ' taken away always gives the text."""


def guarded(text: str) -> str:
    """The text as a cell that no spreadsheet takes for a formula."""
    return f"'{text}" if text and text[0] in FORMULAS else text
