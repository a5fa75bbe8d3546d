"""Who may select what: the `@requiresRole` that the schema prints is what is enforced here."""

from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

from graphql import GraphQLField as Field
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema

from gateway.context import Context
from gateway.resolvers.steps import ROLES
from gateway.schema.conventions.directives import RequiresRole
from gateway.schema.conventions.errors import forbidden, unauthenticated
from gateway.services.core.model.values import Actor, Role

DEFINITION = "strawberry-definition"


def enforce(schema: GraphQLSchema) -> None:
    """Guard each field that carries `@requiresRole`, or whose object does, with just the roles that it prints; its
    extensions say which, see `gateway.resolvers.steps`."""
    for graphql_type in schema.type_map.values():
        if isinstance(graphql_type, GraphQLObjectType):
            of_object = _required(graphql_type.extensions)
            for field in graphql_type.fields.values():
                required = tuple(filter(None, (of_object, _required(field.extensions))))
                field.extensions[ROLES] = required
                for roles in required:
                    field.resolve = _guarded(_resolver_of(field), roles)
                    if field.subscribe is not None:  # before it begins, and not only where it has something to tell
                        field.subscribe = _guarded(field.subscribe, roles)


def required_roles(schema: GraphQLSchema) -> dict[tuple[str, str], frozenset[Role]]:
    """Which fields need which roles, by type and field name, as declared."""
    return {
        (graphql_type.name, name): roles
        for graphql_type in schema.type_map.values()
        if isinstance(graphql_type, GraphQLObjectType)
        for name, field in graphql_type.fields.items()
        if (roles := _required(field.extensions) or _required(graphql_type.extensions))
    }


def viewer_of(context: Context) -> Actor:
    """Who asks.

    Raises:
        GraphQLError: UNAUTHENTICATED, without a token.
    """
    if context.viewer is None:
        raise unauthenticated()
    return context.viewer


def may_see(viewer: Actor, student_id: str) -> bool:
    """Whether a payment of that student exists for who asks."""
    return viewer.role is Role.ADMIN or (viewer.role is Role.STUDENT and viewer.id == student_id)


def may_see_purchase(viewer: Actor, student_id: str) -> bool:
    """Whether a purchase of that student exists for who asks: a service needs it to record sessions, and may read
    nothing else of it, see `@requiresRole`."""
    return viewer.role is Role.SERVICE or may_see(viewer, student_id)


def _required(extensions: dict[str, Any]) -> frozenset[Role]:
    definition = extensions.get(DEFINITION)
    directives: Iterable[object] = getattr(definition, "directives", None) or ()
    return frozenset(directive.role for directive in directives if isinstance(directive, RequiresRole))


def _resolver_of(field: Field) -> Callable[..., Any]:
    assert field.resolve is not None, "Strawberry gives each field its resolver"
    return field.resolve


def _guarded(resolve: Callable[..., Any], roles: frozenset[Role]) -> Callable[..., Any]:
    in_words = " or ".join(sorted(roles))

    @wraps(resolve)
    def guarded(source: object, info: GraphQLResolveInfo[Context], **arguments: object) -> object:
        if viewer_of(info.context).role not in roles:
            raise forbidden(in_words)
        return resolve(source, info, **arguments)

    return guarded
