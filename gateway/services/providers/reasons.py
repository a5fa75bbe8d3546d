"""Why money went back, in a few words for people, whatever a provider's codes and people's comments hold."""

LONGEST = 200
"""More than any code, and enough of a comment; it is shown in one line."""


def in_words(said: str | None) -> str | None:
    """A provider's `product_not_received`, or what a person wrote there, as one short line; None for nothing."""
    printable = "".join(each if each.isprintable() else " " for each in said or "")
    return " ".join(printable.replace("_", " ").split())[:LONGEST].strip() or None


def of_dispute(said: str | None) -> str:
    words = in_words(said)
    return f"disputed: {words}" if words else "disputed"
