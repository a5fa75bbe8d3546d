"""Arguments and inputs to core values: ids, texts and windows, each wrong one named."""

from uuid import UUID

from gateway.schema import ids
from gateway.schema.connections import OrderDirection, asked_size, key_of
from gateway.schema.errors import bad_input
from gateway.services.core.outcomes import FieldProblem
from gateway.services.paging import Window


class Fields:
    """Reads an input's ids and notes what is wrong with them, so that one answer names all that is."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def id(self, prefix: str, text: str, name: str) -> UUID:
        """The id that a text means; where it means none, the problem is noted and the nil UUID stands in."""
        key = ids.from_text(prefix, text)
        if key is None:
            self.problems.append(FieldProblem((name,), f"must be an id such as {ids.EXAMPLES[prefix]}"))
        return key or UUID(int=0)


def id_argument(prefix: str, text: str, name: str = "id") -> UUID:
    """The id that an argument means.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it means none.
    """
    key = ids.from_text(prefix, text)
    if key is None:
        raise bad_input(f"{name} must be an id such as {ids.EXAMPLES[prefix]}")
    return key


def window(
    first: int | None,
    after: str | None,
    last: int | None,
    before: str | None,
    direction: OrderDirection = OrderDirection.ASC,
) -> Window:
    """The part of a list that a caller asks for.

    Raises:
        GraphQLError: BAD_USER_INPUT, for a size out of bounds or a cursor that is none.
    """
    size, from_end = asked_size(first, last)
    return Window(
        size,
        after=key_of(after, "after"),
        before=key_of(before, "before"),
        from_end=from_end,
        is_newest_first=direction is OrderDirection.DESC,
    )
