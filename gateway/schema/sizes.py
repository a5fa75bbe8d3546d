"""How many items a caller may ask for at once."""

from gateway.schema.errors import bad_input

MOST = 100
"""A page that a person can look at, and a query whose cost is known before it runs."""


def size_of(first: int, argument: str = "first") -> int:
    """The number as given. None at all may be asked for: a list's page info says then whether it has anything.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it is not 0 to 100.
    """
    if not 0 <= first <= MOST:
        raise bad_input(f"{argument} must be 0 to {MOST}; this is {first}")
    return first
