"""Why money went back, as one short line for people, made of a provider's code or somebody's comment."""

LONGEST = 200
"""Longer than any code, and enough of a comment."""


def as_text(text: str | None) -> str | None:
    """A provider's `product_not_received`, or what a person wrote there, as one short line; None for nothing."""
    printable = "".join(each if each.isprintable() else " " for each in text or "")
    return " ".join(printable.replace("_", " ").split())[:LONGEST].strip() or None


def dispute_reason(text: str | None) -> str:
    words = as_text(text)
    return f"disputed: {words}" if words else "disputed"
