"""Students and actors in the API; the platform keeps them, we know their ids."""

from typing import Self

from strawberry import ID, field
from strawberry import type as graphql_type

from gateway.schema.conventions.enums import Role
from gateway.services.core.model import values


@graphql_type(description="A student of the platform.")
class Student:
    id: ID = field(description="The platform's id of the student: the `sub` of their token.")


@graphql_type(description="Who did something.")
class Actor:
    id: ID = field(description="The `sub` of the token that it was done with.")
    role: Role = field(description="The role of that token.")

    @classmethod
    def of(cls, actor: values.Actor) -> Self:
        return cls(id=ID(actor.id), role=actor.role)
