"""Inputs to core values: ids, each wrong one named; and the items of lists."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from strawberry import Info

from gateway.context import Context
from gateway.schema.conventions import ids
from gateway.schema.conventions.ids import id_argument as id_argument  # for an argument by itself, which is an error
from gateway.services.core.model.outcomes import FieldProblem, InvalidInput, Outcome


class InputReader:
    """Reads an input's ids and notes each problem, so that one answer names them all."""

    def __init__(self) -> None:
        self.problems: list[FieldProblem] = []

    def id(self, prefix: str, text: str, name: str) -> UUID:
        """The id that a text means; where it means none, the problem is noted and the nil UUID stands in."""
        key = ids.from_text(prefix, text)
        if key is None:
            self.problems.append(FieldProblem((name,), f"must be an id such as {ids.EXAMPLES[prefix]}"))
        return key or UUID(int=0)


GatewayInfo = Info[Context, None]


def mutation_context(info: GatewayInfo) -> Context:
    """The request's context for one more mutation: what an earlier one made it read may have changed."""
    context = info.context
    context.reads.forget()
    return context


def too_many(items: Sequence[object], most: int) -> list[Outcome]:
    """The result of each item of a list that is longer than it may be; none where it is not."""
    if len(items) <= most:
        return []
    return [InvalidInput((FieldProblem((), f"must be {most} at most; these are {len(items)}"),))] * len(items)


def of_item(index: int, outcome: Outcome) -> Outcome:
    """The outcome with its item's place on the way to each wrong field."""
    if not isinstance(outcome, InvalidInput):
        return outcome
    return InvalidInput(tuple(replace(each, path=(str(index), *each.path)) for each in outcome.fields))
