"""The limits of a document, counted before any other validation."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    ASTValidationRule,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    OverlappingFieldsCanBeMergedRule,
    SelectionNode,
    SelectionSetNode,
    ValidationContext,
)
from graphql.validation.validate import ValidationAbortedError

from gateway.schema.conventions.errors import over_limit
from gateway.settings.limits import LimitSettings

DIRECTIVES_AT_ONE_PLACE = 4
"""@include and @skip, each once, leave room to spare."""

MOST_COMPARISONS = 25_000
"""Of fields that come under one name at one place, in graphql-core's units, two for each pair. Its own bound is twenty
times as much, half a second. A hundred fragments spread at one place need 20,000; none of our operations needs ten."""

MOST_ERRORS = 10
"""Of one document, and of an operation's variables. Each may quote the whole of them: a hundred, graphql-core's own
bound, took a third of a second where three kilobytes were wrong; fifty of one long object, a tenth."""

INTROSPECTION = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a document and of an operation, see `GATEWAY_LIMIT_…`. `is_open`: whether the schema may be
    read."""

    tokens: int
    depth: int
    aliases: int
    directives: int
    root_fields: int
    cost: int
    is_open: bool

    @classmethod
    def of(cls, settings: LimitSettings) -> "Limits":
        return cls(
            tokens=settings.limit_tokens,
            depth=settings.limit_depth,
            aliases=settings.limit_aliases,
            directives=settings.limit_directives,
            root_fields=settings.limit_root_fields,
            cost=settings.limit_cost,
            is_open=settings.is_schema_open,
        )


@dataclass(slots=True)
class Counts:
    """The counts of a selection set, with its fragments expanded."""

    depth: int = 0
    fields: int = 0
    aliases: int = 0
    directives: int = 0
    at_one_place: int = 0

    def add_directives(self, count: int) -> None:
        self.directives += count
        self.at_one_place = max(self.at_one_place, count)

    def add_inside(self, inner: "Counts", *, deeper: int = 0) -> None:
        self.depth = max(self.depth, inner.depth + deeper)
        self.aliases += inner.aliases
        self.directives += inner.directives
        self.at_one_place = max(self.at_one_place, inner.at_one_place)


class Counting:
    """Counts a document's operations. Each fragment is counted once, however often it is spread: a few hundred of them,
    each spreading the next one twice, would keep a plain walk busy for ever."""

    def __init__(self, document: DocumentNode) -> None:
        fragments = (each for each in document.definitions if isinstance(each, FragmentDefinitionNode))
        self._fragments = {each.name.value: each for each in fragments}
        self._counted: dict[str, Counts] = {}

    def operation(self, operation: OperationDefinitionNode) -> Counts:
        counts = self._set(operation.selection_set)
        counts.add_directives(len(operation.directives or ()))
        for variable in operation.variable_definitions or ():
            counts.add_directives(len(variable.directives or ()))
        return counts

    def _set(self, selections: SelectionSetNode | None) -> Counts:
        counts = Counts()
        for selection in selections.selections if selections else ():
            self._add(counts, selection)
        return counts

    def _add(self, counts: Counts, selection: SelectionNode) -> None:
        counts.add_directives(len(selection.directives or ()))
        if isinstance(selection, FieldNode):
            inner = self._set(selection.selection_set)
            if selection.name.value in INTROSPECTION:
                inner.depth = 0  # introspection is deep by nature, and graphql-core has its own rule for it
            counts.add_inside(inner, deeper=1)
            counts.aliases += selection.alias is not None
            counts.fields += 1
            return
        if isinstance(selection, FragmentSpreadNode):
            inner = self._fragment(selection.name.value)
        else:
            inner = self._set(getattr(selection, "selection_set", None))
        counts.add_inside(inner)
        counts.fields += inner.fields

    def _fragment(self, name: str) -> Counts:
        """Zero for a fragment that does not exist or spreads itself: validation refuses both."""
        if name not in self._counted:
            self._counted[name] = Counts()
            definition = self._fragments.get(name)
            if definition is not None:
                counts = self._set(definition.selection_set)
                counts.add_directives(len(definition.directives or ()))
                self._counted[name] = counts
        return self._counted[name]


@cache
def limits_rule(limits: Limits) -> type[ASTValidationRule]:
    """The validation rule. One class for the same limits, since caches of validation have it in their key.

    It comes before all others and ends the validation, because some of those take quadratic time.
    """

    class WithinLimits(ASTValidationRule):
        context: ValidationContext

        def enter_document(self, node: DocumentNode, *_: Any) -> None:
            counting = Counting(node)
            for definition in node.definitions:
                if isinstance(definition, OperationDefinitionNode):
                    _judge(counting.operation(definition), limits, definition)

    return WithinLimits


class BoundedMerging(OverlappingFieldsCanBeMergedRule):
    """graphql-core's rule, which compares each two of the fields that come under one name: with a bound of ours on how
    many times it does."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        self.rule_context.remaining_complexity_budget = MOST_COMPARISONS

    def enter_selection_set(self, selection_set: SelectionSetNode, *rest: Any) -> None:
        try:
            super().enter_selection_set(selection_set, *rest)
        except ValidationAbortedError:
            message = "This asks for the same fields too many times at one place. Ask for each once."
            error = over_limit("comparisons", MOST_COMPARISONS, message)
            raise ValidationAbortedError(message, [selection_set], extensions=error.extensions) from None


def _judge(counts: Counts, limits: Limits, operation: OperationDefinitionNode) -> None:
    found = [
        ("depth", counts.depth, limits.depth, "fields within one another"),
        ("aliases", counts.aliases, limits.aliases, "aliases"),
        ("directives", counts.directives, limits.directives, "directives"),
        ("directives", counts.at_one_place, DIRECTIVES_AT_ONE_PLACE, "directives at one place"),
        ("root_fields", counts.fields, limits.root_fields, "fields at its root"),
    ]
    for name, count, most, what in found:
        if count > most:
            error = over_limit(name, most, f"An operation may have at most {most} {what}.")
            raise ValidationAbortedError(error.message, [operation], extensions=error.extensions)
