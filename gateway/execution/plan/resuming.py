"""graphql-core goes on from what a mutation's root resolvers came to, so that none of them runs twice."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLObjectType
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


@dataclass(slots=True)
class Finished:
    """A root field that is answered: its part of the answer."""

    data: Any


@dataclass(slots=True)
class Given:
    """What a root field's resolver returned."""

    value: Any


@dataclass(slots=True)
class Failed:
    """What a root field's resolver raised."""

    error: Exception


Recorded: TypeAlias = dict[str, Finished | Given | Failed]
"""What root fields came to, by their names in the answer."""


class ResumingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Strawberry's executor, which completes what was recorded of root fields and resolves the others.

    Args:
        recorded: what they came to before.
    """

    def __init__(self, *args: Any, recorded: Mapping[str, Finished | Given | Failed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.recorded = recorded

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: FieldDetailsList,
        path: Path,
        position_context: Any,
    ) -> Any:
        known = self.recorded.get(str(path.key)) if path.prev is None else None
        if known is None:
            return super().execute_field(parent_type, source, field_details_list, path, position_context)
        if isinstance(known, Finished):
            return known.data
        field = parent_type.fields[field_details_list[0].node.name.value]
        info = self.build_resolve_info(field, [each.node for each in field_details_list], parent_type, path)
        return self.complete_awaitable_value(
            field.type, field_details_list, info, path, _again(known), position_context
        )


async def _again(known: Given | Failed) -> Any:
    """As the resolver did."""
    if isinstance(known, Failed):
        raise known.error
    return known.value
