"""What a router of Apollo Federation asks of a subgraph: its schema's text, and entities by their keys."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Annotated, NewType, TypeAlias, cast

import strawberry
from strawberry import field

from gateway.context import Context
from gateway.resolvers.inputs import GatewayInfo
from gateway.resolvers.permissions import viewer_of
from gateway.resolvers.query import Query, find_node
from gateway.schema.conventions import ids
from gateway.schema.conventions.errors import bad_input
from gateway.schema.courses import Course
from gateway.schema.purchases import Payment, Purchase, Student
from gateway.services.core.model.values import Role
from gateway.services.core.rules.inputs.fields import student_problems

MOST_ENTITIES = 1_000
"""A router asks for those of a whole answer at once: a page of 100, each with a few."""

BY_PREFIX: Mapping[str, str] = {"Course": ids.COURSE, "Payment": ids.PAYMENT, "Purchase": ids.PURCHASE}
"""Entities that are nodes, and how their ids begin."""

ENTITIES = (*BY_PREFIX, "Student")
SHAREABLE = ("PageInfo",)
"""Types that are the same in every subgraph with lists as Relay has them."""

Representation = NewType("Representation", object)
Entity: TypeAlias = Annotated[
    Course | Payment | Purchase | Student,
    strawberry.union("_Entity", description="What other subgraphs may add fields to, each by its `id`."),
]

REPRESENTATION = strawberry.scalar(
    name="_Any",
    description='An entity by its type and key: `{"__typename": "Course", "id": "crs_…"}`.',
    serialize=lambda value: value,
    parse_value=lambda value: value,
)


@strawberry.type(name="_Service", description="This subgraph.")
class Service:
    sdl: str = field(description="Its schema, as `gateway schema --federation` prints it.")


def federated_query(sdl: Callable[[], str]) -> type[Query]:
    """The queries, with those of a router. `sdl`: gives this subgraph's schema."""

    @strawberry.type(name="Query", description="What can be read.")
    class FederatedQuery(Query):
        @field(name="_service", description="This subgraph: a router that is composed asks for its schema.")
        def service(self) -> Service:
            return Service(sdl=sdl())

        @field(
            name="_entities",
            description="Entities by their keys, in the order given: a router asks for those whose other fields it has"
            " from other subgraphs. Null for each that does not exist, or not for you.",
        )
        async def entities(
            self,
            info: GatewayInfo,
            representations: Annotated[
                list[Representation], strawberry.argument(description="Each a type and a key; at most 1,000.")
            ],
        ) -> list[Entity | None]:
            if len(representations) > MOST_ENTITIES:
                raise bad_input(f"representations must be at most {MOST_ENTITIES}; these are {len(representations)}")
            each = (_entity(info.context, one, f"representations.{n}") for n, one in enumerate(representations))
            return await asyncio.gather(*each)

    return FederatedQuery


async def _entity(context: Context, representation: object, name: str) -> Entity | None:
    """Raises: GraphQLError, BAD_USER_INPUT, for what is no representation of an entity of ours."""
    given = representation if isinstance(representation, dict) else {}
    type_name, key = given.get("__typename"), given.get("id")
    if type_name not in ENTITIES:
        raise bad_input(f"{name}.__typename must be one of {', '.join(ENTITIES)}")
    if not isinstance(key, str):
        raise bad_input(f"{name}.id must be a text")
    if type_name == "Student":
        return _student(context, key, name)
    if ids.prefix_of(key) != (prefix := BY_PREFIX[type_name]):
        raise bad_input(f"{name}.id must be an id such as {ids.EXAMPLES[prefix]}")
    return cast(Entity | None, await find_node(context, context.reads.find, key, f"{name}.id"))


def _student(context: Context, student_id: str, name: str) -> Student | None:
    """A student is whoever the platform says; other students do not exist for one."""
    viewer = viewer_of(context)
    if problem := next(iter(student_problems(student_id)), None):
        raise bad_input(f"{name}.id {problem.message}")
    return Student.of(student_id) if viewer.role is not Role.STUDENT or viewer.id == student_id else None
