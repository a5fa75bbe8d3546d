"""What an operation has to pass before it runs: the limits of its document, its cost, and its caller's rate."""

from collections.abc import Iterator
from functools import cache

from graphql import (
    ASTValidationRule,
    GraphQLError,
    NoSchemaIntrospectionCustomRule,
    OperationType,
    specified_rules,
)
from strawberry.extensions import SchemaExtension
from strawberry.schema.exceptions import CannotGetOperationTypeError

from gateway.context import Context
from gateway.execution.costs import Operation, operations
from gateway.execution.limits import Limits, within
from gateway.schema.conventions.errors import over_limit, rate_limited

COST = "cost"
"""In a request's `extensions`, `{"cost": true}` asks for the answer's `{"cost": {"requested": …, "budget": …}}`."""


@cache
def rules(limits: Limits) -> tuple[type[ASTValidationRule], ...]:
    """What documents are validated by; the same for the same limits, since they are part of the cache's key."""
    hidden = () if limits.is_open else (NoSchemaIntrospectionCustomRule,)
    return (within(limits), *specified_rules, *hidden)


class Admission(SchemaExtension):
    """Has documents parsed and validated within our limits, and judges the operation that is asked for.

    It stands after the cache of validation, so that it judges valid documents only.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._cost: int | None = None

    def on_operation(self) -> Iterator[None]:
        self.execution_context.parse_options["max_tokens"] = self._limits.tokens
        self.execution_context.validation_rules = rules(self._limits)
        yield

    def on_validate(self) -> Iterator[None]:
        execution = self.execution_context
        if not execution.pre_execution_errors:
            error = self._refusal(self._operation())
            execution.pre_execution_errors = [error] if error else []
        yield

    def get_results(self) -> dict[str, object]:
        asked = (self.execution_context.operation_extensions or {}).get(COST)
        if asked is not True or self._cost is None:
            return {}
        return {COST: {"requested": self._cost, "budget": self._limits.cost}}

    def _operation(self) -> Operation:
        """The one to run.

        Raises:
            CannotGetOperationTypeError: there are several, and none is named. Strawberry would run the first.
        """
        execution = self.execution_context
        assert execution.query is not None, "there was something to parse"
        known = operations(execution.schema._schema, execution.query)
        if execution._provided_operation_name is None and len(known) > 1:
            raise CannotGetOperationTypeError(None)
        return known[execution.operation_name]

    def _refusal(self, operation: Operation) -> GraphQLError | None:
        execution = self.execution_context
        context: Context = execution.context
        try:
            context.admit(execution.query or "")
        except GraphQLError as error:
            return error
        self._cost = operation.cost(execution.variables)
        if self._cost > self._limits.cost:
            message = (
                f"This costs {self._cost}; one operation may cost {self._limits.cost}. Ask for fewer items at a time."
            )
            return over_limit(COST, self._limits.cost, message)
        if operation.kind is OperationType.MUTATION and (wait_s := context.throttle(operation.root_fields)):
            return rate_limited(wait_s)
        return None
