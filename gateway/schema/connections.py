"""Lists by the Relay server specification: edges, cursors and page info."""

import base64
import binascii
from collections.abc import Callable
from enum import Enum
from typing import Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry import field
from strawberry import type as graphql_type

from gateway.schema.courses import Course
from gateway.schema.errors import bad_input
from gateway.schema.jobs import Job
from gateway.schema.purchases import Purchase
from gateway.schema.sizes import size_of

DEFAULT_SIZE = 20

NodeType = TypeVar("NodeType", Course, Purchase, Job)
Value = TypeVar("Value")


@graphql_type(description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = field(description="Whether the list goes on after this page.")
    has_previous_page: bool = field(description="Whether the list has anything before this page.")
    start_cursor: str | None = field(description="The cursor of the first edge.")
    end_cursor: str | None = field(description="The cursor of the last edge; give it as `after` for the next page.")


@graphql_type(description="An item and its place in the list.")
class Edge(Generic[NodeType]):
    node: NodeType = field(description="The item.")
    cursor: str = field(description="The item's place in the list, for `after` and `before`.")


@graphql_type(description="A page of a list.")
class Connection(Generic[NodeType]):
    edges: list[Edge[NodeType]] = field(description="The items of the page, each with its cursor.")
    nodes: list[NodeType] = field(description="The items of the page, without cursors.")
    page_info: PageInfo = field(description="Where the page lies.")


@strawberry.enum(description="Which way a list is ordered.")
class OrderDirection(Enum):
    ASC = strawberry.enum_value("ASC", description="The earliest first.")
    DESC = strawberry.enum_value("DESC", description="The latest first.")


@strawberry.enum(description="What purchases are ordered by.")
class PurchaseOrderField(Enum):
    CREATED_AT = strawberry.enum_value("CREATED_AT", description="When they came to be.")


@strawberry.input(description="How purchases are ordered.")
class PurchaseOrder:
    field: PurchaseOrderField = strawberry.field(description="What by.")
    direction: OrderDirection = strawberry.field(description="Which way.")


def cursor_of(key: UUID) -> str:
    return base64.urlsafe_b64encode(key.bytes).decode().rstrip("=")


def key_of(cursor: str | None, argument: str) -> UUID | None:
    """The id that a cursor stands for.

    Raises:
        GraphQLError: BAD_USER_INPUT, where it is no cursor of ours.
    """
    if cursor is None:
        return None
    try:
        decoded = base64.b64decode(cursor.encode("ascii") + b"==", altchars=b"-_", validate=True)
        return UUID(bytes=decoded)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        raise bad_input(f"{argument} is not a cursor of this list") from None


def asked_size(first: int | None, last: int | None) -> tuple[int, bool]:
    """How many items, and whether they are counted from the list's end.

    Raises:
        GraphQLError: BAD_USER_INPUT, where both are given, or one out of bounds.
    """
    if first is not None and last is not None:
        raise bad_input("give first or last, not both")
    if last is not None:
        return size_of(last, "last"), True
    return size_of(DEFAULT_SIZE if first is None else first), False


def edges_of(items: list[tuple[UUID, Value]], to_node: Callable[[Value], NodeType]) -> list[Edge[NodeType]]:
    return [Edge(node=to_node(value), cursor=cursor_of(key)) for key, value in items]


def connection_of(edges: list[Edge[NodeType]], *, has_previous: bool, has_next: bool) -> Connection[NodeType]:
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=has_next,
            has_previous_page=has_previous,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
    )
