"""Strawberry's `Info` for methods: the context at once, and what they seldom ask for when they ask."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FragmentDefinitionNode,
    GraphQLResolveInfoHelpers,
    GraphQLSchema,
    OperationDefinitionNode,
)
from graphql.pyutils import Path, gather_with_cancel
from strawberry import Info, Schema
from strawberry.execution import optimized_is_awaitable

from gateway.execution.plan.deviation import Deviation
from gateway.execution.plan.running import Run
from gateway.execution.plan.shapes import Field
from gateway.resolvers.permissions import DEFINITION


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A field's place in an operation. `is_root`: its path is known; below, that depends on lists."""

    schema: GraphQLSchema
    operation: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    field: Field
    is_root: bool

    def known(self, name: str, run: Run) -> object:
        """What graphql-core's info has under the name. Raises: AttributeError, Deviation."""
        field = self.field
        match name:
            case "field_name":
                return field.nodes[0].name.value
            case "field_nodes":
                return list(field.nodes)
            case "return_type":
                return field.definition.type if field.definition else None
            case "parent_type":
                return field.parent_type
            case "schema" | "operation":
                return getattr(self, name)
            case "fragments":
                return dict(self.fragments)
            case "variable_values":
                return run.values.coerced
            case "operation_extensions":
                return run.extensions
            case "root_value" | "abort_signal":
                return None
            case "is_awaitable":
                return optimized_is_awaitable
            case "async_helpers":
                return _helpers()
            case "path":
                return self._path()
            case _:
                raise AttributeError(name)

    def _path(self) -> Path:
        if not self.is_root:
            raise Deviation
        return Path(None, self.field.name, self.field.parent_type.name)


class _Raw:
    """What stands for graphql-core's info."""

    __slots__ = ("_place", "_run", "context")

    def __init__(self, place: Place, run: Run) -> None:
        self.context, self._place, self._run = run.context, place, run

    def __getattr__(self, name: str) -> object:
        return self._place.known(name, self._run)


def infos(place: Place, schema: Schema) -> Callable[[Run], Info[Any, Any]]:
    """Makes the `Info` of each run."""
    make, declared = schema.config.info_class, place.field.definition
    assert declared is not None, "`__typename` has no method"
    definition = declared.extensions[DEFINITION]
    return lambda run: make(_raw_info=_Raw(place, run), _field=definition)  # type: ignore[arg-type]  # as far as asked


def _helpers() -> GraphQLResolveInfoHelpers:
    def track(values: Sequence[Any]) -> None:
        """graphql-core's own says where errors of what nobody waits for go; here they stay with the tasks."""
        raise Deviation

    return GraphQLResolveInfoHelpers(gather=lambda values: gather_with_cancel(*values), track=track)
