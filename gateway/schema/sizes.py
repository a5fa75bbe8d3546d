"""How many items a caller may ask for at once."""

from gateway.schema.errors import bad_input

MOST = 100
"""A page that a person can look at, and a query whose cost is known before it runs."""


def size_of(first: int, argument: str = "first") -> int:
    """The number as given.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it is not 1 to 100.
    """
    if not 1 <= first <= MOST:
        raise bad_input(f"{argument} must be 1 to {MOST}; this is {first}")
    return first
