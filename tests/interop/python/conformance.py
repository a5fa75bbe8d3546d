"""Whether an answer is what the schema says of its document: every field, every null, every kind of leaf."""

import re
from collections.abc import Iterator
from typing import Any, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    is_abstract_type,
    is_object_type,
)

from gateway.schema.conventions.errors import ErrorCode

InputReader: TypeAlias = dict[str, list[FieldNode]]

INTS = range(-(2**31), 2**31)
MINOR_UNITS = range(2**53)
TEXTS = {
    "ID": r".+",
    "String": r"(?s).*",
    "Currency": r"[A-Z]{3}",
    "Date": r"\d{4}-\d\d-\d\d",
    "DateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z",
    "LocalTime": r"([01]\d|2[0-3]):[0-5]\d",
    "PurchaseTier": r".+",
    "TimeZone": r"[\w+\-/]+",
}
"""The scalars that are texts, each with what it looks like."""


class Conformance:
    """The faults of answers to one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._operations = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
        self._fragments = {
            each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
        }

    def faults(self, answer: object) -> list[str]:
        """What is wrong with an answer that carries data."""
        [operation] = self._operations
        is_query = operation.operation is OperationType.QUERY
        root = self._schema.query_type if is_query else self._schema.mutation_type
        assert root is not None
        if not isinstance(answer, dict) or not {"data", "errors"} & set(answer):
            return ["it is no GraphQL answer"]
        found = [*self._errors(answer)]
        if answer.get("data") is not None:
            found += self._object(answer["data"], root, [operation.selection_set], "data")
        elif not answer.get("errors"):
            found.append("there is neither data nor an error")
        return found

    def _errors(self, answer: dict[str, Any]) -> Iterator[str]:
        if extra := set(answer) - {"data", "errors", "extensions"}:
            yield f"it has {extra}"
        if "errors" not in answer:
            return
        if not isinstance(answer["errors"], list) or not answer["errors"]:
            yield "errors is no list, or an empty one"
            return
        for error in answer["errors"]:
            code = (error.get("extensions") or {}).get("code")
            if not isinstance(error.get("message"), str) or code not in list(ErrorCode):
                yield f"an error without a message or a code that we have: {error}"

    def _value(self, value: object, kind: GraphQLOutputType, sets: list[SelectionSetNode], at: str) -> Iterator[str]:
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                yield f"{at} is null"
                return
            kind = kind.of_type
        if value is None:
            return
        if isinstance(kind, GraphQLList):
            if not isinstance(value, list):
                yield f"{at} is no list"
                return
            for index, item in enumerate(value):
                yield from self._value(item, kind.of_type, sets, f"{at}.{index}")
        elif isinstance(kind, GraphQLScalarType | GraphQLEnumType):
            if not _is_leaf_of(value, kind):
                yield f"{at} is no {kind.name}: {value!r}"
        elif is_abstract_type(kind):
            # Which type it is need not be said: then one of those that it may be has to fit.
            tried = [[*self._object(value, each, sets, at)] for each in self._schema.get_possible_types(kind)]
            yield from min(tried, key=len)
        elif is_object_type(kind):
            yield from self._object(value, kind, sets, at)

    def _object(self, value: object, kind: GraphQLObjectType, sets: list[SelectionSetNode], at: str) -> Iterator[str]:
        fields: InputReader = {}
        for selections in sets:
            self._collect(selections, kind, fields)
        if not isinstance(value, dict) or list(value) != list(fields):
            yield f"{at} is no {kind.name} with {list(fields)}, in this order: {value!r}"
            return
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                if value[key] != kind.name:
                    yield f"{at}.{key} is not {kind.name}: {value[key]!r}"
                continue
            inner = [node.selection_set for node in nodes if node.selection_set]
            yield from self._value(value[key], kind.fields[name].type, inner, f"{at}.{key}")

    def _collect(self, selections: SelectionSetNode, kind: GraphQLObjectType, into: InputReader) -> None:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                into.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
                continue
            held: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(node, FragmentSpreadNode):
                held = self._fragments[node.name.value]
            else:
                assert isinstance(node, InlineFragmentNode)
                held = node
            if held.type_condition is None or self._is_a(kind, held.type_condition.name.value):
                self._collect(held.selection_set, kind, into)

    def _is_a(self, kind: GraphQLObjectType, condition: str) -> bool:
        named = self._schema.type_map[condition]
        return named is kind or (is_abstract_type(named) and self._schema.is_sub_type(named, kind))


def _is_leaf_of(value: object, kind: GraphQLScalarType | GraphQLEnumType) -> bool:
    if isinstance(kind, GraphQLEnumType):
        return value in kind.values
    match kind.name:
        case "Int":
            return type(value) is int and value in INTS
        case "MinorUnits":
            return type(value) is int and value in MINOR_UNITS
        case "Boolean":
            return isinstance(value, bool)
        case "JSON":
            return True
        case name:
            return isinstance(value, str) and re.fullmatch(TEXTS[name], value) is not None
