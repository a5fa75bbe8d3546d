"""Actors in the API: the platform keeps people, we know their ids."""

from strawberry import ID
from strawberry import type as graphql_type

from gateway.schema.conventions.enums import Role
from gateway.schema.relations import FieldsOf, Wraps
from gateway.services.core.model import values

_actor = FieldsOf[values.Actor]()


@graphql_type(description="Who did something.")
class Actor(Wraps[values.Actor]):
    id: ID = _actor.field("The `sub` of the token that it was done with.", lambda actor: ID(actor.id))
    role: Role = _actor.field("The role of that token.", lambda actor: actor.role)
