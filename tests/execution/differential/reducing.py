"""The smallest operation that still differs, for whoever has to find out why."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    ObjectFieldNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.execution.differential.ornaments import Drawn

REMOVABLE = (
    FragmentDefinitionNode,
    OperationDefinitionNode,
    FieldNode,
    InlineFragmentNode,
    FragmentSpreadNode,
    ArgumentNode,
    ObjectFieldNode,
    DirectiveNode,
    VariableDefinitionNode,
)
"""What an operation may be without, the largest first."""


async def smallest(drawn: Drawn, schema: GraphQLSchema, differs: Callable[[Drawn], Awaitable[bool]]) -> Drawn:
    """What is left of an operation that differs, when nothing more can be left out of it."""
    while True:
        async for smaller in _differing(drawn, schema, differs):
            drawn = smaller
            break
        else:
            return drawn


async def _differing(
    drawn: Drawn, schema: GraphQLSchema, differs: Callable[[Drawn], Awaitable[bool]]
) -> AsyncIterator[Drawn]:
    for smaller in _smaller(drawn):
        if not validate(schema, parse(smaller.text)) and await differs(smaller):
            yield smaller


def _smaller(drawn: Drawn) -> Iterator[Drawn]:
    """The same without one of its parts, and what only that part needs."""
    document = parse(drawn.text)
    for kind in REMOVABLE:
        removing = _Removing(kind, -1)
        visit(document, removing)
        for place in range(removing.seen):
            text = print_ast(visit(document, _Removing(kind, place)))
            if "{}" in text:
                continue
            try:
                yield _without_unused(replace(drawn, text=text))
            except GraphQLError:  # nothing is left between two braces
                continue


class _Removing(Visitor):
    """Removes the node of a kind that comes at a place."""

    def __init__(self, kind: type[Node], place: int) -> None:
        super().__init__()
        self._kind, self._place, self.seen = kind, place, 0

    def enter(self, node: Node, *_: Any) -> Any:
        if isinstance(node, self._kind):
            self.seen += 1
            if self.seen - 1 == self._place:
                return REMOVE
        return None


def _without_unused(drawn: Drawn) -> Drawn:
    """Without the variables and fragments that nothing names. Raises: GraphQLError."""
    parse(drawn.text)
    text = drawn.text
    while True:
        document = parse(text)
        unused = _Unused(text)
        shorter = print_ast(visit(document, unused))
        if shorter == print_ast(document):
            break
        text = shorter
    given = {name: value for name, value in drawn.variables.items() if f"${name}" in text}
    return replace(drawn, text=text, variables=given, again=None)


class _Unused(Visitor):
    """Removes what is declared and not used, as far as the text shows."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._words = text.replace("$", " $").replace("...", " ...").replace(",", " ").replace(")", " ").split()
        self._words = [each.rstrip("]}:!") for each in self._words]

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> Any:
        return REMOVE if self._words.count(f"${node.variable.name.value}") < 2 else None

    def enter_fragment_definition(self, node: FragmentDefinitionNode, *_: Any) -> Any:
        return None if f"...{node.name.value}" in self._words else REMOVE
