"""The variables of an operation: read by functions that are made once, else as graphql-core reads them."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from graphql import (
    GraphQLError,
    GraphQLNonNull,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
)
from graphql.execution.get_variable_signature import GraphQLVariableSignature, get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource, get_variable_values
from graphql.utilities.coerce_input_value import coerce_input_literal

from gateway.execution.plan.deviation import Deviation, NotCovered
from gateway.execution.plan.inputs.coercion import IMMUTABLE, REQUIRED, Read, reading

TO_THE_FIRST_ERROR = 1
"""After which graphql-core, which the answer is left to, reads them again."""

NONE = VariableValues({}, {})

Known: TypeAlias = tuple[GraphQLVariableSignature, Read, Any]
"""A variable's signature, how its value is read, and its default."""


class Variables:
    """The variables of one operation."""

    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode) -> None:
        self._schema, self._definitions = schema, operation.variable_definitions or ()
        self._known: Sequence[Known] | None = None
        with suppress(NotCovered):
            self._known = [self._one(each) for each in self._definitions]

    def of(self, given: dict[str, Any] | None) -> VariableValues:
        """Their values, coerced. Raises: Deviation, where one cannot be."""
        if not self._definitions:
            return NONE
        if self._known is None:
            return self._exactly(given or {})
        try:
            return _coerced(self._known, given or {})
        except Exception:  # noqa: BLE001  whatever is wrong, graphql-core comes to it as well
            return self._exactly(given or {})

    def _exactly(self, given: dict[str, Any]) -> VariableValues:
        """Raises: Deviation."""
        values = get_variable_values(self._schema, self._definitions, given, TO_THE_FIRST_ERROR)
        if isinstance(values, list):
            raise Deviation
        return values

    def _one(self, definition: VariableDefinitionNode) -> Known:
        """Raises: NotCovered."""
        signature = get_variable_signature(self._schema, definition)
        if isinstance(signature, GraphQLError):
            raise NotCovered(signature.message)
        default: Any = Undefined
        if definition.default_value is not None:
            default = coerce_input_literal(definition.default_value, signature.type)
            if default is Undefined or not isinstance(default, IMMUTABLE):
                raise NotCovered("a default that is wrong, or that whoever gets it could change")
        elif isinstance(signature.type, GraphQLNonNull):
            default = REQUIRED
        return signature, reading(signature.type), default


def _coerced(known: Sequence[Known], given: Mapping[str, Any]) -> VariableValues:
    sources, coerced = {}, {}
    for signature, read, default in known:
        name = signature.name
        if name in given:
            sources[name] = VariableValueSource(signature, given[name])
            coerced[name] = read(given[name])
            continue
        if default is REQUIRED:
            raise Deviation
        sources[name] = VariableValueSource(signature)
        if default is not Undefined:
            coerced[name] = default
    return VariableValues(sources, coerced)
