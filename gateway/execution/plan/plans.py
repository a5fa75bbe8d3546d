"""The plans of documents: made when a document comes again, and kept with it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode
from graphql.execution.values import VariableValues
from strawberry import Schema

from gateway.execution.plan.compiling import compiled
from gateway.execution.plan.deviation import Deviation, NotCovered
from gateway.execution.plan.inputs.variables import Variables
from gateway.execution.plan.running import Plan
from gateway.execution.plan.shapes import Shaping, switches_of

log = structlog.get_logger(__name__)

COMPILE_AT = 2
"""The time at which a document is compiled: what comes only once does not pay for it."""

MOST_VARIANTS = 8
"""Plans of one operation, one for each set of values of its `@skip` and `@include`."""


@dataclass(slots=True)
class Ways:
    """How many operations were answered which way: by their plan; by graphql-core, since the plan deviated, since none
    can be made, or since the document is new."""

    by_plan: int = 0
    deviated: int = 0
    not_covered: int = 0
    new: int = 0


@dataclass(slots=True)
class Planned:
    """What is known of one operation of a document. `is_covered`: whether it may have plans, as far as is known."""

    seen: int = 0
    variables: Variables | None = None
    switches: tuple[str, ...] = ()
    variants: dict[tuple[bool, ...], Plan | None] = field(default_factory=dict)
    is_covered: bool = True


class Document(Protocol):
    """A document that is kept: its tree, and what is known of its operations by their names."""

    @property
    def node(self) -> DocumentNode: ...

    @property
    def planned(self) -> dict[str | None, Planned]: ...


@dataclass(slots=True)
class Ready:
    """A plan, and the variables that it is run with."""

    plan: Plan
    values: VariableValues


class Plans:
    """Makes the plans of one schema.

    Args:
        on_compiled: is told how many bytes the documents of a text take more, as far as they are kept.
        compile_at: the time at which a document that comes is compiled, 1 for the first.
    """

    def __init__(self, schema: Schema, on_compiled: Callable[[str, int], None], compile_at: int = COMPILE_AT) -> None:
        self._schema, self._on_compiled, self._compile_at = schema, on_compiled, compile_at
        self.ways = Ways()

    def ready(self, text: str, document: Document, name: str | None, given: dict[str, Any] | None) -> Ready | None:
        """What answers an operation with the variables that are given; None where graphql-core has to.

        Raises:
            Deviation: graphql-core has to say what is wrong with the variables.
        """
        planned = document.planned.get(name)
        if planned is None:
            planned = document.planned[name] = Planned()
        planned.seen += 1
        if planned.seen < self._compile_at:
            self.ways.new += 1
            return None
        if planned.variables is None and planned.is_covered:
            self._begin(document, name, planned)
        if planned.variables is None:
            self.ways.not_covered += 1
            return None
        values = planned.variables.of(given)
        plan = self._variant(text, document, name, planned, values.coerced)
        if plan is None:
            self.ways.not_covered += 1
            return None
        return Ready(plan, values)

    def _begin(self, document: Document, name: str | None, planned: Planned) -> None:
        operation = _operation(document.node, name)
        variables = {each.variable.name.value for each in operation.variable_definitions or ()}
        try:
            # Those that it does not declare are of the document's other operations.
            planned.switches = tuple(switches_of(document.node) & variables)
        except NotCovered as error:
            planned.is_covered = False
            _tell(name, error)
            return
        planned.variables = Variables(self._schema._schema, operation)

    def _variant(
        self, text: str, document: Document, name: str | None, planned: Planned, coerced: Mapping[str, Any]
    ) -> Plan | None:
        """The plan for these values of the switches; None where there is none."""
        try:
            key = tuple([_switch(coerced[each]) for each in planned.switches])
        except KeyError:  # graphql-core says that it is missing
            raise Deviation from None
        if key in planned.variants:
            return planned.variants[key]
        if len(planned.variants) >= MOST_VARIANTS:
            return None
        plan = planned.variants[key] = self._compiled(document, name, dict(zip(planned.switches, key, strict=True)))
        if plan is not None:
            self._on_compiled(text, plan.size_bytes)
        return plan

    def _compiled(self, document: Document, name: str | None, switches: Mapping[str, bool]) -> Plan | None:
        operation = _operation(document.node, name)
        try:
            return compiled(self._schema, Shaping(self._schema._schema, document.node, operation, switches))
        except (NotCovered, GraphQLError) as error:  # what is wrong with a directive, graphql-core says
            _tell(name, error)
        except Exception:  # a fault of ours is in the log, and graphql-core answers all the same
            log.exception("a document could not be compiled")
        return None


def _tell(name: str | None, reason: Exception) -> None:
    """To whoever looks for what a slow document is slow by."""
    log.debug("a document has no plan", operation=name, reason=str(reason))


def _switch(value: object) -> bool:
    """Raises: Deviation, for null, which graphql-core refuses."""
    if not isinstance(value, bool):
        raise Deviation
    return value


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    """The operation of the name; without one, the first."""
    return next(
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode) and (name is None or (each.name and each.name.value == name))
    )
