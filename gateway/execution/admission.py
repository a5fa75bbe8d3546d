"""Admits operations: within the limits of a document, the budget of cost, and the caller's rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    OperationType,
    OverlappingFieldsCanBeMergedRule,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from gateway.context import Caller, Context
from gateway.execution.costs import PricedOperation, priced_operations
from gateway.execution.documents import LONGEST_KEPT, Documents
from gateway.execution.kept import KeptDocuments
from gateway.execution.limits import MOST_ERRORS, BoundedMerging, Limits, limits_rule
from gateway.execution.masking import mask
from gateway.execution.operations import ALL_OPERATIONS, NoOperation, NotAllowed, Operation
from gateway.execution.plan.plans import Planned
from gateway.schema.conventions.errors import over_limit

SUBSCRIPTION = "subscription"

QUESTION = 30
"""What each field at the root of a query costs its caller beyond the first, besides what it selects: 0.05 ms. That part
is no part of `GATEWAY_LIMIT_COST`."""

QUOTED = 100
"""Characters of an operation's name that its caller is told again."""


@cache
def rules(limits: Limits) -> tuple[type[ASTValidationRule], ...]:
    """The validation rules; the last ones are those that Strawberry's inputs need."""
    hidden = () if limits.is_open else (NoSchemaIntrospectionCustomRule,)
    specified = (BoundedMerging if each is OverlappingFieldsCanBeMergedRule else each for each in specified_rules)
    return (limits_rule(limits), *specified, *hidden, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """What is known of a document's text, whoever sends it: parsed, validated and priced once.

    `kinds` are those of its operations, by their names, in the order of the text. `errors` say why none of them may
    run. `planned` has the plans of those that came before."""

    node: DocumentNode
    kinds: Mapping[str | None, OperationType]
    errors: tuple[GraphQLError, ...]
    operations: Mapping[str | None, PricedOperation]
    planned: dict[str | None, Planned] = field(default_factory=dict)


@dataclass(slots=True)
class Admitted:
    """An operation that may run, or the `errors` because of which it may not. `cost` is None where it was not
    priced."""

    document: Document
    name: str | None
    kind: OperationType
    errors: tuple[GraphQLError, ...] = ()
    cost: int | None = None


class Admission:
    """Admits operations of one schema by one set of limits."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, documents: Documents) -> None:
        self._schema, self._limits, self._documents = schema, limits, documents
        self._kept = KeptDocuments(self._read)
        self.grow = self._kept.grow

    def may_be_subscription(self, operation: Operation) -> bool:
        """Whether it is a subscription, or nobody knows yet; nothing is read for this."""
        if operation.query is None or SUBSCRIPTION not in operation.query:
            return False
        return self._kept.known(operation.query) is None or self.is_subscription(operation)

    def is_subscription(self, operation: Operation, caller: Caller | None = None) -> bool:
        """Whether the operation that would be executed is a subscription; False for what is no operation at all, and
        for what the caller may not have read now."""
        if operation.query is None or SUBSCRIPTION not in operation.query:
            return False
        try:
            _, kind = _chosen(self._document(operation.query, caller), operation.name)
        except (GraphQLError, NoOperation):  # it will be refused as what it is
            return False
        return kind is OperationType.SUBSCRIPTION

    def admit(self, operation: Operation, context: Context) -> Admitted:
        """The operation to run; its caller pays for it, and before that for a document that is not known yet.

        Raises:
            NoOperation: it does not say which operation, or this kind may not be sent in this way.
            GraphQLError: the document cannot be parsed, or may not be run here, or read now.
        """
        if not operation.query:
            raise NoOperation("No GraphQL query found in the request")
        self._documents.admit(operation.query)
        document = self._document(operation.query, context.caller)
        name, kind = _chosen(document, operation.name)
        if operation.allowed is not ALL_OPERATIONS and kind not in operation.allowed:
            raise NotAllowed(kind)
        if document.errors:
            return Admitted(document, name, kind, document.errors)
        if operation.name is None and len(document.kinds) > 1:
            raise NoOperation("The document must have one operation, or `operationName` must name one of several.")
        cost, errors = self._means(document.operations[name], operation, context)
        return Admitted(document, name, kind, errors, cost)

    def _means(
        self, wanted: PricedOperation, operation: Operation, context: Context
    ) -> tuple[int, tuple[GraphQLError, ...]]:
        """What it costs, and the error where that is too much, in itself or for its caller now."""
        cost = wanted.cost(operation.variables)
        errors: tuple[GraphQLError, ...] = ()
        if cost > self._limits.cost:
            message = f"This costs {cost}; one operation may cost {self._limits.cost}. Ask for fewer items at a time."
            errors = (over_limit("cost", self._limits.cost, message),)
        else:
            is_mutation = wanted.kind is OperationType.MUTATION
            mutations, more = (wanted.root_fields, 0) if is_mutation else (0, QUESTION * (wanted.root_fields - 1))
            if (refusal := context.caller.ask(cost + more, mutations, operation.variables_bytes)) is not None:
                errors = (refusal,)
        return cost, errors

    def _document(self, text: str, caller: Caller | None) -> Document:
        """Raises: GraphQLError, where it cannot be read, or the caller has had too many read."""
        if (known := self._kept.known(text)) is not None:
            return known
        if caller is not None and (refusal := caller.read(len(text))) is not None:
            raise refusal
        return self._kept.of(text) if len(text) <= LONGEST_KEPT else self._read(text)

    def _read(self, text: str) -> Document:
        node = parse(text, max_tokens=self._limits.tokens)
        try:
            # Without access to the schema, callers get no suggestions of its names.
            found = validate(
                self._schema, node, rules(self._limits), MOST_ERRORS, hide_suggestions=not self._limits.is_open
            )
        except ValueError as error:  # a literal number of more digits than Python reads
            found = [GraphQLError(str(error), original_error=error)]
        kinds = {
            each.name.value if each.name else None: each.operation
            for each in node.definitions
            if isinstance(each, OperationDefinitionNode)
        }
        errors = tuple(mask(found, is_before_execution=True))
        return Document(node, kinds, errors, {} if errors else priced_operations(self._schema, node))


def _chosen(document: Document, name: str | None) -> tuple[str | None, OperationType]:
    """The name and the kind of the named operation; without a name, of the first.

    Raises: NoOperation.
    """
    if name is None:
        if not document.kinds:
            raise NoOperation("The document must have one operation, or `operationName` must name one of several.")
        return next(iter(document.kinds.items()))
    if name not in document.kinds:
        raise NoOperation(f'Unknown operation named "{name[:QUOTED]}".')
    return name, document.kinds[name]
